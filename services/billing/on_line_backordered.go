package billing

import (
	"context"

	"github.com/google/uuid"

	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/internal/inbox"
	"github.com/waybill-dev/waybill/services/billing/internal/domain"
	"github.com/waybill-dev/waybill/services/billing/internal/store"
)

// onOrderChanged follows the orders: their revisions, then what of them waits for stock.
func (s *Service) onOrderChanged(ctx context.Context, tx database.Transaction, batch []inbox.Message) error {
	if err := s.onOrderAmended(ctx, tx, batch); err != nil {
		return err
	}
	if err := s.onLineBackordered(ctx, tx, batch); err != nil {
		return err
	}
	return s.onOrderCompleted(ctx, tx, batch)
}

// onLineBackordered follows how much of the orders waits for stock, where that weighs less than the rest: every event that
// moves such units says where the quantities of its lines are after it. Of most orders nothing ever waits, and most accounts
// weigh it in full: then nothing is loaded.
func (s *Service) onLineBackordered(ctx context.Context, tx database.Transaction, batch []inbox.Message) error {
	backlogs := map[uuid.UUID]map[int32]int64{}
	var orders []uuid.UUID
	for _, message := range batch {
		event, ok := message.Payload.(interface {
			GetOrderId() string
			GetLines() []*orderv1.LineBuckets
		})
		if !ok || !movesBacklog(message.Payload) {
			continue
		}
		order, err := id.Parse(id.Order, event.GetOrderId())
		if err != nil {
			return inbox.Blame(err, message.ID)
		}
		if backlogs[order] == nil {
			backlogs[order] = map[int32]int64{}
			orders = append(orders, order)
		}
		for _, line := range event.GetLines() {
			backlogs[order][line.GetLineNumber()] = line.GetBackordered() // events of one order come in order
		}
	}
	if len(orders) == 0 {
		return nil
	}
	orders, err := store.LighterOrders(ctx, tx, orders)
	if err != nil || len(orders) == 0 {
		return err
	}
	known, claims, err := loadOrders(ctx, tx, orders)
	if err != nil {
		return err
	}
	credits, err := lockCreditsOf(ctx, tx, claims)
	if err != nil {
		return err
	}
	book := domain.NewBook(credits, claims, known, nil)
	for _, order := range orders {
		if err := book.Backlog(order, backlogs[order]); err != nil {
			return err
		}
	}
	return s.saveBook(ctx, tx, book)
}

// movesBacklog says whether an event may tell of another quantity that waits for stock than the ones before.
func movesBacklog(payload any) bool {
	switch payload.(type) {
	case *orderv1.OrderLineBackordered, *orderv1.OrderLineAllocated, *orderv1.OrderLineCancelled, *orderv1.OrderCancelled,
		*orderv1.OrderAmended:
		return true
	default:
		return false
	}
}
