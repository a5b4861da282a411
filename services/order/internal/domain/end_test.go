package domain

import "testing"

// What is told of an order's end closes it elsewhere when it had been accepted and not all of it will be shipped.
func TestWhichEndsClose(t *testing.T) {
	for name, test := range map[string]struct {
		run                 func() *Order
		ended, closes       bool
		notToShip, invoices int64
	}{
		"all shipped": {func() *Order {
			o := handed(order(ShipPartial, 10))
			o.Shipped("LEEDS", []Part{{Line: 1, Quantity: 10}}, now)
			o.Invoiced([]Part{{Line: 1, Quantity: 10}}, now)
			return o
		}, true, false, 0, 1},
		"cancelled": {func() *Order {
			o := order(ShipPartial, 10).granted(Part{Line: 1, Quantity: 10})
			return o.cancelAll(t)
		}, true, true, 10, 0},
		"cancelled before it was accepted": {func() *Order { return order(ShipPartial, 10).cancelAll(t) }, false, false, 10, 0},
		"a part is cancelled and it goes on": {func() *Order {
			o := order(ShipPartial, 10).granted(Part{Line: 1, Quantity: 10})
			if _, err := o.Cancel([]CancelWant{{Line: 1, Quantity: 3}}, "ann", "less", now); err != nil {
				t.Fatal(err)
			}
			return o
		}, false, false, 3, 0},
		"the rest is cancelled after a part was shipped and invoiced": {func() *Order {
			o := handed(order(ShipPartial, 10))
			o.Shipped("LEEDS", []Part{{Line: 1, Quantity: 6}}, now)
			o.Invoiced([]Part{{Line: 1, Quantity: 6}}, now)
			o.Shorted("LEEDS", []Part{{Line: 1, Quantity: 4}}, now)
			return o.cancelAll(t)
		}, true, true, 4, 1},
		"rejected": {func() *Order {
			o := order(FillOrKill, 10)
			o.Reject(Reason{Reason: "INSUFFICIENT"})
			return o
		}, false, false, 10, 0},
	} {
		o := test.run()
		if o.Ended() != test.ended || o.Closes != test.closes || o.NotToShip() != test.notToShip || int64(o.Invoices) != test.invoices {
			t.Errorf("%s: ended %v, closes %v, %d not to ship, %d invoices", name, o.Ended(), o.Closes, o.NotToShip(), o.Invoices)
		}
		o.mustKeep(t)
	}
}

// handed is an order of which all is with a warehouse.
func handed(o *Order) *Order {
	o.granted(Part{Line: 1, Node: "LEEDS", Quantity: o.Lines[0].Ordered})
	line := &o.Lines[0]
	line.At[0].Released, line.At[0].Reserved = line.Reserved, 0
	line.Released, line.Reserved = line.Reserved, 0
	return o
}

func (o *Order) cancelAll(t *testing.T) *Order {
	t.Helper()
	if _, err := o.Cancel(nil, "ann", "not wanted", now); err != nil {
		t.Fatal(err)
	}
	return o
}
