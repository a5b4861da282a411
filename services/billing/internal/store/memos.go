package store

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/shard"
	"github.com/waybill-dev/waybill/services/billing/internal/domain"
)

// AddMemos stores drafted credit memos with their lines, takes what they credit off the invoices, and queues them to be
// issued.
func AddMemos(ctx context.Context, tx database.Transaction, memos []*domain.Memo, credited []*domain.Invoice, now time.Time) error {
	if len(memos) == 0 {
		return nil
	}
	var heads InsertMemosParams
	pending := QueueMemosParams{DueAt: now}
	for _, memo := range memos {
		heads.CreditMemoIds = append(heads.CreditMemoIds, memo.ID)
		heads.ReturnIds = append(heads.ReturnIds, memo.Return)
		heads.OrderIds = append(heads.OrderIds, memo.Order)
		heads.PartnerIds = append(heads.PartnerIds, memo.Partner)
		heads.AccountIds = append(heads.AccountIds, string(memo.Account))
		heads.SoldTos = append(heads.SoldTos, string(memo.SoldTo))
		heads.LegalEntities = append(heads.LegalEntities, memo.LegalEntity)
		heads.CurrencyCodes = append(heads.CurrencyCodes, memo.Currency)
		heads.Roundings = append(heads.Roundings, string(memo.Rounding))
		heads.TaxModes = append(heads.TaxModes, string(memo.TaxMode))
		heads.TaxJurisdictions = append(heads.TaxJurisdictions, memo.Jurisdiction)
		heads.LineCounts = append(heads.LineCounts, int64(len(memo.Lines)))
		heads.Nets = append(heads.Nets, memo.Net)
		heads.Fees = append(heads.Fees, memo.Fee)
		heads.Taxes = append(heads.Taxes, memo.Tax)
		heads.Reasons = append(heads.Reasons, memo.Reason)
		pending.Shards = append(pending.Shards, int64(shard.OfUUID(memo.ID)))
	}
	pending.CreditMemoIds = heads.CreditMemoIds
	q := New(tx)
	if err := q.InsertMemos(ctx, heads); err != nil {
		return fmt.Errorf("insert credit memos: %w", err)
	}
	if err := q.insertMemoLines(ctx, memos); err != nil {
		return err
	}
	if err := q.insertMemoTaxes(ctx, memos, func(line *domain.MemoLine) bool { return line.InvoicePosition != 0 }); err != nil {
		return err
	}
	if err := q.QueueMemos(ctx, pending); err != nil {
		return fmt.Errorf("queue credit memos: %w", err)
	}
	return q.saveCredited(ctx, credited)
}

func (q *Queries) insertMemoLines(ctx context.Context, memos []*domain.Memo) error {
	var set InsertMemoLinesParams
	for _, memo := range memos {
		for i := range memo.Lines {
			line := &memo.Lines[i]
			set.CreditMemoIds = append(set.CreditMemoIds, memo.ID)
			set.Positions = append(set.Positions, int64(line.Position))
			set.InvoiceIds = append(set.InvoiceIds, line.Invoice)
			set.InvoicePositions = append(set.InvoicePositions, int64(line.InvoicePosition))
			set.ShipmentLineIds = append(set.ShipmentLineIds, line.ShipmentLine)
			set.Skus = append(set.Skus, line.Item.SKU)
			set.Descriptions = append(set.Descriptions, line.Item.Description)
			set.Quantities = append(set.Quantities, line.Quantity)
			set.Scales = append(set.Scales, int64(line.Item.Scale))
			set.Units = append(set.Units, line.Item.Unit)
			set.UnitPrices = append(set.UnitPrices, line.Item.UnitPrice)
			set.TaxClasses = append(set.TaxClasses, line.TaxClass)
			set.Ledgers = append(set.Ledgers, string(line.Ledger))
			set.Nets = append(set.Nets, line.Net)
			set.Fees = append(set.Fees, line.Fee)
		}
	}
	if err := q.InsertMemoLines(ctx, set); err != nil {
		return fmt.Errorf("insert credit memo lines: %w", err)
	}
	return nil
}

