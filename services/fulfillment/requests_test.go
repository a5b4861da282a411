package fulfillment_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	"github.com/waybill-dev/waybill/internal/bus"
	"github.com/waybill-dev/waybill/internal/shard"
	"github.com/waybill-dev/waybill/services/fulfillment"
)

// order makes a request for an order of goods; negative quantities are services.
func order(key string, quantities ...int64) *fulfillmentv1.FulfillmentRequest {
	one := &fulfillmentv1.FulfillmentRequest{Key: key, OrderId: "ord_" + key, NodeId: "LEEDS", PartnerId: "acme"}
	for i, quantity := range quantities {
		one.Lines = append(one.Lines, &fulfillmentv1.FulfillmentRequestLine{
			LineNumber: int32(i + 1), Sku: fmt.Sprintf("SKU-%d", i+1), Quantity: max(quantity, -quantity), BaseUnit: "EA",
			Service: quantity < 0,
		})
	}
	return one
}

func (w *world) createAll(orders ...*fulfillmentv1.FulfillmentRequest) []*fulfillmentv1.FulfillmentOutcome {
	w.t.Helper()
	reply, err := w.client.CreateFulfillment(w.t.Context(), &fulfillmentv1.CreateFulfillmentRequest{Fulfillments: orders})
	if err != nil {
		w.t.Fatal(err)
	}
	return reply.GetOutcomes()
}

// create makes one order, which must not be refused.
func (w *world) create(one *fulfillmentv1.FulfillmentRequest) string {
	w.t.Helper()
	outcome := w.createAll(one)[0]
	if outcome.GetRefusal() != nil {
		w.t.Fatalf("refused: %v", outcome.GetRefusal())
	}
	return outcome.GetFulfillmentId()
}

// sent makes one order and waits until the warehouse has it.
func (w *world) sent(one *fulfillmentv1.FulfillmentRequest) string {
	w.t.Helper()
	id := w.create(one)
	w.until(id, fulfillmentv1.FulfillmentState_FULFILLMENT_STATE_SENT)
	return id
}

func (w *world) cancel(key string) fulfillmentv1.FulfillmentState {
	w.t.Helper()
	reply, err := w.client.CancelFulfillment(w.t.Context(), &fulfillmentv1.CancelFulfillmentRequest{
		Cancellations: []*fulfillmentv1.FulfillmentCancellation{{Key: key, Reason: "changed my mind"}},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return reply.GetStates()[0]
}

func (w *world) answer(id string, accepted bool) {
	w.t.Helper()
	reply, err := w.reports.RecordCancellation(w.t.Context(), &fulfillmentv1.RecordCancellationRequest{
		Reports: []*fulfillmentv1.CancellationReport{{FulfillmentId: id, Accepted: accepted, Reason: "PICKED"}},
	})
	if err != nil || reply.GetOutcomes()[0].GetRefusal() != nil {
		w.t.Fatalf("answer: %v, %v", reply, err)
	}
}

func shipment(id, number string, quantities ...int64) *fulfillmentv1.ShipmentReport {
	report := &fulfillmentv1.ShipmentReport{FulfillmentId: id, WarehouseShipmentId: number}
	for i, quantity := range quantities {
		if quantity > 0 {
			report.Lines = append(report.Lines, &fulfillmentv1.ShipmentReportLine{LineNumber: int32(i + 1), Quantity: quantity})
		}
	}
	return report
}

func (w *world) ship(reports ...*fulfillmentv1.ShipmentReport) []*fulfillmentv1.ShipmentOutcome {
	w.t.Helper()
	reply, err := w.reports.RecordShipment(w.t.Context(), &fulfillmentv1.RecordShipmentRequest{Shipments: reports})
	if err != nil {
		w.t.Fatal(err)
	}
	return reply.GetOutcomes()
}

func (w *world) get(id string) *fulfillmentv1.Fulfillment {
	w.t.Helper()
	reply, err := w.client.GetFulfillment(w.t.Context(), &fulfillmentv1.GetFulfillmentRequest{FulfillmentId: id})
	if err != nil {
		w.t.Fatal(err)
	}
	return reply.GetFulfillment()
}

// until waits for an order to reach a state.
func (w *world) until(id string, state fulfillmentv1.FulfillmentState) {
	w.t.Helper()
	w.eventually(fmt.Sprintf("%s is %s", id, state), func() bool { return w.get(id).GetState() == state })
}

// eventually waits for a condition that nobody signals.
func (w *world) eventually(what string, holds func() bool) {
	w.t.Helper()
	deadline := time.NewTimer(20 * time.Second)
	defer deadline.Stop()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-deadline.C:
			w.t.Fatalf("never: %s", what)
		}
	}
}

