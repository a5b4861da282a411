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

// AddIntents stores new payment intents, and queues those that the provider is to be asked about from a time on.
func AddIntents(ctx context.Context, tx database.Transaction, intents []*domain.Intent, now, due time.Time) error {
	if len(intents) == 0 {
		return nil
	}
	set := InsertIntentsParams{CreatedAt: now}
	var waiting []uuid.UUID
	for _, intent := range intents {
		set.IntentIds = append(set.IntentIds, intent.ID)
		set.IntentKeys = append(set.IntentKeys, intent.Key)
		set.OrderIds = append(set.OrderIds, intent.Order)
		set.AccountIds = append(set.AccountIds, string(intent.Account))
		set.LegalEntities = append(set.LegalEntities, intent.LegalEntity)
		set.CurrencyCodes = append(set.CurrencyCodes, intent.Currency)
		set.Providers = append(set.Providers, intent.Provider)
		set.Tokens = append(set.Tokens, intent.Token)
		set.Amounts = append(set.Amounts, intent.Amount)
		set.States = append(set.States, string(intent.State))
		set.VoidRequesteds = append(set.VoidRequesteds, intent.VoidRequested)
		set.DeclineCodes = append(set.DeclineCodes, intent.Code)
		set.EventSequences = append(set.EventSequences, intent.EventSequence)
		if intent.Undecided() {
			waiting = append(waiting, intent.ID)
		}
	}
	if err := New(tx).InsertIntents(ctx, set); err != nil {
		return fmt.Errorf("insert payment intents: %w", err)
	}
	return QueueIntentsAt(ctx, tx, waiting, due)
}

// QueueIntentsAt lets the drain take intents up from a time on, or earlier where they wait already.
func QueueIntentsAt(ctx context.Context, tx database.Transaction, ids []uuid.UUID, due time.Time) error {
	if len(ids) == 0 {
		return nil
	}
	if err := New(tx).QueueIntents(ctx, QueueIntentsParams{Shards: shardsOf(ids), IntentIds: ids, DueAt: due}); err != nil {
		return fmt.Errorf("queue payment intents: %w", err)
	}
	return nil
}

// IntentsDue are the ids of intents of the shards about which a provider is to be asked, and how often that has failed.
func IntentsDue(ctx context.Context, db DBTX, shards []int32, now time.Time, limit int) (ids []uuid.UUID, attempts map[uuid.UUID]int64, err error) {
	rows, err := New(db).FindDueIntents(ctx, FindDueIntentsParams{Shards: shard.Wide(shards), Now: now, PageLimit: int32(limit)})
	if err != nil {
		return nil, nil, database.Fault(ctx, err)
	}
	attempts = make(map[uuid.UUID]int64, len(rows))
	for _, row := range rows {
		ids = append(ids, row.IntentID)
		attempts[row.IntentID] = row.Attempts
	}
	return ids, attempts, nil
}

// DeferIntentsUntil puts intents off.
func DeferIntentsUntil(ctx context.Context, tx database.Transaction, ids []uuid.UUID, attempts []int64, until []time.Time) error {
	if len(ids) == 0 {
		return nil
	}
	err := New(tx).DeferIntents(ctx, DeferIntentsParams{Shards: shardsOf(ids), IntentIds: ids, DueAts: until, Attempts: attempts})
	if err != nil {
		return fmt.Errorf("defer payment intents: %w", err)
	}
	return nil
}

// UnqueueIntentsDone takes intents off the queue of which nothing is left to ask.
func UnqueueIntentsDone(ctx context.Context, tx database.Transaction, ids []uuid.UUID) error {
	if len(ids) == 0 {
		return nil
	}
	if err := New(tx).UnqueueIntents(ctx, UnqueueIntentsParams{Shards: shardsOf(ids), IntentIds: ids}); err != nil {
		return fmt.Errorf("take payment intents off the queue: %w", err)
	}
	return nil
}

func shardsOf(ids []uuid.UUID) []int64 {
	shards := make([]int64, 0, len(ids))
	for _, id := range ids {
		shards = append(shards, int64(shard.OfUUID(id)))
	}
	return shards
}

