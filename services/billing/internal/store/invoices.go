package store

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/money"
	"github.com/waybill-dev/waybill/internal/shard"
	"github.com/waybill-dev/waybill/services/billing/internal/domain"
)

// InvoicedShipments tells which of the shipments have their invoice.
func InvoicedShipments(ctx context.Context, tx database.Transaction, shipments []uuid.UUID) (map[uuid.UUID]bool, error) {
	ids, err := New(tx).FindInvoicedShipments(ctx, shipments)
	if err != nil {
		return nil, fmt.Errorf("find invoiced shipments: %w", err)
	}
	found := make(map[uuid.UUID]bool, len(ids))
	for _, id := range ids {
		found[id] = true
	}
	return found, nil
}

// AddInvoices stores drafts with their lines, and queues them for their tax.
func AddInvoices(ctx context.Context, tx database.Transaction, invoices []*domain.Invoice, now time.Time) error {
	if len(invoices) == 0 {
		return nil
	}
	var heads InsertInvoicesParams
	var lines InsertInvoiceLinesParams
	var charges InsertInvoiceChargesParams
	pending := InsertPendingParams{DueAt: now}
	for _, invoice := range invoices {
		heads.InvoiceIds = append(heads.InvoiceIds, invoice.ID)
		heads.ShipmentIds = append(heads.ShipmentIds, invoice.Shipment)
		heads.OrderIds = append(heads.OrderIds, invoice.Order)
		heads.PartnerIds = append(heads.PartnerIds, invoice.Partner)
		heads.AccountIds = append(heads.AccountIds, string(invoice.Account))
		heads.SoldTos = append(heads.SoldTos, string(invoice.SoldTo))
		heads.LegalEntities = append(heads.LegalEntities, invoice.LegalEntity)
		heads.CurrencyCodes = append(heads.CurrencyCodes, invoice.Currency)
		heads.LineCounts = append(heads.LineCounts, int64(len(invoice.Lines)))
		heads.Nets = append(heads.Nets, invoice.Net)
		heads.OpenOrders = append(heads.OpenOrders, invoice.OpenOrders)
		heads.NotInvoiceds = append(heads.NotInvoiceds, invoice.NotInvoiced)
		heads.EventSequences = append(heads.EventSequences, invoice.EventSequence)
		pending.Shards = append(pending.Shards, int64(shard.OfUUID(invoice.ID)))
		for i := range invoice.Lines {
			line := &invoice.Lines[i]
			lines.InvoiceIds = append(lines.InvoiceIds, invoice.ID)
			lines.Positions = append(lines.Positions, int64(line.Position))
			lines.ShipmentLineIds = append(lines.ShipmentLineIds, line.ShipmentLine)
			lines.LineNumbers = append(lines.LineNumbers, int64(line.Line))
			lines.Quantities = append(lines.Quantities, line.Quantity)
			lines.Nets = append(lines.Nets, line.Net)
			lines.Discounts = append(lines.Discounts, line.Discount)
		}
		for _, charge := range invoice.Charges {
			charges.InvoiceIds = append(charges.InvoiceIds, invoice.ID)
			charges.Positions = append(charges.Positions, int64(charge.Position))
			charges.Charges = append(charges.Charges, int64(charge.Charge))
			charges.Types = append(charges.Types, string(charge.Type))
			charges.Nets = append(charges.Nets, charge.Net)
		}
	}
	pending.InvoiceIds = heads.InvoiceIds
	q := New(tx)
	if err := q.InsertInvoices(ctx, heads); err != nil {
		return fmt.Errorf("insert invoices: %w", err)
	}
	if err := q.InsertInvoiceLines(ctx, lines); err != nil {
		return fmt.Errorf("insert invoice lines: %w", err)
	}
	if len(charges.InvoiceIds) > 0 {
		if err := q.InsertInvoiceCharges(ctx, charges); err != nil {
			return fmt.Errorf("insert invoice charges: %w", err)
		}
	}
	if err := q.InsertPending(ctx, pending); err != nil {
		return fmt.Errorf("queue invoices: %w", err)
	}
	return nil
}

// DueInvoices loads pending invoices of the shards that are due, without their lines: at most limit, and no more than have
// maxLines together, but at least one. More says whether others are due too.
func DueInvoices(
	ctx context.Context, db DBTX, shards []int32, now time.Time, limit int, maxLines int64,
) (invoices []*domain.Invoice, more bool, err error) {
	rows, err := New(db).FindDue(ctx, FindDueParams{Shards: shard.Wide(shards), Now: now, PageLimit: int32(limit)})
	if err != nil {
		return nil, false, database.Fault(ctx, err)
	}
	var lines int64
	for _, row := range rows {
		if lines += row.Invoice.LineCount; lines > maxLines && len(invoices) > 0 {
			return invoices, true, nil
		}
		invoice := toInvoice(row.Invoice)
		invoice.Deferred, invoice.Attempts = row.Reason, row.Attempts
		invoices = append(invoices, invoice)
	}
	return invoices, len(rows) == limit, nil
}

