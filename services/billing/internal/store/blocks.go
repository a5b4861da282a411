package store

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/services/billing/internal/domain"
)

// UnblockedOrders are the orders of an account that weigh something and are not blocked, the newest first.
func UnblockedOrders(ctx context.Context, tx database.Transaction, account domain.AccountID) ([]*domain.Block, error) {
	rows, err := New(tx).FindUnblocked(ctx, string(account))
	if err != nil {
		return nil, fmt.Errorf("find orders that are not blocked: %w", err)
	}
	blocks := make([]*domain.Block, 0, len(rows))
	for _, row := range rows {
		blocks = append(blocks, &domain.Block{Order: row.OrderID, Account: account, Sequence: row.Sequence})
	}
	return blocks, nil
}

// BlockedOrders are the blocked orders of an account, the oldest first.
func BlockedOrders(ctx context.Context, tx database.Transaction, account domain.AccountID) ([]*domain.Block, error) {
	rows, err := New(tx).FindBlocked(ctx, string(account))
	if err != nil {
		return nil, fmt.Errorf("find blocked orders: %w", err)
	}
	blocks := make([]*domain.Block, 0, len(rows))
	for _, row := range rows {
		blocks = append(blocks, &domain.Block{Order: row.OrderID, Account: account, Blocked: true, Sequence: row.Sequence})
	}
	return blocks, nil
}

// Blocks loads what is known of the blocks of orders.
func Blocks(ctx context.Context, tx database.Transaction, orders []uuid.UUID) ([]*domain.Block, error) {
	rows, err := New(tx).FindBlocks(ctx, orders)
	if err != nil {
		return nil, fmt.Errorf("find blocks: %w", err)
	}
	blocks := make([]*domain.Block, 0, len(rows))
	for _, row := range rows {
		blocks = append(blocks, &domain.Block{
			Order: row.OrderID, Account: domain.AccountID(row.AccountID), Blocked: row.Blocked, Sequence: row.Sequence,
		})
	}
	return blocks, nil
}

// SaveBlocksOf stores blocks; of those of one order the last one stays.
func SaveBlocksOf(ctx context.Context, tx database.Transaction, blocks []domain.Block, now time.Time) error {
	if len(blocks) == 0 {
		return nil
	}
	set := SaveBlocksParams{ChangedAt: now}
	at := make(map[uuid.UUID]int, len(blocks))
	last := make([]domain.Block, 0, len(blocks))
	for _, block := range blocks {
		if known, ok := at[block.Order]; ok {
			last[known] = block
			continue
		}
		at[block.Order] = len(last)
		last = append(last, block)
	}
	for _, block := range last {
		set.OrderIds = append(set.OrderIds, block.Order)
		set.AccountIds = append(set.AccountIds, string(block.Account))
		set.Blocked = append(set.Blocked, block.Blocked)
		set.Reasons = append(set.Reasons, block.Reason)
		set.Messages = append(set.Messages, block.Message)
		set.Sequences = append(set.Sequences, block.Sequence)
	}
	if err := New(tx).SaveBlocks(ctx, set); err != nil {
		return fmt.Errorf("save blocks: %w", err)
	}
	return nil
}

// Clearances loads the outcomes with the keys, those that are known.
func Clearances(ctx context.Context, tx database.Transaction, keys []string) ([]*domain.Clearance, error) {
	rows, err := New(tx).FindClearances(ctx, keys)
	if err != nil {
		return nil, fmt.Errorf("find clearances: %w", err)
	}
	clearances := make([]*domain.Clearance, 0, len(rows))
	for _, row := range rows {
		clearances = append(clearances, &domain.Clearance{
			Key: row.ClearanceKey, Order: row.OrderID, Account: domain.AccountID(row.AccountID), Reason: row.Reason,
			Message: row.Message, Exposure: row.ExposureMinor, Limit: row.LimitMinor, Block: row.BlockSequence,
		})
	}
	return clearances, nil
}

// KeepClearances stores new outcomes.
func KeepClearances(ctx context.Context, tx database.Transaction, clearances []*domain.Clearance, now time.Time) error {
	if len(clearances) == 0 {
		return nil
	}
	set := AddClearancesParams{DecidedAt: now}
	for _, clearance := range clearances {
		set.ClearanceKeys = append(set.ClearanceKeys, clearance.Key)
		set.OrderIds = append(set.OrderIds, clearance.Order)
		set.AccountIds = append(set.AccountIds, string(clearance.Account))
		set.Reasons = append(set.Reasons, clearance.Reason)
		set.Messages = append(set.Messages, clearance.Message)
		set.Exposures = append(set.Exposures, clearance.Exposure)
		set.Limits = append(set.Limits, clearance.Limit)
		set.BlockSequences = append(set.BlockSequences, clearance.Block)
	}
	if err := New(tx).AddClearances(ctx, set); err != nil {
		return fmt.Errorf("add clearances: %w", err)
	}
	return nil
}

// LighterOrders are those of the orders that weigh what waits for stock less than in full.
func LighterOrders(ctx context.Context, tx database.Transaction, orders []uuid.UUID) ([]uuid.UUID, error) {
	lighter, err := New(tx).FindLighter(ctx, orders)
	if err != nil {
		return nil, fmt.Errorf("find orders that weigh less: %w", err)
	}
	return lighter, nil
}