// Intents loads intents without their operations.
func Intents(ctx context.Context, db DBTX, ids []uuid.UUID) ([]*domain.Intent, error) {
	rows, err := New(db).FindIntents(ctx, ids)
	return toIntents(ctx, rows, err)
}

// IntentsByKey loads intents without their operations.
func IntentsByKey(ctx context.Context, db DBTX, keys []string) ([]*domain.Intent, error) {
	rows, err := New(db).FindIntentsByKey(ctx, keys)
	return toIntents(ctx, rows, err)
}

// IntentsOfOrders loads intents without their operations.
func IntentsOfOrders(ctx context.Context, db DBTX, orders []uuid.UUID) ([]*domain.Intent, error) {
	rows, err := New(db).FindIntentsOfOrders(ctx, orders)
	return toIntents(ctx, rows, err)
}

// IntentsBefore loads at most limit intents that are older than the given one, the newest first, without their
// operations. An empty account or order does not restrict.
func IntentsBefore(ctx context.Context, db DBTX, account string, order, before uuid.UUID, limit int) ([]*domain.Intent, error) {
	rows, err := New(db).ListIntents(ctx, ListIntentsParams{AccountID: account, OrderID: order, Before: before, PageLimit: int32(limit)})
	return toIntents(ctx, rows, err)
}

// LockedIntents loads intents with their operations, in the order of their ids, locked until the transaction ends.
func LockedIntents(ctx context.Context, tx database.Transaction, ids []uuid.UUID) ([]*domain.Intent, error) {
	rows, err := New(tx).LockIntents(ctx, ids)
	intents, err := toIntents(ctx, rows, err)
	if err != nil {
		return nil, err
	}
	return intents, FillOperations(ctx, tx, intents)
}

// FillOperations loads the captures and refunds of intents.
func FillOperations(ctx context.Context, db DBTX, intents []*domain.Intent) error {
	byID := make(map[uuid.UUID]*domain.Intent, len(intents))
	ids := make([]uuid.UUID, 0, len(intents))
	for _, intent := range intents {
		intent.Operations = nil
		byID[intent.ID] = intent
		ids = append(ids, intent.ID)
	}
	rows, err := New(db).FindOperations(ctx, ids)
	if err != nil {
		return database.Fault(ctx, err)
	}
	for _, row := range rows {
		intent := byID[row.IntentID]
		intent.Operations = append(intent.Operations, toOperation(row))
	}
	return nil
}

// CaptureByID loads a capture; nil when there is none.
func CaptureByID(ctx context.Context, db DBTX, id uuid.UUID) (*domain.Operation, error) {
	rows, err := New(db).FindCapture(ctx, id)
	if err != nil || len(rows) == 0 {
		return nil, database.Fault(ctx, err)
	}
	return toOperation(rows[0]), nil
}

func toIntents(ctx context.Context, rows []PaymentIntent, err error) ([]*domain.Intent, error) {
	if err != nil {
		return nil, database.Fault(ctx, err)
	}
	intents := make([]*domain.Intent, 0, len(rows))
	for _, row := range rows {
		intents = append(intents, &domain.Intent{
			ID: row.IntentID, Key: row.IntentKey, Order: row.OrderID, Account: domain.AccountID(row.AccountID),
			LegalEntity: row.LegalEntity, Currency: row.CurrencyCode, Provider: row.Provider, Token: row.Token,
			Amount: row.AmountMinor, Captured: row.CapturedMinor, Voided: row.VoidedMinor, Refunded: row.RefundedMinor,
			State: domain.IntentState(row.State), VoidRequested: row.VoidRequested, Code: row.DeclineCode, Reference: row.ProviderRef,
			EventSequence: row.EventSequence, CreatedAt: row.CreatedAt,
		})
	}
	return intents, nil
}

func toOperation(row PaymentOperation) *domain.Operation {
	return &domain.Operation{
		ID: row.OperationID, Intent: row.IntentID, Kind: domain.OperationKind(row.Kind), Target: row.TargetID, Memo: row.CreditMemoID,
		Amount: row.AmountMinor, State: domain.OperationState(row.State), Code: row.DeclineCode, Journal: row.JournalID,
	}
}

