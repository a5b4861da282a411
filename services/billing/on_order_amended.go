package billing

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/inbox"
	"github.com/waybill-dev/waybill/services/billing/internal/domain"
)

// amendment is an amended order with the id of the event that told of it.
type amendment struct {
	order    *domain.Order
	snapshot []byte
	event    string
}

// onOrderAmended follows the prices of an amended order. Mostly the claim of the amendment has brought them already; what
// the order does of itself, such as growing by what a warehouse has shipped more, comes only by the event. What is
// cancelled needs no event here: the order gives its credit back by ReleaseCredit, and a second way would give it twice.
func (s *Service) onOrderAmended(ctx context.Context, tx database.Transaction, batch []inbox.Message) error {
	amendments, err := amendmentsOf(batch)
	if err != nil || len(amendments) == 0 {
		return err
	}
	orders := convertAll(amendments, func(one amendment) uuid.UUID { return one.order.ID })
	known, claims, err := loadOrders(ctx, tx, orders)
	if err != nil {
		return err
	}
	byID := make(map[uuid.UUID]*domain.KnownOrder, len(known))
	for _, order := range known {
		byID[order.ID] = order
	}
	amendments, err = news(amendments, byID)
	if err != nil || len(amendments) == 0 {
		return err
	}
	credits, err := lockCreditsOf(ctx, tx, claims)
	if err != nil {
		return err
	}
	book := domain.NewBook(credits, claims, known, nil)
	for _, one := range amendments {
		if err := book.Amend(one.order, one.snapshot); err != nil {
			return inbox.Blame(fmt.Errorf("order %s: %w", one.order.ID, err), one.event)
		}
	}
	return s.saveBook(ctx, tx, book)
}

func amendmentsOf(batch []inbox.Message) ([]amendment, error) {
	var amendments []amendment
	for _, message := range batch {
		event, ok := message.Payload.(*orderv1.OrderAmended)
		if !ok {
			continue
		}
		order, snapshot, err := snapshotFromProto(event.GetOrder())
		if err != nil {
			return nil, inbox.Blame(err, message.ID)
		}
		amendments = append(amendments, amendment{order, snapshot, message.ID})
	}
	return amendments, nil
}

// news are the amendments that no claim has brought. Those of orders that are not known wait, alone.
func news(amendments []amendment, known map[uuid.UUID]*domain.KnownOrder) ([]amendment, error) {
	var fresh []amendment
	var early []string
	for _, one := range amendments {
		switch order := known[one.order.ID]; {
		case order == nil:
			early = append(early, one.event)
		case order.Hash != one.order.Hash && order.Revision < one.order.Revision:
			fresh = append(fresh, one)
		}
	}
	if len(early) > 0 {
		return nil, inbox.Blame(fault.New(fault.Unavailable, domain.ReasonOrderUnknown, "the order's prices have not come yet"), early...)
	}
	return fresh, nil
}
