package operations

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/inbox"
	"github.com/waybill-dev/waybill/services/operations/internal/domain"
	"github.com/waybill-dev/waybill/services/operations/internal/store"
)

// mendPage is how many exceptions one transaction puts right.
const mendPage = 200

// rebuild goes through the archive and puts right what is made of it.
type rebuild struct {
	*Service
	ledger *domain.Ledger
	// last is the segment up to which the ledger is booked, since when the oldest kept event was recorded.
	last  int64
	since time.Time

	events, links, shipments, exceptions, troubles int64
}

func (r *rebuild) run(ctx context.Context) error {
	open, err := store.OpenKeys(ctx, r.db.Pool())
	if err != nil {
		return err
	}
	r.ledger = domain.NewLedger(open)
	err = eachSegment(ctx, r.db.Pool(), func(segment store.Segment) error { return r.segment(ctx, segment) })
	if err != nil {
		return err
	}
	for keys := range slices.Chunk(r.ledger.Keys(), mendPage) {
		if err := r.mend(ctx, keys); err != nil {
			return err
		}
	}
	return nil
}

// said is what the events of a segment say.
type said struct {
	names        []string
	left, issued map[string]store.Awaited
	troubles     []domain.Trouble
}

func saidIn(segment store.Segment) (said, error) {
	all := said{left: map[string]store.Awaited{}, issued: map[string]store.Awaited{}}
	var facts []domain.Fact
	err := unpack(segment.Content, nil, func(message inbox.Message) error {
		facts = append(facts, factOf(message))
		left, issued := awaitedOf(message)
		if left != nil {
			all.left[left.Shipment] = *left
		}
		if issued != nil {
			all.issued[issued.Shipment] = *issued
		}
		all.troubles = append(all.troubles, troublesOf(message)...)
		return nil
	})
	all.names = domain.Names(facts)
	return all, err
}

// segment puts right what leads to a segment and which invoices its shipments await, and books its troubles.
func (r *rebuild) segment(ctx context.Context, segment store.Segment) error {
	all, err := saidIn(segment)
	if err != nil {
		return err
	}
	type mended struct{ links, shipments int64 }
	result, err := database.Tx(ctx, r.db, "rebuild_segment", func(tx database.Transaction) (mended, error) {
		links, err := store.Link(ctx, tx, segment.Number, all.names)
		if err != nil {
			return mended{}, err
		}
		told, err := toldOf(ctx, tx, all.left)
		if err != nil {
			return mended{}, err
		}
		shipments, err := store.MendAwaited(ctx, tx, inOrder(all.left), inOrder(all.issued), told)
		return mended{links, shipments}, err
	})
	if err != nil {
		return err
	}
	r.ledger.Add(all.troubles...)
	if r.last == 0 {
		r.since = segment.First
	}
	r.since = earlier(r.since, segment.First)
	r.last = segment.Number
	r.events += int64(segment.Events)
	r.links += result.links
	r.shipments += result.shipments
	return nil
}

func inOrder(shipments map[string]store.Awaited) []store.Awaited {
	sorted := make([]store.Awaited, 0, len(shipments))
	for _, name := range slices.Sorted(maps.Keys(shipments)) {
		sorted = append(sorted, shipments[name])
	}
	return sorted
}

// toldOf are the shipments of which an exception tells that their invoices are late.
func toldOf(ctx context.Context, tx database.Transaction, shipments map[string]store.Awaited) ([]string, error) {
	if len(shipments) == 0 {
		return nil, nil
	}
	keys := make([]string, 0, len(shipments))
	for _, name := range slices.Sorted(maps.Keys(shipments)) {
		keys = append(keys, uninvoicedKey(name))
	}
	found, err := store.LockExceptions(ctx, tx, keys)
	if err != nil {
		return nil, err
	}
	told := make([]string, 0, len(found))
	for _, exception := range found {
		told = append(told, strings.TrimPrefix(exception.Key, uninvoicedKey("")))
	}
	return told, nil
}

// mend puts exceptions right by what the ledger says, and what was kept since it was booked.
func (r *rebuild) mend(ctx context.Context, keys []string) error {
	type counts struct{ took, mended int }
	result, err := database.Tx(ctx, r.db, "rebuild_exceptions", func(tx database.Transaction) (counts, error) {
		later, err := r.later(ctx, tx)
		if err != nil {
			return counts{}, err
		}
		accounts := r.ledger.With(keys, later)
		desk := r.desk()
		loaded, err := store.LockExceptions(ctx, tx, keys)
		if err != nil {
			return counts{}, err
		}
		desk.Load(loaded)
		events, last := map[string]bool{}, make([]domain.Trouble, 0, len(accounts))
		for _, account := range accounts {
			last = append(last, account.Last)
			maps.Copy(events, account.Events)
		}
		named := slices.Sorted(maps.Keys(events))
		taken, err := store.TakenBefore(ctx, tx, named)
		if err != nil {
			return counts{}, err
		}
		if desk.Partners, err = r.partnersOf(ctx, tx, last); err != nil {
			return counts{}, err
		}
		steps, err := store.EventsOfSteps(ctx, tx, loaded)
		if err != nil {
			return counts{}, err
		}
		for _, event := range steps {
			taken[event] = true
		}
		took, mended := desk.Mend(accounts, taken, r.since)
		for _, step := range desk.Steps {
			steps = append(steps, step.Event)
		}
		if err := store.MarkTaken(ctx, tx, append(steps, named...)); err != nil {
			return counts{}, err
		}
		return counts{took, mended}, keep(ctx, tx, desk)
	})
	r.troubles += int64(result.took)
	r.exceptions += int64(result.mended)
	return err
}

// later are the troubles of which events tell that were kept since the ledger was booked.
func (r *rebuild) later(ctx context.Context, tx database.Transaction) (troubles []domain.Trouble, err error) {
	for after := r.last; ; {
		page, err := store.Segments(ctx, tx, after, segmentPage)
		if err != nil || len(page) == 0 {
			return troubles, err
		}
		for _, segment := range page {
			all, err := saidIn(segment)
			if err != nil {
				return nil, err
			}
			troubles = append(troubles, all.troubles...)
			after = segment.Number
		}
	}
}

// awaitedOf is what an event says of a shipment and its invoice: that it left and is to be invoiced, or that it is.
func awaitedOf(message inbox.Message) (left, issued *store.Awaited) {
	switch event := message.Payload.(type) {
	case *fulfillmentv1.ShipmentShipped:
		shipment := event.GetShipment()
		billable := slices.ContainsFunc(shipment.GetLines(), func(line *fulfillmentv1.ShipmentLine) bool { return !line.GetUnplanned() })
		if billable {
			return &store.Awaited{
				Shipment: event.GetShipmentId(), Order: shipment.GetOrderId(), Node: shipment.GetNodeId(), ShippedAt: message.RecordedAt,
			}, nil
		}
	case *billingv1.InvoiceIssued:
		return nil, &store.Awaited{Shipment: event.GetInvoice().GetShipmentId(), Order: event.GetInvoice().GetOrderId()}
	}
	return nil, nil
}
