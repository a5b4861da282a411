package domain

import (
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/waybill-dev/waybill/internal/fault"
)

var now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// order makes an order with lines of these quantities; a negative one is a service.
func order(policy Policy, quantities ...int64) *Order {
	o := &Order{ID: uuid.Must(uuid.NewV7()), State: Received, Policy: policy, ReceivedAt: now}
	for _, quantity := range quantities {
		line := Line{Ordered: quantity, Open: quantity}
		if quantity < 0 {
			line = Line{Ordered: -quantity, Open: -quantity, Service: true}
		}
		o.Lines = append(o.Lines, line)
	}
	return o
}

// granted accepts the order with what is set aside: a part per place, and what waits.
func (o *Order) granted(parts ...Part) *Order {
	grant := Grant{Key: "k"}
	for _, part := range parts {
		line := GrantLine{Line: part.Line}
		if part.Node == "" {
			line.Backordered = part.Quantity
		} else {
			line.At = []Part{part}
		}
		grant.Lines = append(grant.Lines, line)
	}
	o.Accept(&grant, now)
	return o
}

func (o *Order) mustKeep(t interface {
	Helper()
	Fatal(...any)
}) {
	t.Helper()
	if err := o.Verify(); err != nil {
		t.Fatal(err)
	}
}

func TestStatusIsAFunctionOfTheQuantities(t *testing.T) {
	line := func(change func(*Line)) *Order {
		o := order(ShipPartial, 10)
		o.State = Accepted
		o.Lines[0].Open = 0
		change(&o.Lines[0])
		return o
	}
	held := order(ShipPartial, 1)
	held.Hold(HoldCredit, "CREDIT_LIMIT", "", now)
	rejected := order(ShipPartial, 1)
	rejected.Reject(Reason{Reason: "INSUFFICIENT"})
	tests := []struct {
		want   Status
		moving bool
		order  *Order
	}{
		{StatusReceived, true, order(ShipPartial, 1)},
		{StatusHeld, false, held},
		{StatusRejected, false, rejected},
		{StatusAccepted, true, line(func(l *Line) { l.Open = 10 })},
		{StatusBackordered, false, line(func(l *Line) { l.Backordered, l.Reserved = 4, 6 })},
		{StatusAllocated, false, line(func(l *Line) { l.Reserved = 10 })},
		{StatusReleased, true, line(func(l *Line) { l.Released, l.Backordered = 3, 7 })},
		{StatusPartiallyShipped, true, line(func(l *Line) { l.Shipped, l.Released, l.Invoiced = 3, 7, 3 })},
		{StatusPartiallyShipped, false, line(func(l *Line) { l.Shipped, l.Backordered, l.Invoiced = 3, 7, 3 })},
		{StatusShipped, true, line(func(l *Line) { l.Shipped, l.Cancelled = 8, 2 })},
		{StatusInvoiced, false, line(func(l *Line) { l.Shipped, l.Cancelled, l.Invoiced = 8, 2, 8 })},
		{StatusCancelled, false, line(func(l *Line) { l.Cancelled = 10 })},
		{StatusHeld, false, with(line(func(l *Line) { l.Open = 10 }), func(o *Order) { o.Holds = []Hold{{Type: HoldItem}} })},
		{StatusHeld, true, with(line(func(l *Line) { l.Released = 10 }), func(o *Order) { o.Holds = []Hold{{Type: HoldItem}} })},
		{StatusInvoiced, false, with(line(func(l *Line) { l.Shipped, l.Invoiced = 10, 10 }), func(o *Order) { o.Invoices, o.Settled = 2, 1 })},
		{StatusClosed, false, with(line(func(l *Line) { l.Shipped, l.Invoiced = 10, 10 }), func(o *Order) { o.Invoices, o.Settled = 2, 2 })},
		{StatusPartiallyShipped, true, with(line(func(l *Line) { l.Shipped, l.Invoiced, l.Released = 5, 5, 5 }), func(o *Order) {
			o.Invoices, o.Settled = 1, 1
		})},
		{StatusShipped, true, with(line(func(l *Line) { l.Shipped, l.Invoiced = 10, 5 }), func(o *Order) { o.Invoices, o.Settled = 1, 1 })},
	}
	for _, test := range tests {
		if got := test.order.Status(); got != test.want {
			t.Errorf("status %s, want %s: %+v", got, test.want, test.order.Lines)
		}
		if got := test.order.Moving(); got != test.moving {
			t.Errorf("%s moves %v, want %v", test.want, got, test.moving)
		}
	}
}

