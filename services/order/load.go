package order

import (
	"context"
	"slices"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"

	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/rpc"
	"github.com/waybill-dev/waybill/services/order/internal/domain"
	"github.com/waybill-dev/waybill/services/order/internal/process"
	"github.com/waybill-dev/waybill/services/order/internal/store"
)

// Due gives a page of the due processes.
func (b backend) Due(
	ctx context.Context, shards []int32, kinds []process.KindName, after process.Cursor, limit int,
) ([]*process.Process, error) {
	due, err := store.DueProcesses(ctx, b.db.Pool(), shards, kinds, b.now(), after, limit)
	return due, database.Fault(ctx, err)
}

// Load gives processes with the orders and snapshots that their calls need.
func (b backend) Load(ctx context.Context, due []*process.Process) ([]*process.Work, error) {
	var need []uuid.UUID
	for _, p := range due {
		if p.Kind != process.Withdraw.Name && p.Live() {
			need = append(need, p.OrderID)
		}
	}
	orders, err := store.FindOrders(ctx, b.db.Pool(), need)
	if err != nil {
		return nil, database.Fault(ctx, err)
	}
	documents, err := store.FindDocuments(ctx, b.db.Pool(), need)
	if err != nil {
		return nil, database.Fault(ctx, err)
	}
	var amendments []uuid.UUID
	for _, p := range due {
		if p.Kind == process.Amendment.Name {
			amendments = append(amendments, p.ID)
		}
	}
	asked, err := store.FindAsked(ctx, b.db.Pool(), amendments)
	if err != nil {
		return nil, database.Fault(ctx, err)
	}
	works := make([]*process.Work, 0, len(due))
	for _, p := range due {
		work := &process.Work{Process: p, Order: orders[p.OrderID]}
		if document, ok := documents[p.OrderID]; ok {
			work.Snapshot = &snapshot{wire: document.Snapshot, revision: document.Revision, asOf: document.AsOf}
		}
		if amendment := p.Amendment(); amendment != nil {
			work.Snapshot = &snapshot{wire: asked[p.ID].Snapshot, revision: amendment.Revision}
		}
		works = append(works, work)
	}
	return works, nil
}

// loadOrder gives an order as it is now.
func (s *Service) loadOrder(ctx context.Context, order uuid.UUID) (*orderv1.Order, error) {
	orders, err := s.loadOrders(ctx, s.db.Pool(), []uuid.UUID{order})
	if err != nil {
		return nil, err
	}
	if len(orders) == 0 || !maySee(ctx, orders[0]) {
		return nil, notFound()
	}
	return orders[0], nil
}

// loadOrders gives orders in the order of the ids; those that do not exist are left out.
func (s *Service) loadOrders(ctx context.Context, db store.DBTX, ids []uuid.UUID) ([]*orderv1.Order, error) {
	states, err := store.FindOrders(ctx, db, ids)
	if err != nil {
		return nil, database.Fault(ctx, err)
	}
	return joinOrders(ctx, db, ids, states)
}

// joinOrders puts loaded orders together with their snapshots.
func joinOrders(ctx context.Context, db store.DBTX, ids []uuid.UUID, states map[uuid.UUID]*domain.Order) ([]*orderv1.Order, error) {
	documents, err := store.FindDocuments(ctx, db, ids)
	if err != nil {
		return nil, database.Fault(ctx, err)
	}
	found := make([]*orderv1.Order, 0, len(ids))
	for _, id := range ids {
		state, document := states[id], documents[id]
		if state == nil || document.Snapshot == nil {
			continue
		}
		priced := &orderv1.PricedOrder{}
		if err := proto.Unmarshal(document.Snapshot, priced); err != nil {
			return nil, err
		}
		found = append(found, orderToProto(state, priced, document.AsOf))
	}
	return found, nil
}

// maySee: partners see their own orders, others do not exist for them.
func maySee(ctx context.Context, order *orderv1.Order) bool {
	partner := rpc.IdentityFrom(ctx).Partner
	return partner == "" || partner == order.GetPartnerId()
}

func notFound() error { return fault.New(fault.NotFound, "ORDER_NOT_FOUND", "there is no such order") }

func unique(ids []uuid.UUID) []uuid.UUID {
	slices.SortFunc(ids, func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) })
	return slices.Compact(ids)
}
