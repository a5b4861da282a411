// Package store keeps the books in tables. Sets go in and come out; nothing here decides.
package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/money"
	"github.com/waybill-dev/waybill/services/billing/internal/domain"
)

// AccountCopy is the copy of an account's terms.
type AccountCopy struct {
	ID              domain.AccountID
	LegalEntity     string
	Currency        string
	Limit           money.Minor
	Unlimited, Stop bool
	TaxRate         money.Rate
	Rounding        string
	Jurisdiction    string
	BillTo          string
	MaxDaysPastDue  int64
	// BackorderWeight is in parts per ten thousand.
	BackorderWeight int64
	Checkpoint      domain.Checkpoint
	Version         int64
	AsOf            time.Time
}

// SaveAccountCopies stores those copies that are newer than what is there, and opens a credit row for each new account.
func SaveAccountCopies(ctx context.Context, tx database.Transaction, accounts []AccountCopy) error {
	var set SaveAccountsParams
	for _, account := range accounts {
		set.AccountIds = append(set.AccountIds, string(account.ID))
		set.LegalEntities = append(set.LegalEntities, account.LegalEntity)
		set.CurrencyCodes = append(set.CurrencyCodes, account.Currency)
		set.CreditLimits = append(set.CreditLimits, account.Limit)
		set.Unlimiteds = append(set.Unlimiteds, account.Unlimited)
		set.Stops = append(set.Stops, account.Stop)
		set.TaxRates = append(set.TaxRates, int64(account.TaxRate))
		set.Roundings = append(set.Roundings, account.Rounding)
		set.TaxJurisdictions = append(set.TaxJurisdictions, account.Jurisdiction)
		set.BillTos = append(set.BillTos, account.BillTo)
		set.MaxDaysPastDues = append(set.MaxDaysPastDues, account.MaxDaysPastDue)
		set.BackorderWeights = append(set.BackorderWeights, account.BackorderWeight)
		set.Checkpoints = append(set.Checkpoints, string(account.Checkpoint))
		set.Versions = append(set.Versions, account.Version)
		set.AsOfs = append(set.AsOfs, account.AsOf)
	}
	q := New(tx)
	if err := q.SaveAccounts(ctx, set); err != nil {
		return fmt.Errorf("save accounts: %w", err)
	}
	err := q.OpenCredits(ctx, OpenCreditsParams{
		AccountIds: set.AccountIds, LegalEntities: set.LegalEntities, CurrencyCodes: set.CurrencyCodes,
	})
	if err != nil {
		return fmt.Errorf("open credits: %w", err)
	}
	return nil
}

// LockCreditRows loads the credit of the accounts and locks it until the transaction ends. Accounts that are not known are
// left out.
func LockCreditRows(ctx context.Context, tx database.Transaction, accounts []domain.AccountID) ([]*domain.Credit, error) {
	ids := make([]string, 0, len(accounts))
	for _, account := range accounts {
		ids = append(ids, string(account))
	}
	rows, err := New(tx).LockCredits(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("lock credits: %w", err)
	}
	credits := make([]*domain.Credit, 0, len(rows))
	for _, row := range rows {
		credits = append(credits, toCredit(FindCreditRow(row)))
	}
	return credits, nil
}

// CreditOf loads the credit of one account; nil when the account is not known.
func CreditOf(ctx context.Context, db DBTX, account string) (*domain.Credit, error) {
	row, err := New(db).FindCredit(ctx, account)
	if database.NoRows(err) {
		return nil, nil
	}
	if err != nil {
		return nil, database.Fault(ctx, err)
	}
	return toCredit(row), nil
}

