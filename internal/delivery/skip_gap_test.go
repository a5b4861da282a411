package delivery_test

import (
	"slices"
	"testing"

	deliveryv1 "github.com/waybill-dev/waybill/gen/waybill/delivery/v1"
	"github.com/waybill-dev/waybill/internal/fault"
)

// A gap is gone past up to where an event is there, once, and that is told. What is no gap is refused.
func TestSkipGap(t *testing.T) {
	w := newWorld(t)
	w.nodeEvents("N1", 4, 1, 4)
	w.tell("BAD", "BAD")
	w.eventually("one is parked behind a gap, one behind a dead letter", func() bool {
		reply, err := w.client.ListParked(t.Context(), &deliveryv1.ListParkedRequest{Service: "test"})
		return err == nil && len(reply.GetEvents()) == 2 && slices.Equal(w.itemsOf("AT-N1"), []string{"1"})
	})
	request := func(id string, consumer, aggregate string, upTo int64) *deliveryv1.SkipGapRequest {
		return &deliveryv1.SkipGapRequest{
			RequestId: id, Service: "test", Consumer: consumer, Aggregate: aggregate, UpToSequence: upTo, Reason: "nobody has them", Actor: "ann",
		}
	}
	for reason, wrong := range map[string]*deliveryv1.SkipGapRequest{
		"GAP_SHORTER":      request("a", "test-nodes", "masterdata.node/N1", 4),
		"GAP_PASSED":       request("b", "test-nodes", "masterdata.node/N1", 1),
		"GAP_NOT_FOUND":    request("c", "test-nodes", "masterdata.node/N2", 0),
		"DEAD_LETTER_OPEN": request("d", "test-items", "masterdata.item/BAD", 0),
	} {
		if _, err := w.client.SkipGap(t.Context(), wrong); fault.ReasonOf(err) != reason {
			t.Errorf("%s: %v", reason, err)
		}
	}
	skip := func(request *deliveryv1.SkipGapRequest, first, last int64) {
		t.Helper()
		reply, err := w.client.SkipGap(t.Context(), request)
		if err != nil || reply.GetFirstSequence() != first || reply.GetLastSequence() != last {
			t.Errorf("skipped: %v, %v", reply, err)
		}
	}
	skip(request("e", "test-nodes", "masterdata.node/N1", 2), 2, 2)
	if got := w.itemsOf("AT-N1"); !slices.Equal(got, []string{"1"}) {
		t.Errorf("with a part of the gap left: %v", got)
	}
	skip(request("f", "test-nodes", "masterdata.node/N1", 0), 3, 3)
	w.eventually("what waited has its effect: the fourth of its item waits now", func() bool {
		reply, err := w.client.ListParked(t.Context(), &deliveryv1.ListParkedRequest{Service: "test", Aggregate: "masterdata.item/AT-N1"})
		return err == nil && len(reply.GetEvents()) == 1 && reply.GetEvents()[0].GetSequence() == 4
	})
	skip(request("f", "test-nodes", "masterdata.node/N1", 0), 3, 3) // the same command once more
	if _, err := w.client.SkipGap(t.Context(), request("g", "test-nodes", "masterdata.node/N1", 0)); fault.ReasonOf(err) != "GAP_NOT_FOUND" {
		t.Errorf("again: %v", err)
	}
	const dead = "1 dead test test-items masterdata.item/BAD: transaction inbox_test_items: it cannot be understood"
	w.eventually("both are told", func() bool {
		w.mu.Lock()
		defer w.mu.Unlock()
		told := slices.Sorted(slices.Values(w.told))
		return slices.Equal(told, []string{
			dead, "1 gap test-nodes masterdata.node/N1 2-2 by ann: nobody has them", "1 gap test-nodes masterdata.node/N1 3-3 by ann: nobody has them",
		})
	})
}
