package inventory

import (
	"context"
	"slices"
	"time"

	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/internal/idempotency"
	"github.com/waybill-dev/waybill/internal/quantity"
	"github.com/waybill-dev/waybill/services/inventory/internal/domain"
	"github.com/waybill-dev/waybill/services/inventory/internal/store"
)

// maxCountAge is how long ago something may have been counted for the result to be taken.
const maxCountAge = 24 * time.Hour

// The reasons for which a result is not taken; see also domain.ReasonStaleness.
const (
	reasonNotInCount  = "NOT_IN_COUNT"
	reasonBeforeStart = "COUNTED_BEFORE_START"
	reasonTooOld      = "STALE_TOO_OLD"
	reasonPicksOpen   = "PICKS_OPEN"
)

// RecordCount implements the RPC of the same name.
func (s *Service) RecordCount(ctx context.Context, req *inventoryv1.RecordCountRequest) (*inventoryv1.RecordCountResponse, error) {
	countID, err := parseID(id.Count, req.GetCountId(), "count_id")
	if err != nil {
		return nil, err
	}
	now := s.now()
	key := idempotency.Key{Principal: principal(ctx), Method: "record_count", RequestID: req.GetRequestId()}
	return write(ctx, s, key.Method, func(tx database.Transaction) (*inventoryv1.RecordCountResponse, error) {
		return idempotency.Once(ctx, tx, key, req, func() (*inventoryv1.RecordCountResponse, error) {
			count, err := s.readCount(ctx, tx, countID)
			if err != nil {
				return nil, err
			}
			results := s.countResultsFromProto(req, count, now)
			if err := s.recordCount(ctx, tx, results, now); err != nil {
				return nil, err
			}
			if err := store.StoreCountLines(ctx, tx, count); err != nil {
				return nil, err
			}
			reply := &inventoryv1.RecordCountResponse{Count: s.countToProto(count)}
			for _, result := range results {
				reply.Outcomes = append(reply.Outcomes, result.outcome)
			}
			return reply, nil
		})
	})
}

// countResult is a result on its way into the books.
type countResult struct {
	line    *store.CountLine // nil: the count has none
	count   domain.Count
	picked  bool // the goods in pickers' hands were counted
	outcome *inventoryv1.StockCountOutcome
}

// refuse says why the result is not taken, and keeps that with the line.
func (r *countResult) refuse(reason string) {
	r.outcome.Reason = reason
	if r.line != nil {
		r.line.Refused = reason
	}
}

// countResultsFromProto decodes results, and refuses those that are wrong whatever the stock is.
func (s *Service) countResultsFromProto(
	req *inventoryv1.RecordCountRequest, count *store.CountSheet, now time.Time,
) []*countResult {
	results := make([]*countResult, len(req.GetResults()))
	for i, sent := range req.GetResults() {
		result := &countResult{
			picked: sent.GetIncludesPicked(), outcome: &inventoryv1.StockCountOutcome{Sku: sent.GetSku(), Lot: sent.GetLot()},
		}
		results[i] = result
		at := slices.IndexFunc(count.Lines, func(line store.CountLine) bool {
			return domain.ItemKey(line.SKU) == domain.ItemKey(sent.GetSku()) && line.Lot == sent.GetLot()
		})
		if at < 0 {
			result.refuse(reasonNotInCount)
			continue
		}
		result.line = &count.Lines[at]
		base, err := quantity.Parse(sent.GetQuantity(), s.items.known(result.line.SKU).Scale)
		countedAt := moment(sent.GetCountedAt(), now)
		if countedAt.After(now) {
			countedAt = now
		}
		result.count = domain.Count{
			StockKey: domain.StockKey{SKU: result.line.SKU, Node: count.Node}, Lot: sent.GetLot(), Quantity: base, At: countedAt,
			Reason: domain.ReasonCount, Document: req.GetCountId(), Looked: true,
		}
		switch {
		case err != nil:
			result.refuse(fault.ReasonOf(err))
		case countedAt.Before(count.StartedAt):
			result.refuse(reasonBeforeStart)
		case now.Sub(countedAt) > maxCountAge:
			result.refuse(reasonTooOld)
		}
	}
	return results
}

// recordCount brings the books in line with the results that can be taken.
func (s *Service) recordCount(ctx context.Context, tx database.Transaction, results []*countResult, now time.Time) error {
	taken := slices.DeleteFunc(slices.Clone(results), func(result *countResult) bool { return result.outcome.GetReason() != "" })
	counts := make([]domain.Count, len(taken))
	for i, result := range taken {
		counts[i] = result.count
	}
	shelf, counts, err := store.LoadForCounts(ctx, tx, s.items, counts, now)
	if err != nil {
		return err
	}
	for i, result := range taken {
		if shelf.Balance(counts[i].StockKey).Picked > 0 && !result.picked {
			result.refuse(reasonPicksOpen)
			continue
		}
		counted, err := shelf.Count(counts[i])
		if err != nil {
			return err
		}
		if counted.Stale {
			result.refuse(domain.ReasonStaleness)
			continue
		}
		*result.line = store.CountLine{
			SKU: result.line.SKU, Lot: result.line.Lot, Expected: result.line.Expected, Recorded: true,
			Counted: counts[i].Quantity, Difference: counted.Difference, CountedAt: counts[i].At,
		}
		result.outcome.Applied, result.outcome.Difference = true, counted.Difference
		result.outcome.Revoked, result.outcome.Frozen = counted.Revoked, counted.Frozen
	}
	if _, err := shelf.Flow(nil); err != nil {
		return err
	}
	return s.settle(ctx, tx, shelf, now)
}
