package fulfillment

import (
	"context"
	"slices"

	wmsv1 "github.com/waybill-dev/waybill/gen/waybill/connector/wms/v1"
	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/internal/observe"
	"github.com/waybill-dev/waybill/services/fulfillment/internal/domain"
	"github.com/waybill-dev/waybill/services/fulfillment/internal/store"
)

// maxCallLines bounds the lines in one call to a warehouse, so that a set of long orders fits a message.
const maxCallLines = 20_000

// tell makes the calls to the warehouses' system for a page of errands: orders first, then requests to stop.
func (d *dispatcher) tell(ctx context.Context, errands []store.Errand) answers {
	var all answers
	var sends, stops []store.Errand
	for _, errand := range errands {
		f := errand.Fulfillment
		switch {
		case errand.Kind == store.KindSend && f.Stage == domain.StageCreated:
			sends = append(sends, errand)
		case errand.Kind == store.KindStop && !f.Ended():
			stops = append(stops, errand)
		default:
			all.done = append(all.done, errand) // nothing is left to be said
		}
	}
	for _, set := range split(sends) {
		d.tellSet(ctx, set, &all, d.send)
	}
	for _, set := range split(stops) {
		d.tellSet(ctx, set, &all, d.requestStop)
	}
	return all
}

// split cuts errands into calls of bounded size.
func split(errands []store.Errand) [][]store.Errand {
	var sets [][]store.Errand
	lines := 0
	for _, errand := range errands {
		lines += len(errand.Fulfillment.Lines)
		if len(sets) == 0 || lines > maxCallLines {
			sets, lines = append(sets, nil), len(errand.Fulfillment.Lines)
		}
		last := len(sets) - 1
		sets[last] = append(sets[last], errand)
	}
	return sets
}

// tellSet makes one call. After a failure that may pass, no further call of the page is made. A set that fails otherwise is
// halved until what spoils it stands alone; that one is tried again later, because nobody has refused it.
func (d *dispatcher) tellSet(
	ctx context.Context, set []store.Errand, all *answers, tell func(context.Context, []store.Errand) ([]domain.Command, error),
) {
	if all.failure != nil && (fault.Retryable(all.failure) || ctx.Err() != nil) {
		all.failed = append(all.failed, set...)
		return
	}
	bounded, cancel := context.WithTimeout(ctx, d.config.Dispatch.Timeout)
	defer cancel()
	bounded, end := observe.Ask(bounded, d.tracer, "warehouse", set, func(errand store.Errand) string { return errand.Fulfillment.OrderID })
	commands, err := tell(bounded, set)
	end(err)
	switch {
	case err == nil:
		all.done = append(all.done, set...)
		all.commands = append(all.commands, commands...)
	case !fault.Retryable(err) && ctx.Err() == nil && len(set) > 1:
		half := len(set) / 2
		d.tellSet(ctx, set[:half], all, tell)
		d.tellSet(ctx, set[half:], all, tell)
	default:
		all.failed = append(all.failed, set...)
		all.failure = err
	}
}

// send hands orders over, without their services, which are nothing to a warehouse.
func (d *dispatcher) send(ctx context.Context, set []store.Errand) ([]domain.Command, error) {
	lots, err := d.lotTracked(ctx, set)
	if err != nil {
		return nil, err
	}
	req := &wmsv1.SendFulfillmentsRequest{}
	for _, errand := range set {
		message := fulfillmentToProto(errand.Fulfillment)
		message.Lines = slices.DeleteFunc(message.GetLines(), func(line *fulfillmentv1.FulfillmentLine) bool { return line.GetService() })
		for _, line := range message.GetLines() {
			line.LotTracked = lots[domain.ItemKey(line.GetSku())]
		}
		req.Fulfillments = append(req.Fulfillments, message)
	}
	reply, err := d.warehouses.SendFulfillments(ctx, req)
	if err != nil {
		return nil, err
	}
	if len(reply.GetOutcomes()) != len(set) {
		return nil, fault.New(fault.Unavailable, "ANSWER_INCOMPLETE", "the warehouse answered %d of %d orders",
			len(reply.GetOutcomes()), len(set))
	}
	commands := make([]domain.Command, 0, len(set))
	for i, outcome := range reply.GetOutcomes() {
		refusal := outcome.GetRefusal()
		commands = append(commands, domain.HandOver{
			Fulfillment: set[i].Fulfillment.ID, Refused: refusal != nil, Reason: refusal.GetReason(),
		})
	}
	return commands, nil
}

// lotTracked are the items of the orders of which the lots have to be named, by ItemKey.
func (d *dispatcher) lotTracked(ctx context.Context, set []store.Errand) (map[string]bool, error) {
	var skus []string
	for _, errand := range set {
		for _, line := range errand.Fulfillment.Lines {
			skus = append(skus, line.SKU)
		}
	}
	return store.LotTracked(ctx, d.db.Pool(), skus)
}

// requestStop asks to stop orders; the answers come as reports.
func (d *dispatcher) requestStop(ctx context.Context, set []store.Errand) ([]domain.Command, error) {
	req := &wmsv1.RequestCancellationsRequest{}
	for _, errand := range set {
		req.FulfillmentIds = append(req.FulfillmentIds, id.Format(id.Fulfillment, errand.Fulfillment.ID))
	}
	_, err := d.warehouses.RequestCancellations(ctx, req)
	return nil, err
}
