package domain

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// taken are the requests to give back since they were taken last.
func (o *Order) taken() []GiveBack {
	back := o.Errands.GiveBack
	o.Errands = Errands{}
	return back
}

// Three units are promised at HULL and LEEDS, one waits. Inventory takes a promise of HULL back whose unit is with the
// warehouse, serves both that wait from YORK, takes one of LEEDS back, and gives that up when it is asked to give up the one
// of HULL. All of it is known here too late. No unit may be given up twice.
func TestServedWhileItIsGivenUp(t *testing.T) {
	start := func() *Order {
		o := order(ShipPartial, 4).granted(Part{1, "HULL", 1}, Part{1, "", 3})
		o.Released(o.NextProcess(), o.HandOver(now))
		o.StockArrived("k", []Part{{1, "LEEDS", 2}})
		o.taken()
		o.StockRevoked("k", []Part{{1, "HULL", 1}})
		if diff := cmp.Diff([]GiveBack{{Part: Part{1, "", 1}, KeepsAge: true}}, o.taken()); diff != "" {
			t.Fatalf("what nothing needs is not given up: %s", diff)
		}
		return o
	}
	asked := []Part{{1, "", 1}}
	t.Run("another unit was given up", func(t *testing.T) {
		o := start()
		o.GaveUp(asked, asked)
		o.StockArrived("k", []Part{{1, "YORK", 1}})
		o.StockArrived("k", []Part{{1, "YORK", 1}})
		if back := o.taken(); len(back) > 0 {
			t.Fatalf("given back a second time: %v", back)
		}
		o.StockRevoked("k", []Part{{1, "LEEDS", 1}})
		if l := o.Lines[0]; l.Backordered != 0 || l.Reserved != 3 || l.Released != 1 || len(l.Surplus)+len(o.taken()) > 0 {
			t.Errorf("%+v, want all promised", l)
		}
		o.mustKeep(t)
	})
	t.Run("it was served before", func(t *testing.T) {
		o := start()
		o.StockArrived("k", []Part{{1, "YORK", 2}})
		if l := o.Lines[0]; l.Reserved != 3 || len(o.taken()) > 0 {
			t.Fatalf("decided before inventory has answered: %+v", l)
		}
		o.GaveUp(asked, nil)
		if diff := cmp.Diff([]GiveBack{{Part: Part{1, "YORK", 1}}}, o.taken()); diff != "" {
			t.Error(diff)
		}
		if l := o.Lines[0]; l.Unwanted+l.Unanswered != 0 || len(l.Surplus) > 0 {
			t.Errorf("left over: %+v", l)
		}
		o.mustKeep(t)
	})
}

// What events still tell of a reservation that was taken back whole does not touch the next one.
func TestWhatIsToldOfAnUndoneReservationIsOver(t *testing.T) {
	o := order(ShipPartial, 4)
	o.Await("first")
	o.Undo("first")
	o.granted(Part{1, "YORK", 2}, Part{1, "", 2})
	o.StockRevoked("first", []Part{{1, "YORK", 1}})
	o.StockArrived("first", []Part{{1, "HULL", 1}})
	if l := o.Lines[0]; l.Reserved != 2 || l.Backordered != 2 || len(o.taken()) > 0 {
		t.Errorf("%+v, want what the second reservation brought", l)
	}
	o.mustKeep(t)
}

