package fulfillment_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
)

func (w *world) pick(id string, lines ...*fulfillmentv1.PickLine) string {
	w.t.Helper()
	reply, err := w.reports.RecordPick(w.t.Context(), &fulfillmentv1.RecordPickRequest{
		Reports: []*fulfillmentv1.PickReport{{FulfillmentId: id, Lines: lines}},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return reply.GetOutcomes()[0].GetRefusal().GetReason()
}

func (w *world) acknowledge(id string, rejects bool) string {
	w.t.Helper()
	reply, err := w.reports.RecordAcknowledgement(w.t.Context(), &fulfillmentv1.RecordAcknowledgementRequest{
		Acknowledgements: []*fulfillmentv1.Acknowledgement{{FulfillmentId: id, Rejected: rejects, Reason: "NO_STAFF"}},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return reply.GetOutcomes()[0].GetRefusal().GetReason()
}

func TestPickReportsAreMerged(t *testing.T) {
	w := newWorld(t)
	id := w.sent(order("a", 5, 2))
	for _, line := range []*fulfillmentv1.PickLine{
		{LineNumber: 1, Picked: 3, Packed: 3}, {LineNumber: 1, Picked: 1}, {LineNumber: 1, Picked: 3, Packed: 3}, {LineNumber: 1, Shorted: 2},
	} {
		if reason := w.pick(id, line); reason != "" {
			t.Fatalf("refused: %s", reason)
		}
	}
	if got := w.pick(id, &fulfillmentv1.PickLine{LineNumber: 9, Picked: 1}); got != "UNKNOWN_LINE" {
		t.Errorf("refusal %q", got)
	}
	line := w.get(id).GetLines()[0]
	if got := w.get(id).GetState(); got != inProgress || line.GetPicked() != 3 || line.GetShorted() != 2 {
		t.Errorf("%s with %v", got, line)
	}
	if diff := cmp.Diff(map[string][]string{id: {"created", "sent", "picked", "shorted"}}, w.told(4)); diff != "" {
		t.Error(diff)
	}
	w.sound()
}

func TestRejectionFreesEverything(t *testing.T) {
	w := newWorld(t)
	id := w.sent(order("a", 5, -1))
	if reason := w.acknowledge(id, false); reason != "" {
		t.Fatal(reason)
	}
	if reason := w.acknowledge(id, true); reason != "" {
		t.Fatal(reason)
	}
	if got := w.get(id); got.GetState() != rejected || got.GetLines()[0].GetCancelled() != 5 || got.GetLines()[1].GetCancelled() != 1 {
		t.Errorf("order %v", got)
	}
	if diff := cmp.Diff(map[string][]string{id: {"created", "sent", "acknowledged", "rejected"}}, w.told(4)); diff != "" {
		t.Error(diff)
	}
	w.sound()
}