func with(o *Order, change func(*Order)) *Order {
	change(o)
	return o
}

func TestAcceptBooksWhatWasGranted(t *testing.T) {
	o := order(ShipPartial, 5, -1)
	o.granted(Part{1, "LEEDS", 3}, Part{1, "", 2})
	if l := o.Lines[0]; l.Reserved != 3 || l.Backordered != 2 || l.Open != 0 {
		t.Errorf("line %+v, want 3 reserved and 2 backordered", l)
	}
	if l := o.Lines[1]; l.Reserved != 1 {
		t.Errorf("service %+v, want it promised at once", l)
	}
	o.mustKeep(t)
}

func TestWhatIsNotOpenAnyMoreIsGivenBack(t *testing.T) {
	o := order(ShipPartial, 5)
	if _, err := o.Cancel([]CancelWant{{Line: 1, Quantity: 4}}, "a", "r", now); err != nil {
		t.Fatal(err)
	}
	o.granted(Part{1, "LEEDS", 3}, Part{1, "", 2})
	want := []GiveBack{{Part: Part{1, "LEEDS", 2}}, {Part: Part{1, "", 2}}}
	if !slices.Equal(o.Errands.GiveBack, want) {
		t.Errorf("given back %v, want %v", o.Errands.GiveBack, want)
	}
	if want := []Part{{Line: 1, Quantity: 4}}; !slices.Equal(o.Errands.Free, want) {
		t.Errorf("credit freed %v, want %v", o.Errands.Free, want)
	}
	o.mustKeep(t)
}

// Events about a reservation come before the answer to the call that made it.
func TestEarlyFactsCountOnceTheAnswerIsKnown(t *testing.T) {
	o := order(ShipComplete, 5)
	o.Await("k")
	o.StockArrived("k", []Part{{1, "YORK", 2}})
	o.StockRevoked("k", []Part{{1, "LEEDS", 1}})
	if o.Lines[0].Open != 5 {
		t.Fatalf("booked %+v before the answer", o.Lines[0])
	}
	o.granted(Part{1, "LEEDS", 3}, Part{1, "", 2})
	if l := o.Lines[0]; l.Reserved != 4 || l.Backordered != 1 {
		t.Errorf("line %+v, want 4 reserved and 1 backordered", l)
	}
	if len(o.Early)+len(o.Awaiting)+len(o.Errands.GiveBack) != 0 {
		t.Errorf("left over: %v, %v, %v", o.Early, o.Awaiting, o.Errands.GiveBack)
	}
	o.mustKeep(t)
}

func TestHandOver(t *testing.T) {
	today := now.Truncate(24 * time.Hour)
	tests := []struct {
		name  string
		order *Order
		want  []Handover
	}{
		{"one per place, services with the first", order(ShipPartial, 5, 2, -1).granted(Part{1, "YORK", 5}, Part{2, "HULL", 2}), []Handover{
			{"HULL", 0, []Part{{2, "HULL", 2}, {3, "", 1}}}, {"YORK", 0, []Part{{1, "YORK", 5}}},
		}},
		{"services alone", order(ShipPartial, -1).granted(), []Handover{{"", 0, []Part{{1, "", 1}}}}},
		{"services wait for goods", order(ShipPartial, 5, -1).granted(Part{1, "", 5}), nil},
		{"what there is", order(ShipPartial, 5).granted(Part{1, "YORK", 2}, Part{1, "", 3}), []Handover{{"YORK", 0, []Part{{1, "YORK", 2}}}}},
		{"all or nothing", order(ShipComplete, 5).granted(Part{1, "YORK", 2}, Part{1, "", 3}), nil},
		{"not before its day", func() *Order {
			o := order(ShipPartial, 5).granted(Part{1, "YORK", 5})
			o.NotBefore = today.AddDate(0, 0, 1)
			return o
		}(), nil},
		{"on its day", func() *Order {
			o := order(ShipPartial, 5).granted(Part{1, "YORK", 5})
			o.NotBefore = today
			return o
		}(), []Handover{{"YORK", 0, []Part{{1, "YORK", 5}}}}},
	}
	for _, test := range tests {
		got := test.order.HandOver(now)
		if !slices.EqualFunc(got, test.want, func(a, b Handover) bool { return a.Node == b.Node && slices.Equal(a.Parts, b.Parts) }) {
			t.Errorf("%s: %v, want %v", test.name, got, test.want)
		}
		test.order.mustKeep(t)
		if again := test.order.HandOver(now); len(again) > 0 {
			t.Errorf("%s: handed over twice: %v", test.name, again)
		}
	}
}

