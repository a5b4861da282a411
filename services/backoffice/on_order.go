package backoffice

import (
	"context"
	"errors"
	"maps"
	"slices"

	erpv1 "github.com/waybill-dev/waybill/gen/waybill/connector/erp/v1"
	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/inbox"
	"github.com/waybill-dev/waybill/services/backoffice/internal/domain"
	"github.com/waybill-dev/waybill/services/backoffice/internal/store"
)

// onOrder queues orders when they are accepted, their new versions when they are amended, and what of them will not be shipped. What they
// contain is told when they are received, and kept meanwhile: most are decided within the same set and need no row for that.
func (s *Service) onOrder(ctx context.Context, tx database.Transaction, messages []inbox.Message) error {
	set := orderSet{received: map[string][]byte{}, accepted: map[string]bool{}}
	for _, message := range messages {
		if err := errors.Join(set.read(message), set.readEndings(message)); err != nil {
			return inbox.Blame(err, message.ID)
		}
	}
	known, err := store.FindKnownOrders(ctx, tx, set.doubtful())
	if err != nil {
		return err
	}
	kept, err := store.TakeDraftOrders(ctx, tx, set.unknown())
	if err != nil {
		return err
	}
	posts := slices.Concat(set.amended, set.closing(known))
	for _, decided := range set.decided {
		content := set.received[decided.order]
		if content == nil {
			content = kept[decided.order]
		}
		delete(set.received, decided.order)
		switch {
		case !decided.accepted:
		case content == nil:
			return inbox.Blame(fault.New(fault.Precondition, "ORDER_NOT_SEEN",
				"order %s was accepted, and what it contains was never told", decided.order), decided.event)
		default:
			post := domain.Order(decided.order, 0)
			post.Content, post.Cause = content, decided.event
			posts = append(posts, post)
		}
	}
	if err := store.SaveDraftOrders(ctx, tx, set.received); err != nil {
		return err
	}
	return store.Enqueue(ctx, tx, posts, s.now())
}

// orderSet is what a set of events says.
type orderSet struct {
	// received are contents by order.
	received map[string][]byte
	decided  []decision
	amended  []domain.Post
	// accepted are the orders of which the set has said so up to now; endings what of orders will not be shipped.
	accepted map[string]bool
	endings  []ending
}

// decision is that an order was accepted, or never will be.
type decision struct {
	order, event string
	accepted     bool
}

func (o *orderSet) read(message inbox.Message) (err error) {
	order := message.Aggregate
	switch event := message.Payload.(type) {
	case *orderv1.OrderReceived:
		o.received[order], err = encodeOrder(domain.Order(order, 0), event.GetOrder())
	case *orderv1.OrderAccepted:
		o.decided = append(o.decided, decision{order: order, event: message.ID, accepted: true})
	case *orderv1.OrderRejected, *orderv1.OrderCancelled:
		o.decided = append(o.decided, decision{order: order, event: message.ID})
	case *orderv1.OrderAmended:
		post := domain.Order(order, event.GetOrder().GetRevision())
		post.Cause = message.ID
		post.Content, err = encodeOrder(post, event.GetOrder())
		o.amended = append(o.amended, post)
	}
	return err
}

func encodeOrder(post domain.Post, order *orderv1.PricedOrder) ([]byte, error) {
	return encode(post, &erpv1.ErpDocument{Content: &erpv1.ErpDocument_Order{Order: order}})
}

// unknown are the decided orders that were received in an earlier set.
func (o *orderSet) unknown() []string {
	orders := map[string]bool{}
	for _, decided := range o.decided {
		if o.received[decided.order] == nil {
			orders[decided.order] = true
		}
	}
	return slices.Sorted(maps.Keys(orders))
}