// insertMemoTaxes stores the taxes of some of the lines: those with reference are known when the memo is drafted, the
// others when it is issued.
func (q *Queries) insertMemoTaxes(ctx context.Context, memos []*domain.Memo, of func(*domain.MemoLine) bool) error {
	var set InsertMemoTaxesParams
	for _, memo := range memos {
		for i := range memo.Lines {
			line := &memo.Lines[i]
			if !of(line) {
				continue
			}
			for ordinal, tax := range line.Taxes {
				set.CreditMemoIds = append(set.CreditMemoIds, memo.ID)
				set.Positions = append(set.Positions, int64(line.Position))
				set.Ordinals = append(set.Ordinals, int64(ordinal+1))
				set.Jurisdictions = append(set.Jurisdictions, tax.Jurisdiction)
				set.Names = append(set.Names, tax.Name)
				set.Rates = append(set.Rates, tax.Rate)
				set.Amounts = append(set.Amounts, tax.Amount)
			}
		}
	}
	if len(set.CreditMemoIds) == 0 {
		return nil
	}
	if err := q.InsertMemoTaxes(ctx, set); err != nil {
		return fmt.Errorf("insert credit memo taxes: %w", err)
	}
	return nil
}

// saveCredited stores what of the invoices is credited now, by position and tax.
func (q *Queries) saveCredited(ctx context.Context, invoices []*domain.Invoice) error {
	var lines SaveCreditedLinesParams
	var charges SaveCreditedChargesParams
	var taxes SaveCreditedTaxesParams
	add := func(invoice *domain.Invoice, position int32, credited []domain.Tax) {
		for ordinal, tax := range credited {
			taxes.InvoiceIds = append(taxes.InvoiceIds, invoice.ID)
			taxes.Positions = append(taxes.Positions, int64(position))
			taxes.Ordinals = append(taxes.Ordinals, int64(ordinal+1))
			taxes.Amounts = append(taxes.Amounts, tax.Credited)
		}
	}
	for _, invoice := range invoices {
		for i := range invoice.Lines {
			line := &invoice.Lines[i]
			lines.InvoiceIds = append(lines.InvoiceIds, invoice.ID)
			lines.Positions = append(lines.Positions, int64(line.Position))
			lines.Quantities = append(lines.Quantities, line.Credited.Quantity)
			lines.Nets = append(lines.Nets, line.Credited.Net)
			add(invoice, line.Position, line.Taxes)
		}
		for i := range invoice.Charges {
			charge := &invoice.Charges[i]
			charges.InvoiceIds = append(charges.InvoiceIds, invoice.ID)
			charges.Positions = append(charges.Positions, int64(charge.Position))
			charges.Nets = append(charges.Nets, charge.Credited)
			add(invoice, charge.Position, charge.Taxes)
		}
	}
	if err := q.SaveCreditedLines(ctx, lines); err != nil {
		return fmt.Errorf("save what is credited of lines: %w", err)
	}
	if err := q.SaveCreditedCharges(ctx, charges); err != nil {
		return fmt.Errorf("save what is credited of charges: %w", err)
	}
	if err := q.SaveCreditedTaxes(ctx, taxes); err != nil {
		return fmt.Errorf("save what is credited of taxes: %w", err)
	}
	return nil
}

// DueMemos loads pending credit memos of the shards that are due, whole. More says whether others are due too.
func DueMemos(ctx context.Context, db DBTX, shards []int32, now time.Time, limit int) (memos []*domain.Memo, more bool, err error) {
	rows, err := New(db).FindDueMemos(ctx, FindDueMemosParams{Shards: shard.Wide(shards), Now: now, PageLimit: int32(limit)})
	if err != nil {
		return nil, false, database.Fault(ctx, err)
	}
	for _, row := range rows {
		memo := toMemo(row.CreditMemo)
		memo.Deferred, memo.Attempts = row.Reason, row.Attempts
		memos = append(memos, memo)
	}
	return memos, len(rows) == limit, fillMemos(ctx, db, memos)
}

// memoKeys are the keys of the memos in the queue, a slice per column.
func memoKeys(memos []*domain.Memo) (ids []uuid.UUID, shards []int64) {
	for _, memo := range memos {
		ids = append(ids, memo.ID)
		shards = append(shards, int64(shard.OfUUID(memo.ID)))
	}
	return ids, shards
}

// StillPendingMemos locks the queue's rows of the memos and tells which are there yet.
func StillPendingMemos(ctx context.Context, tx database.Transaction, memos []*domain.Memo) (map[uuid.UUID]bool, error) {
	ids, shards := memoKeys(memos)
	rows, err := New(tx).LockPendingMemos(ctx, LockPendingMemosParams{Shards: shards, CreditMemoIds: ids})
	if err != nil {
		return nil, fmt.Errorf("lock pending credit memos: %w", err)
	}
	still := make(map[uuid.UUID]bool, len(rows))
	for _, id := range rows {
		still[id] = true
	}
	return still, nil
}

// ReserveMemos takes the next amount numbers of a legal entity and returns the first of them.
func ReserveMemos(ctx context.Context, tx database.Transaction, legalEntity string, amount int) (int64, error) {
	last, err := New(tx).TakeMemoNumbers(ctx, TakeMemoNumbersParams{LegalEntity: legalEntity, Amount: int64(amount)})
	if err != nil {
		return 0, fmt.Errorf("take credit memo numbers: %w", err)
	}
	return last - int64(amount) + 1, nil
}

