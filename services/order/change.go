package order

import (
	"context"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"

	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/internal/rpc"
	"github.com/waybill-dev/waybill/services/order/internal/domain"
	"github.com/waybill-dev/waybill/services/order/internal/process"
	"github.com/waybill-dev/waybill/services/order/internal/store"
)

// held is an order that a caller changes, with the price snapshot that says how its quantities are written.
type held struct {
	order  *domain.Order
	priced *orderv1.PricedOrder
	// prepared is the snapshot of the revision that the order takes, started are processes to be stored with it.
	prepared *snapshot
	started  []*process.Process
}

// hold loads an order that the caller may change, and keeps others from changing it. What the caller may not see does not
// exist.
func (s *Service) hold(ctx context.Context, tx database.Transaction, name string) (*held, error) {
	orderID, err := id.Parse(id.Order, name)
	if err != nil {
		return nil, notFound()
	}
	orders, err := store.LockOrders(ctx, tx, []uuid.UUID{orderID})
	if err != nil {
		return nil, err
	}
	documents, err := store.FindDocuments(ctx, tx, []uuid.UUID{orderID})
	if err != nil {
		return nil, err
	}
	order, document := orders[orderID], documents[orderID]
	if caller := rpc.IdentityFrom(ctx); order == nil || (caller.Partner != "" && caller.Partner != document.Key.Partner) {
		return nil, notFound()
	}
	priced := &orderv1.PricedOrder{}
	return &held{order: order, priced: priced}, proto.Unmarshal(document.Snapshot, priced)
}

// keep stores what a caller has changed, with everything that follows from it.
func (h *held) keep(ctx context.Context, tx database.Transaction, now time.Time) error {
	c := newChanges(map[uuid.UUID]*domain.Order{h.order.ID: h.order}, now)
	c.changed[h.order.ID] = true
	c.started = h.started
	if h.prepared != nil {
		c.prepared[h.order.ID] = h.prepared
	}
	return c.commit(ctx, tx)
}

// actorOf is who is named as the one who did it.
func actorOf(ctx context.Context) string {
	caller := rpc.IdentityFrom(ctx)
	if caller.Principal != "" {
		return caller.Principal
	}
	return caller.Service
}