func TestCancelTakesWhatIsEasiest(t *testing.T) {
	o := order(ShipPartial, 12)
	o.granted(Part{1, "YORK", 6}, Part{1, "", 6})
	o.Released(1, o.HandOver(now))
	o.StockArrived("k", []Part{{1, "HULL", 2}})
	o.Shipped("YORK", []Part{{1, "", 1}}, now) // 1 shipped, 5 released, 2 reserved, 4 backordered
	outcomes, err := o.Cancel([]CancelWant{{Line: 1, Quantity: 8}}, "a", "r", now)
	if err != nil {
		t.Fatal(err)
	}
	if got := outcomes[0]; got.Cancelled != 6 || got.Requested != 2 || got.Refused != 0 {
		t.Errorf("%+v, want 6 cancelled and 2 requested", got)
	}
	if len(o.Errands.Stop) != 1 || o.Errands.Stop[0].Node != "YORK" {
		t.Errorf("to be stopped: %v, want the one in YORK", o.Errands.Stop)
	}
	o.mustKeep(t)
	o.Stopped("YORK", []Part{{1, "", 5}}, now)
	if l := o.Lines[0]; l.Cancelled != 8 || l.Reserved != 3 {
		t.Errorf("%+v, want 8 cancelled and 3 promised again", l)
	}
	o.mustKeep(t)
}

func TestTwoRequestsStopTwoParts(t *testing.T) {
	o := order(ShipPartial, 10).granted(Part{1, "YORK", 10})
	o.Released(1, o.HandOver(now))
	for i, quantity := range []int64{4, 3, 9} {
		outcomes, err := o.Cancel([]CancelWant{{Line: 1, Quantity: quantity}}, "a", "r", now)
		if err != nil || outcomes[0].Requested != quantity {
			t.Errorf("request %d: %+v (%v), want all of it requested", i, outcomes, err)
		}
		if stopping, want := o.Lines[0].At[0].Stopping, []int64{4, 7, 10}[i]; stopping != want {
			t.Errorf("%d are wanted back after request %d, want %d", stopping, i, want)
		}
	}
	o.Shipped("YORK", []Part{{1, "", 2}}, now)
	if outcomes, err := o.Cancel(nil, "a", "r", now); err != nil || outcomes[0].Requested != 8 || outcomes[0].Refused != 2 {
		t.Errorf("%+v (%v), want 8 requested again and 2 refused", outcomes, err)
	}
	o.Stopped("YORK", []Part{{1, "", 8}}, now)
	if l := o.Lines[0]; l.Cancelled != 8 || l.Remaining() != 0 {
		t.Errorf("%+v, want 8 cancelled and nothing left", l)
	}
	o.mustKeep(t)
}

func TestAShipmentWins(t *testing.T) {
	o := order(ShipPartial, 5).granted(Part{1, "YORK", 5})
	o.Released(1, o.HandOver(now))
	if _, err := o.Cancel(nil, "a", "r", now); err != nil {
		t.Fatal(err)
	}
	o.Shipped("YORK", []Part{{1, "", 3}}, now)
	o.Stopped("YORK", []Part{{1, "", 2}}, now)
	o.Invoiced([]Part{{1, "", 3}}, now)
	if l := o.Lines[0]; l.Shipped != 3 || l.Cancelled != 2 || o.CompletedAt.IsZero() {
		t.Errorf("%+v, want 3 shipped, 2 cancelled, completed", l)
	}
	if outcomes, _ := o.Cancel(nil, "a", "r", now); outcomes[0].Refused != 3 || outcomes[0].Reason != ReasonAlreadyShipped {
		t.Errorf("%+v, want 3 refused", outcomes[0])
	}
	o.mustKeep(t)
}

