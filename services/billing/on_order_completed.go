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

// onOrderCompleted gives up what of the payments of completed orders is not captured: nothing more will be shipped, and what
// was shipped is invoiced.
func (s *Service) onOrderCompleted(ctx context.Context, tx database.Transaction, batch []inbox.Message) error {
	var orders []uuid.UUID
	for _, message := range batch {
		event, ok := message.Payload.(*orderv1.OrderCompleted)
		if !ok {
			continue
		}
		order, err := id.Parse(id.Order, event.GetOrderId())
		if err != nil {
			return inbox.Blame(err, message.ID)
		}
		orders = append(orders, order)
	}
	if len(orders) == 0 {
		return nil
	}
	intents, err := store.IntentsOfOrders(ctx, tx, orders)
	if err != nil {
		return err
	}
	var standing []uuid.UUID
	for _, intent := range intents {
		if intent.State == domain.IntentAuthorized || intent.Undecided() {
			standing = append(standing, intent.ID)
		}
	}
	_, err = s.requestVoids(ctx, tx, standing)
	return err
}