func toCredit(row FindCreditRow) *domain.Credit {
	return &domain.Credit{
		Account: domain.AccountID(row.AccountID), LegalEntity: row.LegalEntity, Currency: row.CurrencyCode,
		Limit: row.CreditLimitMinor, Unlimited: row.UnlimitedCredit, Stopped: row.CreditStop || row.PaymentStop,
		TermsStop: row.CreditStop, PaymentStop: row.PaymentStop, Secured: row.SecuredMinor,
		Weighing:   toWeighing(row.EstimatedTaxRate, row.BackorderWeightBp),
		Checkpoint: domain.Checkpoint(row.CreditCheckpoint), Blocked: row.BlockedOrders, TermsAsOf: row.AsOf,
		Receivable: row.ReceivableMinor, OpenCredit: row.OpenCreditMinor, UnappliedCash: row.UnappliedCashMinor,
		MaxDaysPastDue: row.MaxDaysPastDue, NotInvoiced: row.NotInvoicedMinor,
		OpenOrders: row.OpenOrdersMinor,
		Version:    row.Version, EventSequence: row.EventSequence,
	}
}

// SaveCreditRows stores the changed credit rows.
func SaveCreditRows(ctx context.Context, tx database.Transaction, credits []*domain.Credit) error {
	if len(credits) == 0 {
		return nil
	}
	var set SaveCreditsParams
	for _, credit := range credits {
		set.AccountIds = append(set.AccountIds, string(credit.Account))
		set.LegalEntities = append(set.LegalEntities, credit.LegalEntity)
		set.CurrencyCodes = append(set.CurrencyCodes, credit.Currency)
		set.Receivables = append(set.Receivables, credit.Receivable)
		set.OpenCredits = append(set.OpenCredits, credit.OpenCredit)
		set.UnappliedCash = append(set.UnappliedCash, credit.UnappliedCash)
		set.NotInvoiceds = append(set.NotInvoiceds, credit.NotInvoiced)
		set.OpenOrders = append(set.OpenOrders, credit.OpenOrders)
		set.Blocked = append(set.Blocked, credit.Blocked)
		set.Secureds = append(set.Secureds, credit.Secured)
		set.PaymentStops = append(set.PaymentStops, credit.PaymentStop)
		set.Versions = append(set.Versions, credit.Version)
		set.EventSequences = append(set.EventSequences, credit.EventSequence)
	}
	if err := New(tx).SaveCredits(ctx, set); err != nil {
		return fmt.Errorf("save credits: %w", err)
	}
	return nil
}

// StoredOrder is an order as it is kept, its snapshot not decoded.
type StoredOrder struct {
	ID       uuid.UUID
	Snapshot []byte
	domain.Weighing
	Claim    *domain.Claim
	Progress domain.Progress
	// Charged is what is invoiced of each charge.
	Charged []money.Minor
}

// Orders loads the orders that are known, with the claim that counts for each.
func Orders(ctx context.Context, tx database.Transaction, ids []uuid.UUID) ([]StoredOrder, error) {
	rows, err := New(tx).FindOrders(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("find orders: %w", err)
	}
	orders := make([]StoredOrder, 0, len(rows))
	for _, row := range rows {
		progress, err := decodeProgress(row.Progress)
		if err != nil {
			return nil, err
		}
		var charged []money.Minor
		if err := json.Unmarshal(row.Charged, &charged); err != nil {
			return nil, fmt.Errorf("decode charges: %w", err)
		}
		orders = append(orders, StoredOrder{
			ID: row.OrderSnapshot.OrderID, Snapshot: row.OrderSnapshot.Snapshot,
			Weighing: toWeighing(row.OrderSnapshot.TaxRate, row.OrderSnapshot.BackorderWeightBp), Claim: toClaim(row.CreditClaim), Progress: progress,
			Charged: charged,
		})
	}
	return orders, nil
}

// Snapshots loads the snapshots of orders.
func Snapshots(ctx context.Context, db DBTX, ids []uuid.UUID) (map[uuid.UUID][]byte, error) {
	rows, err := New(db).FindSnapshots(ctx, ids)
	if err != nil {
		return nil, database.Fault(ctx, err)
	}
	found := make(map[uuid.UUID][]byte, len(rows))
	for _, row := range rows {
		found[row.OrderID] = row.Snapshot
	}
	return found, nil
}

