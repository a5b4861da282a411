package inventory

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/reconcile"
)

func TestReserve(t *testing.T) {
	w := newWorld(t)
	w.stock("A", "N1", "5")
	w.stock("A", "N2", "4")
	w.stock("B", "N2", "9")
	asked := request("ord_1", 7, 3)
	asked.Lines = append(asked.Lines, &inventoryv1.ReservationRequestLine{LineNumber: 9, Sku: "b", Quantity: 1})
	got := w.reserve(asked)[0].GetReservation()
	want := &inventoryv1.Reservation{
		ReservationId: got.GetReservationId(), Key: asked.GetKey(), OrderId: "ord_1",
		Lines: []*inventoryv1.ReservationLine{
			{LineNumber: 1, Sku: "A", Allocations: []*inventoryv1.Allocation{
				{NodeId: "N1", Quantity: 5}, {NodeId: "N2", Quantity: 2},
			}},
			{LineNumber: 2, Sku: "A", Allocations: []*inventoryv1.Allocation{{NodeId: "N2", Quantity: 2}}, Backordered: 1},
			{LineNumber: 9, Sku: "B", Allocations: []*inventoryv1.Allocation{{NodeId: "N2", Quantity: 1}}},
		},
	}
	if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
	told := toldOf[*inventoryv1.ReservationReserved](w)
	wantTold := &inventoryv1.ReservationReserved{
		ReservationId: got.GetReservationId(), OrderId: "ord_1", Key: asked.GetKey(), Lines: want.GetLines(),
		Cause: inventoryv1.ReservationCause_RESERVATION_CAUSE_REQUESTED,
	}
	if len(told) != 1 {
		t.Fatalf("%d events", len(told))
	}
	if diff := cmp.Diff(wantTold, told[0], protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
	reserved := w.reserved()
	wantReserved := map[reconcile.Key]int64{
		at("ord_1", 1, "N1"): 5, at("ord_1", 1, "N2"): 2, at("ord_1", 2, "N2"): 2, at("ord_1", 9, "N2"): 1,
	}
	if diff := cmp.Diff(wantReserved, reserved); diff != "" {
		t.Error(diff)
	}
}

func TestABadRequestFailsAlone(t *testing.T) {
	w := newWorld(t)
	w.stock("A", "N1", "5")
	unknown, service, double, insufficient := request("ord_1", 1), request("ord_2", 1), request("ord_3", 1, 1), request("ord_4", 6)
	unknown.Lines[0].Sku = "NO SUCH"
	service.Lines[0].Sku = "freight"
	double.Lines[1].LineNumber = 1
	insufficient.ShortagePolicy = inventoryv1.ShortagePolicy_SHORTAGE_POLICY_REFUSE
	outcomes := w.reserve(unknown, request("ord_5", 5), service, double, insufficient)
	for i, want := range map[int][2]string{
		0: {"UNKNOWN_ITEM", "lines[0].sku"}, 2: {"NOT_STOCKED", "lines[0].sku"}, 3: {"DUPLICATE_LINE", "lines[1].line_number"},
		4: {"INSUFFICIENT", "lines[0].quantity"},
	} {
		refusal := outcomes[i].GetRefusal()
		if refusal.GetReason() != want[0] || len(refusal.GetFields()) != 1 || refusal.GetFields()[0].GetPath() != want[1] {
			t.Errorf("outcome %d: %v, want %v", i, outcomes[i], want)
		}
	}
	if got := outcomes[4].GetRefusal().GetDetails()["available.1"]; got != "0" {
		t.Errorf("available: %q", got)
	}
	if got := outcomes[1].GetReservation().GetLines()[0].GetBackordered(); got != 0 {
		t.Errorf("the good request waits for %d", got)
	}
	// The refusals are final.
	w.stock("A", "N1", "100")
	if again := w.reserve(unknown, insufficient); !proto.Equal(again[0], outcomes[0]) || !proto.Equal(again[1], outcomes[4]) {
		t.Errorf("again %v", again)
	}
	if told := toldOf[*inventoryv1.ReservationReserved](w); len(told) != 1 {
		t.Errorf("told %v", told)
	}
}

func TestARepeatGetsTheFirstOutcome(t *testing.T) {
	w := newWorld(t)
	w.stock("A", "N1", "5")
	asked := request("ord_1", 3)
	outcomes := w.reserve(asked, asked)
	changed := request("ord_1", 99)
	outcomes = append(outcomes, w.reserve(changed)...)
	w.cancel(&inventoryv1.ReservationCancellation{Key: "c", OrderId: "ord_1"})
	outcomes = append(outcomes, w.reserve(asked)...)
	for _, again := range outcomes[1:] {
		if diff := cmp.Diff(outcomes[0], again, protocmp.Transform()); diff != "" {
			t.Error(diff)
		}
	}
	if got := w.balance("A", "N1").GetReserved(); got != 0 {
		t.Errorf("%d reserved after all was given back", got)
	}
}

func TestTooManyLines(t *testing.T) {
	w := newWorld(t)
	req := &inventoryv1.ReserveRequest{}
	for i := range 3 {
		req.Reservations = append(req.Reservations, request(fmt.Sprint("ord_", i), make([]int64, 7000)...))
		for _, line := range req.Reservations[i].Lines {
			line.Quantity = 1
		}
	}
	if _, err := w.order.Reserve(t.Context(), req); fault.ReasonOf(err) != "TOO_MANY_LINES" {
		t.Errorf("error %v", err)
	}
}

// TestTwoHundredBuyers is the promise of the whole service: a hundred units, two hundred buyers at once, single and
// several lines, two lines of one item, repeats with the same key.
func TestTwoHundredBuyers(t *testing.T) {
	const buyers, units = 200, 100
	w := newWorld(t)
	w.stock("A", "N1", "60")
	w.stock("A", "N2", "40")
	w.stock("B", "N1", "100000")
	var promised, waiting, refused atomic.Int64
	var group sync.WaitGroup
	for buyer := range buyers {
		group.Go(func() {
			asked := buyersRequest(buyer)
			outcome := w.askOnce(asked)
			if outcome == nil {
				return
			}
			for range rand.IntN(3) { // some never heard the answer
				if again := w.askOnce(asked); again != nil && !proto.Equal(again, outcome) {
					t.Errorf("%s: first %v, then %v", asked.GetKey(), outcome, again)
				}
			}
			if refusal := outcome.GetRefusal(); refusal != nil {
				if refusal.GetReason() != "INSUFFICIENT" ||
					asked.GetShortagePolicy() != inventoryv1.ShortagePolicy_SHORTAGE_POLICY_REFUSE {
					t.Errorf("%s: %v", asked.GetKey(), refusal)
				}
				refused.Add(1)
				return
			}
			for _, line := range outcome.GetReservation().GetLines() {
				if line.GetSku() != "A" {
					continue
				}
				waiting.Add(line.GetBackordered())
				for _, at := range line.GetAllocations() {
					promised.Add(at.GetQuantity())
				}
			}
		})
	}
	group.Wait()
	if promised.Load() != units {
		t.Errorf("%d units promised, want exactly %d (%d wait, %d buyers were refused)", promised.Load(), units, waiting.Load(), refused.Load())
	}
	reserved := w.balance("A", "N1").GetReserved() + w.balance("A", "N2").GetReserved()
	if reserved != units {
		t.Errorf("%d reserved", reserved)
	}
	if waiting.Load() == 0 || refused.Load() == 0 {
		t.Errorf("%d wait, %d were refused: the test lost its point", waiting.Load(), refused.Load())
	}
}

// buyersRequest asks for one or two units of A in one of several ways.
func buyersRequest(buyer int) *inventoryv1.ReservationRequest {
	asked := request(fmt.Sprintf("ord_%03d", buyer), 1)
	switch buyer % 4 {
	case 1: // several items
		asked.Lines = append(asked.Lines, &inventoryv1.ReservationRequestLine{LineNumber: 2, Sku: "B", Quantity: 3})
	case 2: // two lines of one item
		asked.Lines = append(asked.Lines, &inventoryv1.ReservationRequestLine{LineNumber: 2, Sku: "a", Quantity: 1})
	case 3: // all or nothing
		asked.ShortagePolicy = inventoryv1.ShortagePolicy_SHORTAGE_POLICY_REFUSE
	}
	return asked
}

func (w *world) askOnce(asked *inventoryv1.ReservationRequest) *inventoryv1.ReservationOutcome {
	reply, err := w.order.Reserve(w.t.Context(), &inventoryv1.ReserveRequest{
		Reservations: []*inventoryv1.ReservationRequest{asked},
	})
	if err != nil {
		w.t.Errorf("%s: %v", asked.GetKey(), err)
		return nil
	}
	return reply.GetOutcomes()[0]
}

// TestTwoReplicas lets two services that know nothing of each other's turns sell the same units.
func TestTwoReplicas(t *testing.T) {
	w := newWorld(t)
	w.stock("A", "N1", "100")
	other, err := New(Deps{DB: w.db, Bus: w.bus, Clock: w.service.clock, Log: quiet}, Config{})
	if err != nil {
		t.Fatal(err)
	}
	var promised atomic.Int64
	var group sync.WaitGroup
	for buyer := range 60 {
		group.Go(func() {
			service := []*Service{w.service, other}[buyer%2]
			asked := &inventoryv1.ReserveRequest{Reservations: []*inventoryv1.ReservationRequest{
				request(fmt.Sprintf("ord_%d", buyer), 1, 2), request(fmt.Sprintf("ord_%d", buyer/2), 1, 2),
			}}
			reply, err := service.Reserve(t.Context(), asked)
			if err != nil {
				t.Error(err)
				return
			}
			for _, line := range reply.GetOutcomes()[0].GetReservation().GetLines() {
				for _, at := range line.GetAllocations() {
					promised.Add(at.GetQuantity())
				}
			}
		})
	}
	group.Wait()
	if got := w.balance("A", "N1").GetReserved(); got != 100 || promised.Load() != 100 {
		t.Errorf("%d reserved, %d promised, want 100", got, promised.Load())
	}
}
