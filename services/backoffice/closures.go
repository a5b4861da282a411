package backoffice

import (
	"maps"
	"slices"

	"google.golang.org/protobuf/types/known/timestamppb"

	erpv1 "github.com/waybill-dev/waybill/gen/waybill/connector/erp/v1"
	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	"github.com/waybill-dev/waybill/internal/inbox"
	"github.com/waybill-dev/waybill/services/backoffice/internal/domain"
)

// ending is what an event says of quantities that will not be shipped. It is told where the ERP knows the order: it knows none that
// was not accepted.
type ending struct {
	domain.Post
	// accepted: the order is known to be accepted, by the event itself or by one before it in its set.
	accepted bool
}

// readEndings finds in an event what will not be shipped of its order.
func (o *orderSet) readEndings(message inbox.Message) (err error) {
	order := message.Aggregate
	var one ending
	switch event := message.Payload.(type) {
	case *orderv1.OrderAccepted:
		o.accepted[order] = true
		if notToShip(event.GetLines()) == 0 {
			return nil
		}
		one.Post, err = reduction(message, &erpv1.OrderReduction{Lines: linesToERP(event.GetLines())})
	case *orderv1.OrderLineCancelled:
		one.Post, err = reduction(message, &erpv1.OrderReduction{
			Actor: event.GetActor(), Reason: event.GetReason(), Lines: linesToERP(event.GetLines()),
		})
	case *orderv1.OrderCancelled:
		one.Post, err = closure(message, &erpv1.OrderClosure{
			Actor: event.GetActor(), Reason: event.GetReason(), Lines: linesToERP(event.GetLines()),
		})
	case *orderv1.OrderCompleted:
		if notToShip(event.GetLines()) == 0 {
			return nil
		}
		one.Post, err = closure(message, &erpv1.OrderClosure{Lines: linesToERP(event.GetLines()), Invoices: event.GetInvoices()})
	default:
		return nil
	}
	one.accepted, one.Cause = o.accepted[order], message.ID
	o.endings = append(o.endings, one)
	return err
}

func reduction(message inbox.Message, content *erpv1.OrderReduction) (domain.Post, error) {
	content.OrderId, content.Number, content.ReducedAt = message.Aggregate, message.Sequence, timestamppb.New(message.OccurredAt)
	return encoded(domain.Reduction(message.Aggregate, message.Sequence),
		&erpv1.ErpDocument{Content: &erpv1.ErpDocument_OrderReduction{OrderReduction: content}})
}

func closure(message inbox.Message, content *erpv1.OrderClosure) (domain.Post, error) {
	content.OrderId, content.ClosedAt = message.Aggregate, timestamppb.New(message.OccurredAt)
	return encoded(domain.Closure(message.Aggregate, content.GetInvoices()),
		&erpv1.ErpDocument{Content: &erpv1.ErpDocument_OrderClosure{OrderClosure: content}})
}

func encoded(post domain.Post, document *erpv1.ErpDocument) (_ domain.Post, err error) {
	post.Content, err = encode(post, document)
	return post, err
}

// notToShip adds up what of an order will not be shipped.
func notToShip(lines []*orderv1.LineBuckets) (sum int64) {
	for _, line := range lines {
		sum += line.GetCancelled()
	}
	return sum
}

// linesToERP says of lines what was shipped of them and what will not be, where something will not.
func linesToERP(from []*orderv1.LineBuckets) []*erpv1.LineClosure {
	to := make([]*erpv1.LineClosure, 0, len(from))
	for _, line := range from {
		to = append(to, &erpv1.LineClosure{
			LineNumber: line.GetLineNumber(), Ordered: line.GetOrdered(), Shipped: line.GetShipped(), NotToShip: line.GetCancelled(),
		})
	}
	return to
}

// doubtful are the orders that must be looked up: what is told of their quantities counts only if the ERP knows them.
func (o *orderSet) doubtful() []string {
	orders := map[string]bool{}
	for _, one := range o.endings {
		if !one.accepted {
			orders[one.OrderID] = true
		}
	}
	return slices.Sorted(maps.Keys(orders))
}

// closing are the documents about quantities that will not be shipped of orders that the ERP knows.
func (o *orderSet) closing(known map[string]bool) []domain.Post {
	var posts []domain.Post
	for _, one := range o.endings {
		if one.accepted || known[one.OrderID] {
			posts = append(posts, one.Post)
		}
	}
	return posts
}
