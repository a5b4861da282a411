package store

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/money"
	"github.com/waybill-dev/waybill/services/billing/internal/domain"
)

// ReturnLine names a line of a return.
type ReturnLine struct {
	Return   uuid.UUID
	Position int32
}

// ReturnCredits loads how much of the lines of returns is credited.
func ReturnCredits(ctx context.Context, tx database.Transaction, returns []uuid.UUID) (map[ReturnLine]int64, error) {
	rows, err := New(tx).FindReturnCredits(ctx, returns)
	if err != nil {
		return nil, fmt.Errorf("find what of returns is credited: %w", err)
	}
	credited := make(map[ReturnLine]int64, len(rows))
	for _, row := range rows {
		credited[ReturnLine{row.ReturnID, int32(row.Position)}] = row.Credited
	}
	return credited, nil
}

// KeepReturnCredits stores how much of lines of returns is credited.
func KeepReturnCredits(ctx context.Context, tx database.Transaction, credited map[ReturnLine]int64) error {
	if len(credited) == 0 {
		return nil
	}
	var set SaveReturnCreditsParams
	for line, quantity := range credited {
		set.ReturnIds = append(set.ReturnIds, line.Return)
		set.Positions = append(set.Positions, int64(line.Position))
		set.Credited = append(set.Credited, quantity)
	}
	if err := New(tx).SaveReturnCredits(ctx, set); err != nil {
		return fmt.Errorf("save what of returns is credited: %w", err)
	}
	return nil
}

// Invoiced is where a shipment line is invoiced.
type Invoiced struct {
	Invoice  uuid.UUID
	Position int32
}

// InvoicedAt finds where shipment lines are invoiced. Those that are not are left out.
func InvoicedAt(ctx context.Context, tx database.Transaction, shipmentLines []string) (map[string]Invoiced, error) {
	rows, err := New(tx).FindShipmentLines(ctx, shipmentLines)
	if err != nil {
		return nil, fmt.Errorf("find invoiced shipment lines: %w", err)
	}
	found := make(map[string]Invoiced, len(rows))
	for _, row := range rows {
		found[row.ShipmentLineID] = Invoiced{row.InvoiceID, int32(row.Position)}
	}
	return found, nil
}

// KeepUnbilled notes shipments of which nothing is billed.
func KeepUnbilled(ctx context.Context, tx database.Transaction, shipments []uuid.UUID) error {
	if len(shipments) == 0 {
		return nil
	}
	if err := New(tx).NoteUnbilled(ctx, shipments); err != nil {
		return fmt.Errorf("note shipments that are not billed: %w", err)
	}
	return nil
}

// SeenShipments tells which of the shipments have come, whether anything of them is billed or not.
func SeenShipments(ctx context.Context, tx database.Transaction, shipments []uuid.UUID) (map[uuid.UUID]bool, error) {
	seen, err := InvoicedShipments(ctx, tx, shipments)
	if err != nil {
		return nil, err
	}
	unbilled, err := New(tx).FindUnbilled(ctx, shipments)
	if err != nil {
		return nil, fmt.Errorf("find shipments that are not billed: %w", err)
	}
	for _, id := range unbilled {
		seen[id] = true
	}
	return seen, nil
}

// AccountCopies loads the copies of accounts, those that are known.
func AccountCopies(ctx context.Context, db DBTX, ids []domain.AccountID) (map[domain.AccountID]AccountCopy, error) {
	names := make([]string, 0, len(ids))
	for _, id := range ids {
		names = append(names, string(id))
	}
	rows, err := New(db).FindAccounts(ctx, names)
	if err != nil {
		return nil, database.Fault(ctx, err)
	}
	accounts := make(map[domain.AccountID]AccountCopy, len(rows))
	for _, row := range rows {
		accounts[domain.AccountID(row.AccountID)] = AccountCopy{
			ID: domain.AccountID(row.AccountID), LegalEntity: row.LegalEntity, Currency: row.CurrencyCode,
			Limit: row.CreditLimitMinor, Unlimited: row.UnlimitedCredit, Stop: row.CreditStop,
			TaxRate: money.Rate(row.EstimatedTaxRate), Rounding: row.Rounding, Jurisdiction: row.TaxJurisdiction,
			BillTo: row.BillToAccountID, MaxDaysPastDue: row.MaxDaysPastDue, Version: row.Version, AsOf: row.AsOf,
		}
	}
	return accounts, nil
}
