package store

import (
	"context"
	"fmt"
	"time"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/money"
	"github.com/waybill-dev/waybill/services/billing/internal/domain"
)

// EntityCopy is the copy of a legal entity.
type EntityCopy struct {
	domain.LegalEntity
	Version int64
}

// SaveEntityCopies stores those copies that are newer than what is there.
func SaveEntityCopies(ctx context.Context, tx database.Transaction, entities []EntityCopy) error {
	var set SaveEntitiesParams
	for _, entity := range entities {
		set.LegalEntities = append(set.LegalEntities, entity.ID)
		set.BaseCurrencies = append(set.BaseCurrencies, entity.BaseCurrency)
		set.Roundings = append(set.Roundings, string(entity.Rounding))
		set.TaxModes = append(set.TaxModes, string(entity.TaxMode))
		set.TaxJurisdictions = append(set.TaxJurisdictions, entity.Jurisdiction)
		set.InvoicePrefixes = append(set.InvoicePrefixes, entity.InvoicePrefix)
		set.CreditMemoPrefixes = append(set.CreditMemoPrefixes, entity.MemoPrefix)
		set.Versions = append(set.Versions, entity.Version)
	}
	if err := New(tx).SaveEntities(ctx, set); err != nil {
		return fmt.Errorf("save legal entities: %w", err)
	}
	return nil
}

// Entities loads the legal entities; those that are not known get what holds then.
func Entities(ctx context.Context, db DBTX, ids []string) (map[string]domain.LegalEntity, error) {
	rows, err := New(db).FindEntities(ctx, ids)
	if err != nil {
		return nil, database.Fault(ctx, err)
	}
	entities := make(map[string]domain.LegalEntity, len(ids))
	for _, id := range ids {
		entities[id] = domain.UnknownEntity(id)
	}
	for _, row := range rows {
		entities[row.LegalEntity] = domain.LegalEntity{
			ID: row.LegalEntity, BaseCurrency: row.BaseCurrencyCode, Rounding: money.Rounding(row.Rounding),
			TaxMode: money.TaxLevel(row.TaxMode), Jurisdiction: row.TaxJurisdiction, InvoicePrefix: row.InvoicePrefix,
			MemoPrefix: row.CreditMemoPrefix, Known: true,
		}
	}
	return entities, nil
}

// RateCopy is the copy of an exchange rate: what one unit of a currency is in another from a day on.
type RateCopy struct {
	From, To string
	Day      time.Time
	Rate     money.ExchangeRate
	Version  int64
}

// SaveRateCopies stores those copies that are newer than what is there, and wakes the documents that wait for a rate.
func SaveRateCopies(ctx context.Context, tx database.Transaction, rates []RateCopy, now time.Time) error {
	var set SaveRatesParams
	for _, rate := range rates {
		set.FromCurrencies = append(set.FromCurrencies, rate.From)
		set.ToCurrencies = append(set.ToCurrencies, rate.To)
		set.Days = append(set.Days, rate.Day)
		set.Rates = append(set.Rates, rate.Rate.String())
		set.Versions = append(set.Versions, rate.Version)
	}
	q := New(tx)
	if err := q.SaveRates(ctx, set); err != nil {
		return fmt.Errorf("save exchange rates: %w", err)
	}
	if err := q.WakeInvoices(ctx, WakeInvoicesParams{Reason: domain.ReasonRateUnknown, Now: now}); err != nil {
		return fmt.Errorf("wake invoices: %w", err)
	}
	if err := q.WakeMemos(ctx, WakeMemosParams{Reason: domain.ReasonRateUnknown, Now: now}); err != nil {
		return fmt.Errorf("wake credit memos: %w", err)
	}
	return nil
}

// RateOn loads the newest rate of a day or an earlier one; known is false when there is none.
func RateOn(ctx context.Context, db DBTX, from, to string, day time.Time) (rate money.ExchangeRate, known bool, err error) {
	if from == to {
		return money.SameCurrency, true, nil
	}
	rows, err := New(db).FindRate(ctx, FindRateParams{FromCurrency: from, ToCurrency: to, Day: day})
	if err != nil {
		return 0, false, database.Fault(ctx, err)
	}
	if len(rows) == 0 {
		return 0, false, nil
	}
	rate, err = money.ParseExchangeRate(rows[0])
	return rate, err == nil, err
}