func TestInvoiceBeforeItsShipment(t *testing.T) {
	o := order(ShipPartial, 5).granted(Part{1, "YORK", 5})
	o.HandOver(now)
	o.Invoiced([]Part{{1, "", 5}}, now)
	if l := o.Lines[0]; l.Invoiced != 0 || l.Ahead != 5 {
		t.Errorf("%+v, want nothing invoiced before it is shipped", l)
	}
	o.Shipped("YORK", []Part{{1, "", 5}}, now)
	if o.Status() != StatusInvoiced || o.CompletedAt.IsZero() {
		t.Errorf("%s, completed %v", o.Status(), o.CompletedAt)
	}
	o.mustKeep(t)
}

func TestSourcingIsBounded(t *testing.T) {
	for _, policy := range []Policy{ShipPartial, FillOrKill} {
		o := order(policy, 5).granted(Part{1, "N0", 5})
		rounds := 0
		for round := range 10 {
			handovers := o.HandOver(now)
			if len(handovers) == 0 {
				break
			}
			o.Released(round, handovers)
			o.Shorted(handovers[0].Node, []Part{{1, "", 5}}, now)
			asked, _ := o.Source(now)
			if asked == nil {
				break
			}
			rounds++
			node := Node([]string{"N1", "N2", "N3", "N4", "N5", "N6", "N7", "N8", "N9", "N10"}[round])
			o.Sourced(asked, Grant{Key: "s", Lines: []GrantLine{{Line: 1, At: []Part{{1, node, 5}}}}}, now)
			o.mustKeep(t)
		}
		if policy == FillOrKill && (rounds != MaxSourcing || o.State != Cancelled) {
			t.Errorf("%d rounds and %s, want %d and CANCELLED", rounds, o.State, MaxSourcing)
		}
		if policy == ShipPartial && !slices.ContainsFunc(o.Errands.Surprises, func(s Surprise) bool { return s.Reason == "SOURCING_EXHAUSTED" }) {
			t.Error("nobody is told that it was sourced too often")
		}
	}
}

func TestHolds(t *testing.T) {
	o := order(ShipPartial, 1)
	if _, err := o.LiftHold(HoldCredit, "a", "r", now); fault.ReasonOf(err) != "NOT_HELD" {
		t.Errorf("lifted what never stood: %v", err)
	}
	o.Hold(HoldCredit, "CREDIT_LIMIT", "", now)
	if changed, err := o.LiftHold(HoldCredit, "a", "r", now); !changed || err != nil || o.State != Received || !o.Forced {
		t.Errorf("lifted %v %v: %s, forced %v", changed, err, o.State, o.Forced)
	}
	if changed, err := o.LiftHold(HoldCredit, "a", "r", now); changed || err != nil {
		t.Errorf("lifted twice: %v %v", changed, err)
	}
}

func TestVerifySeesWhatIsWrong(t *testing.T) {
	for name, spoil := range map[string]func(*Line){
		"a unit lost":                 func(l *Line) { l.Reserved-- },
		"a bucket below zero":         func(l *Line) { l.Open, l.Backordered = -1, 1 },
		"invoiced before shipped":     func(l *Line) { l.Invoiced = 1 },
		"a place with too much":       func(l *Line) { l.At[0].Reserved++ },
		"more wanted back than there": func(l *Line) { l.At[0].Stopping = 1 },
		"a service with stock":        func(l *Line) { l.Service = true },
	} {
		o := order(ShipPartial, 5).granted(Part{1, "YORK", 5})
		o.mustKeep(t)
		if spoil(&o.Lines[0]); o.Verify() == nil {
			t.Errorf("%s: not seen", name)
		}
	}
}