// queued is how many rows wait in the dispatch queue.
func (w *world) queued() int {
	w.t.Helper()
	var rows int
	if err := w.db.Pool().QueryRow(w.t.Context(), "SELECT count(*) FROM dispatch").Scan(&rows); err != nil {
		w.t.Fatal(err)
	}
	return rows
}

// sound runs the service's checks.
func (w *world) sound() {
	w.t.Helper()
	for _, check := range fulfillment.Checks() {
		breaks, err := check.Run(w.t.Context(), w.db)
		if err != nil {
			w.t.Errorf("%s: %v", check.Name, err)
		}
		if check.Examined == nil {
			w.t.Fatalf("%s does not say what it examined", check.Name)
		}
		if _, err := check.Examined(w.t.Context(), w.db); err != nil {
			w.t.Errorf("%s: %v", check.Name, err)
		}
		for _, one := range breaks {
			w.t.Errorf("%s (%s) is broken: %+v", check.Name, check.Rule, one)
		}
	}
}

// told waits for n events and gives the short names of each aggregate's, in order; sequences must be gapless.
func (w *world) told(n int) map[string][]string {
	w.t.Helper()
	told, tied := w.toldOf(n, "fulfillment.fulfillment", "fulfillment.shipment")
	for aggregate, order := range tied {
		if !strings.HasPrefix(order, "ord_") {
			w.t.Errorf("%s is tied to %q, want the sales order", aggregate, order)
		}
	}
	return told
}

// toldOf does the same for aggregates of some kinds, and gives what the events of each are tied to.
func (w *world) toldOf(n int, kinds ...string) (told map[string][]string, tied map[string]string) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), 20*time.Second)
	defer cancel()
	streams, err := w.bus.Streams(kinds)
	if err != nil || len(streams) != 1 {
		w.t.Fatalf("streams %v, %v", streams, err)
	}
	stream := slices.Collect(maps.Keys(streams))[0]
	events := make(chan bus.Event)
	var group sync.WaitGroup
	for number := range int32(shard.Count) {
		pull, err := w.bus.Pull(ctx, bus.PullConfig{
			Stream: stream, Durable: strings.NewReplacer("/", "-", ".", "-").Replace(w.t.Name()), Shard: number, Kinds: kinds,
		})
		if err != nil {
			w.t.Fatal(err)
		}
		defer pull.Stop()
		group.Go(func() {
			for {
				delivery, err := pull.Next(ctx)
				if err != nil {
					return
				}
				delivery.Ack()
				select {
				case events <- delivery.Event:
				case <-ctx.Done():
				}
			}
		})
	}
	defer group.Wait()
	defer cancel()
	told, tied = map[string][]string{}, map[string]string{}
	last := map[string]int64{}
	for range n {
		select {
		case event := <-events:
			if last[event.Aggregate]++; event.Sequence != last[event.Aggregate] {
				w.t.Errorf("%s has sequence %d, want %d", event.Type, event.Sequence, last[event.Aggregate])
			}
			tied[event.Aggregate] = event.CorrelationID
			parts := strings.Split(event.Type, ".")
			told[event.Aggregate] = append(told[event.Aggregate], parts[len(parts)-2])
		case <-ctx.Done():
			w.t.Fatalf("only %v of %d events came", told, n)
		}
	}
	return told, tied
}