// SaveMemos stores what issuing has made of the memos: numbers, taxes, journals, and to which invoices they are applied.
// They leave the queue.
func SaveMemos(ctx context.Context, tx database.Transaction, memos []*domain.Memo, now time.Time) error {
	heads := SaveIssuedMemosParams{IssuedAt: now}
	postings := make([]Posting, 0, len(memos))
	for _, memo := range memos {
		heads.CreditMemoIds = append(heads.CreditMemoIds, memo.ID)
		heads.Taxes = append(heads.Taxes, memo.Tax)
		heads.EventSequences = append(heads.EventSequences, memo.EventSequence)
		heads.Applied = append(heads.Applied, memo.Applied)
		heads.Numbers = append(heads.Numbers, memo.Number)
		heads.DocumentNumbers = append(heads.DocumentNumbers, memo.Document)
		heads.BaseCurrencies = append(heads.BaseCurrencies, memo.Base.Currency)
		heads.ExchangeRates = append(heads.ExchangeRates, memo.Base.Rate.String())
		heads.BaseNets = append(heads.BaseNets, memo.Base.Net)
		heads.BaseTaxes = append(heads.BaseTaxes, memo.Base.Tax)
		heads.JournalIds = append(heads.JournalIds, memo.Journal.ID)
		postings = append(postings, Posting{
			LegalEntity: memo.LegalEntity, Currency: memo.Currency, Source: SourceCreditMemo, Document: memo.ID, Journal: memo.Journal,
		})
	}
	q := New(tx)
	if err := q.SaveIssuedMemos(ctx, heads); err != nil {
		return fmt.Errorf("save credit memos: %w", err)
	}
	if err := q.insertMemoTaxes(ctx, memos, func(line *domain.MemoLine) bool { return line.InvoicePosition == 0 }); err != nil {
		return err
	}
	if err := SaveJournals(ctx, tx, postings, now); err != nil {
		return err
	}
	if err := q.saveApplications(ctx, memos); err != nil {
		return err
	}
	ids, shards := memoKeys(memos)
	if err := q.DeletePendingMemos(ctx, DeletePendingMemosParams{Shards: shards, CreditMemoIds: ids}); err != nil {
		return fmt.Errorf("take credit memos off the queue: %w", err)
	}
	return nil
}

func (q *Queries) saveApplications(ctx context.Context, memos []*domain.Memo) error {
	var set SaveApplicationsParams
	for _, memo := range memos {
		for _, application := range memo.Applications {
			set.CreditMemoIds = append(set.CreditMemoIds, memo.ID)
			set.InvoiceIds = append(set.InvoiceIds, application.Invoice)
			set.Amounts = append(set.Amounts, application.Amount)
		}
	}
	if len(set.CreditMemoIds) == 0 {
		return nil
	}
	if err := q.SaveApplications(ctx, set); err != nil {
		return fmt.Errorf("save what credit memos settle: %w", err)
	}
	return nil
}

// SaveMemoApplication stores that more of an issued memo settles an invoice.
func SaveMemoApplication(ctx context.Context, tx database.Transaction, memo *domain.Memo, invoice uuid.UUID, amount int64) error {
	q := New(tx)
	if err := q.SaveMemoApplied(ctx, SaveMemoAppliedParams{Applied: memo.Applied, CreditMemoID: memo.ID}); err != nil {
		return fmt.Errorf("save what of a credit memo is applied: %w", err)
	}
	err := q.SaveApplications(ctx, SaveApplicationsParams{
		CreditMemoIds: []uuid.UUID{memo.ID}, InvoiceIds: []uuid.UUID{invoice}, Amounts: []int64{amount},
	})
	if err != nil {
		return fmt.Errorf("save what a credit memo settles: %w", err)
	}
	return nil
}

// SaveMemoDeferrals stores why the memos wait on and until when.
func SaveMemoDeferrals(ctx context.Context, tx database.Transaction, memos []*domain.Memo, until func(*domain.Memo) time.Time) error {
	ids, shards := memoKeys(memos)
	set := DeferMemosParams{CreditMemoIds: ids, Shards: shards}
	for _, memo := range memos {
		set.DueAts = append(set.DueAts, until(memo))
		set.Reasons = append(set.Reasons, memo.Deferred)
		set.Attempts = append(set.Attempts, memo.Attempts)
	}
	if err := New(tx).DeferMemos(ctx, set); err != nil {
		return fmt.Errorf("defer credit memos: %w", err)
	}
	return nil
}
