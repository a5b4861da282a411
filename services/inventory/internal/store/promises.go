package store

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/services/inventory/internal/domain"
)

// SafetyStockRow is what is kept back of a balance from a channel.
type SafetyStockRow struct {
	domain.StockKey
	Channel  domain.Channel
	Quantity int64
	// Forgotten ones are no longer stored.
	Forgotten bool
}

// SaveSafetyStocks stores what is kept back, each balance and channel once in the set.
func SaveSafetyStocks(ctx context.Context, tx database.Transaction, rows []SafetyStockRow) error {
	var kept SaveSafetyStocksParams
	var gone DeleteSafetyStocksParams
	for _, row := range rows {
		if row.Forgotten {
			gone.Skus = append(gone.Skus, string(row.SKU))
			gone.NodeIds = append(gone.NodeIds, string(row.Node))
			gone.Channels = append(gone.Channels, string(row.Channel))
			continue
		}
		kept.Skus = append(kept.Skus, string(row.SKU))
		kept.NodeIds = append(kept.NodeIds, string(row.Node))
		kept.Channels = append(kept.Channels, string(row.Channel))
		kept.Quantities = append(kept.Quantities, row.Quantity)
	}
	queries := New(tx)
	if len(gone.Skus) > 0 {
		if err := queries.DeleteSafetyStocks(ctx, gone); err != nil {
			return err
		}
	}
	if len(kept.Skus) == 0 {
		return nil
	}
	return queries.SaveSafetyStocks(ctx, kept)
}

// ListSafetyStocksAfter gives at most limit rows that come after the given one, of the items or of all where there are none.
func ListSafetyStocksAfter(
	ctx context.Context, db DBTX, skus []string, after SafetyStockRow, limit int,
) ([]SafetyStockRow, error) {
	var rows []SafetyStock
	var err error
	if len(skus) == 0 {
		rows, err = New(db).ListSafetyStocks(ctx, ListSafetyStocksParams{
			AfterSku: string(after.SKU), AfterNode: string(after.Node), AfterChannel: string(after.Channel),
			PageLimit: int32(limit),
		})
	} else {
		rows, err = New(db).ListSafetyStocksOfItems(ctx, ListSafetyStocksOfItemsParams{
			Skus: skus, AfterSku: string(after.SKU), AfterNode: string(after.Node), AfterChannel: string(after.Channel),
			PageLimit: int32(limit),
		})
	}
	if err != nil {
		return nil, database.Fault(ctx, err)
	}
	found := make([]SafetyStockRow, len(rows))
	for i, row := range rows {
		found[i] = SafetyStockRow{
			StockKey: domain.StockKey{SKU: domain.SKU(row.Sku), Node: domain.NodeID(row.NodeID)},
			Channel:  domain.Channel(row.Channel), Quantity: row.Quantity,
		}
	}
	return found, nil
}

// QuotaRow is a quota with what is reserved of it.
type QuotaRow struct {
	domain.Quota
	// Unlimited ones are no longer stored.
	Unlimited bool
}

// SaveQuotas stores the quotas of the set, each item and channel once, and sets Reserved in it to what remains of the
// channels' claims.
func SaveQuotas(ctx context.Context, tx database.Transaction, rows []QuotaRow) error {
	queries := New(tx)
	skus := make([]string, len(rows))
	for i, row := range rows {
		skus[i] = string(row.SKU)
	}
	reserved, err := queries.ReservedOfChannels(ctx, sorted(skus))
	if err != nil {
		return err
	}
	has := make(map[domain.QuotaKey]int64, len(reserved))
	for _, row := range reserved {
		has[domain.QuotaKey{SKU: domain.SKU(row.Sku), Channel: domain.Channel(row.Channel)}] = row.Reserved
	}
	var kept SaveQuotasParams
	var gone DeleteQuotasParams
	for i := range rows {
		row := &rows[i]
		if row.Reserved = has[row.QuotaKey]; row.Unlimited {
			gone.Skus = append(gone.Skus, string(row.SKU))
			gone.Channels = append(gone.Channels, string(row.Channel))
			continue
		}
		kept.Skus = append(kept.Skus, string(row.SKU))
		kept.Channels = append(kept.Channels, string(row.Channel))
		kept.Quantities = append(kept.Quantities, row.Quantity)
		kept.Reserved = append(kept.Reserved, row.Reserved)
	}
	if len(gone.Skus) > 0 {
		if err := queries.DeleteQuotas(ctx, gone); err != nil {
			return err
		}
	}
	if len(kept.Skus) == 0 {
		return nil
	}
	return queries.SaveQuotas(ctx, kept)
}

// ListQuotasAfter gives at most limit quotas that come after the key, of the items or of all where there are none.
func ListQuotasAfter(ctx context.Context, db DBTX, skus []string, after domain.QuotaKey, limit int) ([]QuotaRow, error) {
	var rows []ChannelQuota
	var err error
	if len(skus) == 0 {
		rows, err = New(db).ListQuotas(ctx, ListQuotasParams{
			AfterSku: string(after.SKU), AfterChannel: string(after.Channel), PageLimit: int32(limit),
		})
	} else {
		rows, err = New(db).ListQuotasOfItems(ctx, ListQuotasOfItemsParams{
			Skus: skus, AfterSku: string(after.SKU), AfterChannel: string(after.Channel), PageLimit: int32(limit),
		})
	}
	if err != nil {
		return nil, database.Fault(ctx, err)
	}
	found := make([]QuotaRow, len(rows))
	for i, row := range rows {
		found[i].Quota = domain.Quota{
			QuotaKey: domain.QuotaKey{SKU: domain.SKU(row.Sku), Channel: domain.Channel(row.Channel)},
			Quantity: row.Quantity, Reserved: row.Reserved,
		}
	}
	return found, nil
}

// Hold is a soft reservation with what it got when it was made.
type Hold struct {
	Key       string
	Channel   domain.Channel
	Partner   string
	State     domain.State
	ExpiresAt time.Time
	CreatedAt time.Time
	Lines     []domain.LineOutcome
}

// StateAt is its state at that time: one that is over has expired, whether somebody has noticed or not.
func (h Hold) StateAt(now time.Time) domain.State {
	if h.State == domain.Soft && !h.ExpiresAt.After(now) {
		return domain.Expired
	}
	return h.State
}

// FindHold gives the hold of the key. A partner sees its own; empty: everybody's. Fault: NOT_FOUND.
func FindHold(ctx context.Context, db DBTX, key, partner string) (Hold, error) {
	row, err := New(db).FindHold(ctx, key)
	if errors.Is(err, pgx.ErrNoRows) || err == nil && (row.Refused || partner != "" && partner != row.PartnerID) {
		return Hold{}, fault.New(fault.NotFound, "NOT_FOUND", "there is no such hold")
	}
	if err != nil {
		return Hold{}, database.Fault(ctx, err)
	}
	outcome, err := decodeOutcome(row.Outcome)
	if err != nil {
		return Hold{}, err
	}
	return Hold{
		Key: row.Key, Channel: domain.Channel(row.Channel), Partner: row.PartnerID, State: domain.State(row.State),
		ExpiresAt: row.ExpiresAt, CreatedAt: row.CreatedAt, Lines: outcome.Lines,
	}, nil
}