// SaveIntentStates stores what has become of intents.
func SaveIntentStates(ctx context.Context, tx database.Transaction, intents []*domain.Intent) error {
	if len(intents) == 0 {
		return nil
	}
	var set SaveIntentsParams
	for _, intent := range intents {
		set.IntentIds = append(set.IntentIds, intent.ID)
		set.Captureds = append(set.Captureds, intent.Captured)
		set.Voideds = append(set.Voideds, intent.Voided)
		set.Refundeds = append(set.Refundeds, intent.Refunded)
		set.States = append(set.States, string(intent.State))
		set.VoidRequesteds = append(set.VoidRequesteds, intent.VoidRequested)
		set.DeclineCodes = append(set.DeclineCodes, intent.Code)
		set.ProviderRefs = append(set.ProviderRefs, intent.Reference)
		set.EventSequences = append(set.EventSequences, intent.EventSequence)
	}
	if err := New(tx).SaveIntents(ctx, set); err != nil {
		return fmt.Errorf("save payment intents: %w", err)
	}
	return nil
}

// AddOperations stores new captures and refunds.
func AddOperations(ctx context.Context, tx database.Transaction, operations []*domain.Operation) error {
	if len(operations) == 0 {
		return nil
	}
	var set InsertOperationsParams
	for _, operation := range operations {
		set.OperationIds = append(set.OperationIds, operation.ID)
		set.IntentIds = append(set.IntentIds, operation.Intent)
		set.Kinds = append(set.Kinds, string(operation.Kind))
		set.TargetIds = append(set.TargetIds, operation.Target)
		set.CreditMemoIds = append(set.CreditMemoIds, operation.Memo)
		set.Amounts = append(set.Amounts, operation.Amount)
	}
	if err := New(tx).InsertOperations(ctx, set); err != nil {
		return fmt.Errorf("insert payment operations: %w", err)
	}
	return nil
}

// SaveOperationStates stores what has become of captures and refunds.
func SaveOperationStates(ctx context.Context, tx database.Transaction, operations []*domain.Operation, now time.Time) error {
	if len(operations) == 0 {
		return nil
	}
	set := SaveOperationsParams{Now: now}
	for _, operation := range operations {
		set.OperationIds = append(set.OperationIds, operation.ID)
		set.Amounts = append(set.Amounts, operation.Amount)
		set.States = append(set.States, string(operation.State))
		set.DeclineCodes = append(set.DeclineCodes, operation.Code)
		set.JournalIds = append(set.JournalIds, operation.Journal)
	}
	if err := New(tx).SaveOperations(ctx, set); err != nil {
		return fmt.Errorf("save payment operations: %w", err)
	}
	return nil
}

// BeingInvoiced tells of which of the orders an invoice waits to be issued.
func BeingInvoiced(ctx context.Context, tx database.Transaction, orders []uuid.UUID) (map[uuid.UUID]bool, error) {
	rows, err := New(tx).FindOrdersBeingInvoiced(ctx, orders)
	if err != nil {
		return nil, fmt.Errorf("find orders being invoiced: %w", err)
	}
	waiting := make(map[uuid.UUID]bool, len(rows))
	for _, order := range rows {
		waiting[order] = true
	}
	return waiting, nil
}

// SaveRefunded stores what of a credit memo is paid out.
func SaveRefunded(ctx context.Context, tx database.Transaction, memo *domain.Memo) error {
	err := New(tx).SaveMemoRefunded(ctx, SaveMemoRefundedParams{Refunded: memo.Refunded, PaidOut: memo.PaidOut, CreditMemoID: memo.ID})
	if err != nil {
		return fmt.Errorf("save what of a credit memo is paid out: %w", err)
	}
	return nil
}

// AccountTerms are those of an account that a payment needs.
type AccountTerms struct {
	LegalEntity, Currency string
	TaxRate               int64
}

// TermsOf loads the terms of accounts. Those that are not known are left out.
func TermsOf(ctx context.Context, db DBTX, accounts []string) (map[string]AccountTerms, error) {
	rows, err := New(db).FindAccounts(ctx, accounts)
	if err != nil {
		return nil, database.Fault(ctx, err)
	}
	terms := make(map[string]AccountTerms, len(rows))
	for _, row := range rows {
		terms[row.AccountID] = AccountTerms{row.LegalEntity, row.CurrencyCode, row.EstimatedTaxRate}
	}
	return terms, nil
}