// Inventory takes the promise of a unit back that is with a warehouse. When the warehouse does not ship it, nothing is promised
// there any more: stock is looked for anew, and nothing is given back that others of the line have.
func TestAUnitThatLostItsPromiseAtTheWarehouseIsSourcedAnew(t *testing.T) {
	start := func() *Order {
		o := order(ShipPartial, 3).granted(Part{1, "HULL", 2}, Part{1, "", 1})
		o.Released(o.NextProcess(), o.HandOver(now))
		o.StockRevoked("k", []Part{{1, "HULL", 1}})
		o.GaveUp([]Part{{1, "", 1}}, []Part{{1, "", 1}})
		o.StockArrived("k", []Part{{1, "HULL", 1}}) // for the one that waited
		o.taken()
		return o
	}
	want := func(t *testing.T, o *Order, line [4]int64, back []GiveBack) {
		t.Helper()
		l := o.Lines[0]
		if got := [4]int64{l.Open, l.Reserved, l.Released, l.Cancelled}; got != line {
			t.Errorf("open, reserved, released, cancelled %v, want %v", got, line)
		}
		if diff := cmp.Diff(back, o.taken()); diff != "" {
			t.Error(diff)
		}
		o.mustKeep(t)
	}
	t.Run("given up by the warehouse", func(t *testing.T) {
		o := start()
		o.Stopped("HULL", []Part{{1, "HULL", 2}}, now)
		want(t, o, [4]int64{1, 2, 0, 0}, nil)
	})
	t.Run("wanted back", func(t *testing.T) {
		o := start()
		if _, err := o.Cancel([]CancelWant{{1, 3}}, "a", "r", now); err != nil {
			t.Fatal(err)
		}
		o.taken()
		o.Stopped("HULL", []Part{{1, "HULL", 2}}, now)
		// The order ends by that: the other one is given back too, should it be promised all the same.
		want(t, o, [4]int64{0, 0, 0, 3}, []GiveBack{{Part: Part{1, "HULL", 1}}, {Part: Part{1, "HULL", 1}}})
	})
	t.Run("not taken by the warehouse", func(t *testing.T) {
		o := start()
		o.NotTaken("HULL", []Part{{1, "HULL", 2}}, now)
		want(t, o, [4]int64{2, 1, 0, 0}, []GiveBack{{Part: Part{1, "HULL", 1}, KeepsAge: true}})
	})
	t.Run("shipped", func(t *testing.T) {
		o := start()
		o.Shipped("HULL", []Part{{1, "HULL", 2}}, now)
		want(t, o, [4]int64{0, 1, 0, 0}, nil)
	})
}

// A unit at HULL is with the warehouse when its promise is taken back, and one of LEEDS is looked for anew. Inventory serves
// the first one from YORK, lets the second one wait, and gives that up when it is asked to give up the first. The answer
// about the second comes last: the unit at YORK is for it.
func TestServedBeforeItIsKnownToWait(t *testing.T) {
	o := order(ShipPartial, 2).granted(Part{1, "HULL", 1}, Part{1, "LEEDS", 1})
	o.Released(o.NextProcess(), o.HandOver(now))
	o.NotTaken("LEEDS", []Part{{1, "LEEDS", 1}}, now)
	asked, _ := o.Source(now)
	o.Await("s")
	o.StockRevoked("k", []Part{{1, "HULL", 1}})
	o.StockArrived("k", []Part{{1, "YORK", 1}})
	o.GaveUp([]Part{{1, "", 1}}, []Part{{1, "", 1}})
	o.taken()
	o.Sourced(asked, Grant{Key: "s", Lines: []GrantLine{{Line: 1, Backordered: 1}}}, now)
	if l := o.Lines[0]; l.Backordered != 0 || l.Reserved != 1 || l.Released != 1 || len(l.Surplus)+len(o.taken()) > 0 {
		t.Errorf("%+v, want both promised", l)
	}
	o.mustKeep(t)
}

// A promise at YORK was taken back whose unit had left already; it is told when two others are with YORK, and taken for one of
// them. What is then stopped there may still be promised: the order gives it back when it ends, and not before.
func TestRevokedAfterItsUnitHasLeft(t *testing.T) {
	unit := []Part{{1, "YORK", 1}}
	for name, test := range map[string]struct {
		leave  func(o *Order)
		cancel int64
		end    func(o *Order)
	}{
		"completed": {func(o *Order) { o.Shipped("YORK", unit, now) }, 1, func(o *Order) {
			o.Shipped("YORK", unit, now)
			o.Invoiced([]Part{{1, "YORK", 2}}, now)
		}},
		"cancelled": {func(o *Order) { o.Shorted("YORK", unit, now) }, 2, func(o *Order) {
			o.Shorted("YORK", unit, now)
			_, _ = o.Cancel(nil, "a", "r", now)
		}},
	} {
		o := order(ShipPartial, 3).granted(Part{1, "YORK", 1}, Part{1, "", 2})
		o.Released(o.NextProcess(), o.HandOver(now))
		test.leave(o)
		o.StockArrived("k", []Part{{1, "YORK", 2}})
		o.Released(o.NextProcess(), o.HandOver(now))
		o.StockRevoked("k", unit)
		if _, err := o.Cancel([]CancelWant{{1, test.cancel}}, "a", "r", now); err != nil {
			t.Fatal(err)
		}
		o.taken()
		o.Stopped("YORK", unit, now)
		if back := o.taken(); len(back) > 0 {
			t.Errorf("%s: %v is given back, want nothing: the other one may be the one that is promised", name, back)
		}
		test.end(o)
		if diff := cmp.Diff([]GiveBack{{Part: Part{1, "YORK", 1}}}, o.taken()); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		o.mustKeep(t)
	}
}