// AccountsOf tells which accounts the orders and claims belong to, those that are known. It never changes.
func AccountsOf(ctx context.Context, db DBTX, orders []uuid.UUID, claimKeys []string) ([]domain.AccountID, error) {
	q := New(db)
	found := make(map[string]bool)
	rows, err := q.FindOrderAccounts(ctx, orders)
	if err != nil {
		return nil, database.Fault(ctx, err)
	}
	for _, row := range rows {
		found[row.AccountID] = true
	}
	if len(claimKeys) > 0 {
		rows, err := q.FindClaimAccounts(ctx, claimKeys)
		if err != nil {
			return nil, database.Fault(ctx, err)
		}
		for _, row := range rows {
			found[row.AccountID] = true
		}
	}
	accounts := make([]domain.AccountID, 0, len(found))
	for account := range found {
		accounts = append(accounts, domain.AccountID(account))
	}
	return accounts, nil
}

// SaveOrders stores new snapshots and changed progress.
func SaveOrders(ctx context.Context, tx database.Transaction, book *domain.Book) error {
	if orders := book.ChangedSnapshots(); len(orders) > 0 {
		var set SaveSnapshotsParams
		for _, order := range orders {
			set.OrderIds = append(set.OrderIds, order.ID)
			set.AccountIds = append(set.AccountIds, string(order.Account))
			set.ClaimKeys = append(set.ClaimKeys, order.ClaimKey)
			set.TaxRates = append(set.TaxRates, int64(order.TaxRate))
			set.BackorderWeights = append(set.BackorderWeights, order.Backordered)
			set.SnapshotHashes = append(set.SnapshotHashes, []byte(order.Hash))
			set.Snapshots = append(set.Snapshots, order.Snapshot)
		}
		if err := New(tx).SaveSnapshots(ctx, set); err != nil {
			return fmt.Errorf("save snapshots: %w", err)
		}
	}
	if orders := book.ChangedProgress(); len(orders) > 0 {
		var set SaveProgressParams
		for _, order := range orders {
			text, err := encodeProgress(order.Progress)
			if err != nil {
				return err
			}
			charges, err := json.Marshal(append([]money.Minor{}, order.Charged...))
			if err != nil {
				return fmt.Errorf("encode charges: %w", err)
			}
			set.OrderIds = append(set.OrderIds, order.ID)
			set.Lines = append(set.Lines, text)
			set.Charges = append(set.Charges, string(charges))
		}
		if err := New(tx).SaveProgress(ctx, set); err != nil {
			return fmt.Errorf("save progress: %w", err)
		}
	}
	return nil
}

// storedLine is one line of order_progress.lines.
type storedLine struct {
	Line     int32 `json:"line"`
	Shipped  int64 `json:"shipped"`
	Net      int64 `json:"net"`
	Released int64 `json:"released"`
	Waits    int64 `json:"backordered,omitempty"`
}

func encodeProgress(progress domain.Progress) (string, error) {
	lines := make([]storedLine, 0, len(progress))
	for number, line := range progress {
		lines = append(lines, storedLine{Line: number, Shipped: line.Shipped, Net: line.Net, Released: line.Released, Waits: line.Backordered})
	}
	text, err := json.Marshal(lines)
	if err != nil {
		return "", fmt.Errorf("encode progress: %w", err)
	}
	return string(text), nil
}

func decodeProgress(text []byte) (domain.Progress, error) {
	var lines []storedLine
	if err := json.Unmarshal(text, &lines); err != nil {
		return nil, fmt.Errorf("decode progress: %w", err)
	}
	progress := make(domain.Progress, len(lines))
	for _, line := range lines {
		progress[line.Line] = domain.LineProgress{
			Shipped: line.Shipped, Net: line.Net, Released: line.Released, Backordered: line.Waits,
		}
	}
	return progress, nil
}
