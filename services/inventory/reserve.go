package inventory

import (
	"context"
	"fmt"

	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
	"github.com/waybill-dev/waybill/internal/batch"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/services/inventory/internal/domain"
	"github.com/waybill-dev/waybill/services/inventory/internal/store"
)

// maxReserveLines bounds the lines of one call.
const maxReserveLines = 20_000

// Reserve implements the RPC of the same name.
func (s *Service) Reserve(ctx context.Context, req *inventoryv1.ReserveRequest) (*inventoryv1.ReserveResponse, error) {
	items, err := s.items.find(ctx, s.db.Pool(), skusOf(req))
	if err != nil {
		return nil, err
	}
	call := wantsFromProto(req, items, s.now())
	if call.lines > maxReserveLines {
		return nil, fault.New(fault.Invalid, "TOO_MANY_LINES", "a call reserves at most %d lines", maxReserveLines).
			WithField("reservations", "TOO_MANY_LINES", fmt.Sprintf("%d lines in all", call.lines))
	}
	outcomes, err := s.reservations.Do(ctx, call)
	if err != nil {
		return nil, err
	}
	s.metrics.count(call.wants, outcomes)
	return outcomesToProto(outcomes), nil
}

// reserveCall is one call: a set that shares its transaction with the calls that arrive at the same time.
type reserveCall struct {
	wants []domain.Want
	lines int
}

// BatchWeight implements batch.Weigher.
func (c reserveCall) BatchWeight() int { return c.lines }

func (s *Service) reserveCalls(ctx context.Context, calls []reserveCall) []batch.Result[[]domain.Outcome] {
	var wants []domain.Want
	for _, call := range calls {
		wants = append(wants, call.wants...)
	}
	outcomes, err := s.reserve(ctx, wants)
	if err != nil {
		return batch.Fail[[]domain.Outcome](len(calls), err)
	}
	results := make([]batch.Result[[]domain.Outcome], len(calls))
	for i, call := range calls {
		n := len(call.wants)
		results[i].Value, outcomes = outcomes[:n:n], outcomes[n:]
	}
	return results
}

// reserve sets stock aside for a set of requests in one transaction. They are decided in order, so two for the same item
// see each other. A request that cannot be met is refused alone; the others go on.
func (s *Service) reserve(ctx context.Context, wants []domain.Want) ([]domain.Outcome, error) {
	now := s.now()
	return write(ctx, s, "reserve", func(tx database.Transaction) ([]domain.Outcome, error) {
		shelf, err := store.LoadForReserve(ctx, tx, wants, now, s.db.Cockroach())
		if err != nil {
			return nil, err
		}
		outcomes := shelf.Reserve(wants)
		return outcomes, s.settle(ctx, tx, shelf, now)
	})
}
