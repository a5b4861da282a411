package fulfillment_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	"github.com/waybill-dev/waybill/internal/fault"
)

// waves makes LEEDS a place with waves, by the event that says so.
func (w *world) waves() {
	w.t.Helper()
	w.publish("LEEDS", 1, &masterdatav1.NodeChanged{NodeId: "LEEDS", Node: &masterdatav1.Node{NodeId: "LEEDS", WavePicking: true, Version: 1}})
	w.eventually("the place is known", func() bool {
		var known int
		return w.db.Pool().QueryRow(w.t.Context(), "SELECT count(*) FROM known_node WHERE wave_picking").Scan(&known) == nil && known == 1
	})
}

func (w *world) wave(req *fulfillmentv1.CreateWaveRequest) (*fulfillmentv1.Wave, error) {
	w.t.Helper()
	req.NodeId = "LEEDS"
	reply, err := w.service.CreateWave(operator(w.t), req)
	return reply.GetWave(), err
}

// Orders at a place with waves wait until a wave takes them; a cancelled one leaves its wave; the rest go together.
func TestWaveHandsItsOrdersOverTogether(t *testing.T) {
	w := newWorld(t)
	w.waves()
	var ids []string
	for i := range 4 {
		ids = append(ids, w.create(order(fmt.Sprint(i), 5, 1)))
	}
	if got := w.get(ids[0]); !got.GetWaitsForWave() || w.queued() != 0 {
		t.Fatalf("order %v, %d to be told", got, w.queued())
	}
	wave, err := w.wave(&fulfillmentv1.CreateWaveRequest{MaxLines: 7, RequestId: "k"})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(ids[:3], wave.GetFulfillmentIds()); diff != "" || wave.GetLineCount() != 6 {
		t.Errorf("%d lines, orders:\n%s", wave.GetLineCount(), diff)
	}
	if again, err := w.wave(&fulfillmentv1.CreateWaveRequest{MaxLines: 7, RequestId: "k"}); err != nil || again.GetWaveId() != wave.GetWaveId() {
		t.Errorf("again: %v, %v", again, err)
	}
	w.sound()
	if state := w.cancel("1"); state != fulfillmentv1.FulfillmentState_FULFILLMENT_STATE_CANCELLED {
		t.Errorf("cancelled: %s", state)
	}
	var released *fulfillmentv1.ReleaseWaveResponse
	for range 2 {
		if released, err = w.service.ReleaseWave(operator(t), &fulfillmentv1.ReleaseWaveRequest{WaveId: wave.GetWaveId()}); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{ids[0], ids[2]}
	if diff := cmp.Diff(want, released.GetWave().GetFulfillmentIds()); diff != "" {
		t.Error(diff)
	}
	for _, one := range want {
		w.until(one, fulfillmentv1.FulfillmentState_FULFILLMENT_STATE_SENT)
	}
	if calls := w.warehouse.calls(); len(calls) != 1 || calls[0] != 2 {
		t.Errorf("calls of %v orders, want one of 2", calls)
	}
	if got := w.get(ids[3]); !got.GetWaitsForWave() {
		t.Errorf("what no wave took: %v", got)
	}
	found, err := w.service.GetWave(operator(t), &fulfillmentv1.GetWaveRequest{WaveId: wave.GetWaveId()})
	if err != nil || found.GetWave().GetState() != fulfillmentv1.WaveState_WAVE_STATE_RELEASED || found.GetWave().GetOrderCount() != 2 {
		t.Errorf("wave %v, %v", found, err)
	}
	w.sound()
}

func TestWavesTakeWhatTheyAskFor(t *testing.T) {
	w := newWorld(t)
	w.waves()
	with := func(key string, instructions *fulfillmentv1.ShippingInstructions) string {
		one := order(key, 5)
		one.Instructions = instructions
		return w.create(one)
	}
	soon := with("soon", &fulfillmentv1.ShippingInstructions{ShipBy: "2026-03-01", Carrier: "DPD", ServiceLevel: "NEXT_DAY"})
	late := with("late", &fulfillmentv1.ShippingInstructions{ShipBy: "2026-03-09", Carrier: "UPS"})
	open := with("open", nil)
	if got := w.get(soon).GetInstructions(); got.GetServiceLevel() != "NEXT_DAY" {
		t.Errorf("instructions %v", got)
	}
	for _, test := range []struct {
		name string
		req  *fulfillmentv1.CreateWaveRequest
		want []string
	}{
		{"carrier", &fulfillmentv1.CreateWaveRequest{Carrier: "UPS", ShipBy: "2026-03-09", RequestId: "1"}, []string{late}},
		{"cut-off", &fulfillmentv1.CreateWaveRequest{ShipBy: "2026-03-02", RequestId: "2"}, []string{soon, open}},
	} {
		wave, err := w.wave(test.req)
		if err != nil {
			t.Fatal(test.name, err)
		}
		if diff := cmp.Diff(test.want, wave.GetFulfillmentIds()); diff != "" {
			t.Errorf("%s:\n%s", test.name, diff)
		}
	}
	if _, err := w.wave(&fulfillmentv1.CreateWaveRequest{RequestId: "3"}); fault.ReasonOf(err) != "NOTHING_WAITS" {
		t.Errorf("nothing waits: %v", err)
	}
	planned := fulfillmentv1.WaveState_WAVE_STATE_PLANNED
	first, err := w.service.ListWaves(operator(t), &fulfillmentv1.ListWavesRequest{NodeId: "LEEDS", State: planned, PageSize: 1})
	if err != nil || len(first.GetWaves()) != 1 || first.GetNextPageToken() == "" {
		t.Fatalf("page %v, %v", first, err)
	}
	rest, err := w.service.ListWaves(operator(t), &fulfillmentv1.ListWavesRequest{State: planned, PageToken: first.GetNextPageToken()})
	if err != nil || len(rest.GetWaves()) != 1 || rest.GetNextPageToken() != "" || rest.GetWaves()[0].GetWaveId() == first.GetWaves()[0].GetWaveId() {
		t.Errorf("page %v, %v", rest, err)
	}
	if _, err := w.service.ReleaseWave(operator(t), &fulfillmentv1.ReleaseWaveRequest{WaveId: "wav_x"}); fault.KindOf(err) != fault.NotFound {
		t.Errorf("unknown wave: %v", err)
	}
	w.sound()
}

// Codes are given out once for ever, and never one that a warehouse has used by itself.
func TestAllocatedCodesAreNeverUsedTwice(t *testing.T) {
	w := newWorld(t, idle, func(w *world) { w.config.CompanyPrefix = "9521234" })
	report := shipment(w.create(order("a", 1)), "w1", 1)
	const used = "095212340000000013" // serial number 1
	report.Cartons = []*fulfillmentv1.Carton{{Sscc: used, Lines: []*fulfillmentv1.CartonLine{{LineNumber: 1, Quantity: 1}}}}
	w.ship(report)
	allocate := func(key string, count int32) []string {
		reply, err := w.service.AllocateSscc(operator(t), &fulfillmentv1.AllocateSsccRequest{Count: count, RequestId: key})
		if err != nil {
			t.Fatal(err)
		}
		return reply.GetSsccs()
	}
	seen := map[string]bool{used: true}
	first := allocate("1", 3)
	for _, code := range append(first, allocate("2", 2)...) {
		if seen[code] || len(code) != 18 {
			t.Errorf("%s is used", code)
		}
		seen[code] = true
	}
	if diff := cmp.Diff(first, allocate("1", 3)); diff != "" || len(seen) != 6 {
		t.Errorf("%d codes; a repeat:\n%s", len(seen), diff)
	}
	w.config.CompanyPrefix = ""
	w.restart()
	if _, err := w.service.AllocateSscc(operator(t), &fulfillmentv1.AllocateSsccRequest{Count: 1, RequestId: "3"}); fault.ReasonOf(err) != "SSCC_NOT_CONFIGURED" {
		t.Errorf("without a prefix: %v", err)
	}
}