func toInvoice(row Invoice) *domain.Invoice {
	invoice := &domain.Invoice{
		ID: row.InvoiceID, Shipment: row.ShipmentID, Order: row.OrderID, Partner: row.PartnerID,
		Account: domain.AccountID(row.AccountID), SoldTo: domain.AccountID(row.SoldToAccountID), LegalEntity: row.LegalEntity, Currency: row.CurrencyCode,
		State: domain.State(row.State), Net: row.NetMinor, Tax: row.TaxMinor, OpenOrders: row.OpenOrdersMinor,
		NotInvoiced: row.NotInvoicedMinor, Counted: row.Counted, EventSequence: row.EventSequence, Number: row.Number.Int64,
		Document: row.DocumentNumber, Base: domain.Base{
			BaseTerms: domain.BaseTerms{Currency: row.BaseCurrencyCode}, Net: row.BaseNetMinor, Tax: row.BaseTaxMinor,
		},
		Settlement: domain.Settlement{
			Cash: row.AppliedCashMinor, Credit: row.AppliedCreditMinor, WrittenOff: row.WrittenOffMinor,
			SettledBy: domain.Means(row.SettledBy), ExchangeGain: row.ExchangeGainMinor,
		},
		Disputed: row.Disputed, DisputeReason: row.DisputeReason, OverdueTold: row.OverdueTold,
		Discarded: domain.Discarded{By: row.DiscardedBy, Reason: row.DiscardReason},
	}
	if row.DiscardedAt != nil {
		invoice.Discarded.At = *row.DiscardedAt
	}
	if row.SentAt != nil {
		invoice.SentAt = *row.SentAt
	}
	if rate, err := money.ParseExchangeRate(row.ExchangeRate); err == nil { // empty before it is issued
		invoice.Base.Rate = rate
	}
	if row.IssuedAt != nil {
		invoice.IssuedAt = *row.IssuedAt
	}
	if row.DueDate != nil {
		invoice.DueDate = *row.DueDate
	}
	if row.JournalID != nil {
		invoice.Journal = &domain.Journal{ID: *row.JournalID}
	}
	return invoice
}

// FillLines loads the lines of the invoices, and the taxes of those that have them.
func FillLines(ctx context.Context, db DBTX, invoices []*domain.Invoice) error {
	ids := make([]uuid.UUID, 0, len(invoices))
	byID := make(map[uuid.UUID]*domain.Invoice, len(invoices))
	var issued []uuid.UUID
	for _, invoice := range invoices {
		ids = append(ids, invoice.ID)
		byID[invoice.ID] = invoice
		if invoice.State != domain.TaxPending {
			issued = append(issued, invoice.ID)
		}
	}
	q := New(db)
	lines, err := q.FindInvoiceLines(ctx, ids)
	if err != nil {
		return database.Fault(ctx, err)
	}
	for _, row := range lines {
		invoice := byID[row.InvoiceID]
		invoice.Lines = append(invoice.Lines, domain.InvoiceLine{
			Position: int32(row.Position), ShipmentLine: row.ShipmentLineID, Line: int32(row.LineNumber), Quantity: row.Quantity,
			Net: row.NetMinor, Discount: row.DiscountMinor,
			Credited: domain.Credited{Quantity: row.CreditedQuantity, Net: row.CreditedNetMinor},
		})
	}
	charges, err := q.FindInvoiceCharges(ctx, ids)
	if err != nil {
		return database.Fault(ctx, err)
	}
	for _, row := range charges {
		invoice := byID[row.InvoiceID]
		invoice.Charges = append(invoice.Charges, domain.InvoiceCharge{
			Position: int32(row.Position), Charge: int(row.Charge), Type: domain.ChargeType(row.Type), Net: row.NetMinor,
			Credited: row.CreditedNetMinor,
		})
	}
	if len(issued) == 0 {
		return nil
	}
	taxes, err := q.FindInvoiceTaxes(ctx, issued)
	if err != nil {
		return database.Fault(ctx, err)
	}
	for _, row := range taxes {
		byID[row.InvoiceID].AddTax(int32(row.Position), domain.Tax{
			Jurisdiction: row.Jurisdiction, Name: row.Name, Rate: row.Rate, Amount: row.AmountMinor, Credited: row.CreditedMinor,
		})
	}
	return nil
}

// LockedInvoices loads invoices with their lines, for what settles or credits them, and locks them until the transaction
// ends. Those that are not there are left out.
func LockedInvoices(ctx context.Context, tx database.Transaction, ids []uuid.UUID) ([]*domain.Invoice, error) {
	rows, err := New(tx).LockInvoices(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("lock invoices: %w", err)
	}
	invoices := make([]*domain.Invoice, 0, len(rows))
	for _, row := range rows {
		invoices = append(invoices, toInvoice(row))
	}
	if len(invoices) == 0 {
		return nil, nil
	}
	return invoices, FillLines(ctx, tx, invoices)
}

// SaveSettled stores what of the invoices is settled now.
func SaveSettled(ctx context.Context, tx database.Transaction, invoices []*domain.Invoice) error {
	if len(invoices) == 0 {
		return nil
	}
	var set SaveSettlementsParams
	for _, invoice := range invoices {
		set.InvoiceIds = append(set.InvoiceIds, invoice.ID)
		set.Cash = append(set.Cash, invoice.Cash)
		set.Credits = append(set.Credits, invoice.Credit)
		set.WrittenOffs = append(set.WrittenOffs, invoice.WrittenOff)
		set.SettledBys = append(set.SettledBys, string(invoice.SettledBy))
		set.ExchangeGains = append(set.ExchangeGains, invoice.ExchangeGain)
		set.EventSequences = append(set.EventSequences, invoice.EventSequence)
	}
	if err := New(tx).SaveSettlements(ctx, set); err != nil {
		return fmt.Errorf("save settlements: %w", err)
	}
	return nil
}
