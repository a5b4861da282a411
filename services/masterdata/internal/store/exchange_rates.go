package store

import (
	"context"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/services/masterdata/internal/domain"
)

// LockExchangeRates loads the rates of the set by key and locks them until the transaction ends.
func LockExchangeRates(
	ctx context.Context, tx database.Transaction, wanted []domain.ExchangeRate,
) (map[string]domain.ExchangeRate, error) {
	var set LockExchangeRatesParams
	for _, rate := range wanted {
		set.FromCurrencyCodes = append(set.FromCurrencyCodes, rate.From)
		set.ToCurrencyCodes = append(set.ToCurrencyCodes, rate.To)
		set.RateDates = append(set.RateDates, rate.Date)
	}
	rows, err := New(tx).LockExchangeRates(ctx, set)
	return foundByKey(ctx, rows, err, toExchangeRate)
}

// LatestRateVersions says how far each pair of the set has counted.
func LatestRateVersions(ctx context.Context, tx database.Transaction, wanted []domain.ExchangeRate) (map[string]int64, error) {
	var set LatestRateVersionsParams
	for _, rate := range wanted {
		set.FromCurrencyCodes = append(set.FromCurrencyCodes, rate.From)
		set.ToCurrencyCodes = append(set.ToCurrencyCodes, rate.To)
	}
	rows, err := New(tx).LatestRateVersions(ctx, set)
	latest := make(map[string]int64, len(rows))
	for _, row := range rows {
		latest[domain.ExchangeRate{From: row.FromCurrencyCode, To: row.ToCurrencyCode}.Pair()] = row.Version
	}
	return latest, database.Fault(ctx, err)
}

// FindEffectiveRate loads the newest rate of the pair of a day or an earlier one; there may be none.
func FindEffectiveRate(ctx context.Context, db DBTX, from, to, date string) ([]domain.ExchangeRate, error) {
	rows, err := New(db).FindEffectiveRate(ctx, FindEffectiveRateParams{
		FromCurrencyCode: from, ToCurrencyCode: to, RateDate: date,
	})
	return found(ctx, rows, err, toExchangeRate)
}

// RateFilter chooses rates; what is empty chooses all.
type RateFilter struct{ From, To string }

// ListExchangeRatesAfter loads at most limit rates that come after the given one: by currencies, the newest day first.
func ListExchangeRatesAfter(
	ctx context.Context, db DBTX, filter RateFilter, after domain.ExchangeRate, limit int,
) ([]domain.ExchangeRate, error) {
	rows, err := New(db).ListExchangeRates(ctx, ListExchangeRatesParams{
		FromCurrencyCode: filter.From, ToCurrencyCode: filter.To,
		AfterFrom: after.From, AfterTo: after.To, BeforeDate: after.Date, PageLimit: int32(limit),
	})
	return found(ctx, rows, err, toExchangeRate)
}

// SaveExchangeRates stores the rates of the set.
func SaveExchangeRates(ctx context.Context, tx database.Transaction, rates []domain.ExchangeRate) error {
	var set SaveExchangeRatesParams
	for _, rate := range rates {
		set.FromCurrencyCodes = append(set.FromCurrencyCodes, rate.From)
		set.ToCurrencyCodes = append(set.ToCurrencyCodes, rate.To)
		set.RateDates = append(set.RateDates, rate.Date)
		set.Rates = append(set.Rates, rate.Rate)
		set.Versions = append(set.Versions, rate.Version.Number)
		set.UpdatedAt = rate.Version.UpdatedAt
	}
	return database.Fault(ctx, New(tx).SaveExchangeRates(ctx, set))
}

func toExchangeRate(row ExchangeRate) (domain.ExchangeRate, error) {
	return domain.ExchangeRate{
		From: row.FromCurrencyCode, To: row.ToCurrencyCode, Date: row.RateDate, Rate: row.Rate,
		Version: version(row.Version, row.UpdatedAt),
	}, nil
}
