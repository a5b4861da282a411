package domain

import (
	"fmt"
	"slices"
	"time"
)

// Facts are what others say has happened. They are booked as they come, in any order between their sources; what is
// possible is decided afterwards. Parts name lines by number; lines that the order does not have are a surprise.

// each calls book with every line that the parts name.
func (o *Order) each(parts []Part, book func(number int32, line *Line, part Part)) {
	for _, part := range parts {
		line := o.Line(part.Line)
		if line == nil || part.Quantity <= 0 {
			o.surprise("UNKNOWN_LINE", fmt.Sprintf("a fact about line %d with quantity %d", part.Line, part.Quantity))
			continue
		}
		book(part.Line, line, part)
		line.tidy()
	}
	o.dropReleases()
}

// Shipped books units that left a warehouse. More than was released is a surprise and changes no bucket (L1x).
func (o *Order) Shipped(node Node, parts []Part, now time.Time) {
	o.each(parts, func(number int32, line *Line, part Part) {
		place := line.place(node)
		moved := min(part.Quantity, place.Released)
		place.Released -= moved
		place.Stopping, place.Bare = min(place.Stopping, place.Released), min(place.Bare, place.Released)
		place.Shipped += moved
		line.Released -= moved
		line.Shipped += moved
		line.catchUp()
		if rest := part.Quantity - moved; rest > 0 {
			o.surprise("UNEXPECTED_SHIPMENT", fmt.Sprintf(
				"line %d: %d base units left %q and were not with it", number, rest, node))
		}
	})
	o.complete(now)
}

// Returned books units that came back from the customer. More than was shipped is a surprise: they left unplanned, or are
// another order's.
func (o *Order) Returned(parts []Part) {
	o.each(parts, func(number int32, line *Line, part Part) {
		line.Returned += part.Quantity
		if beyond := line.Returned - line.Shipped; beyond > 0 {
			o.surprise("UNEXPECTED_RETURN", fmt.Sprintf("line %d: %d base units came back beyond what was shipped of it", number, beyond))
		}
	})
}

// Paid books that nothing is owed on one of its invoices any more.
func (o *Order) Paid() { o.Settled++ }

// Invoiced books an invoice. It may be known before the shipment.
func (o *Order) Invoiced(parts []Part, now time.Time) {
	o.Invoices++
	o.each(parts, func(_ int32, line *Line, part Part) {
		moved := min(part.Quantity, line.Shipped-line.Invoiced)
		line.Invoiced += moved
		line.Ahead += part.Quantity - moved
	})
	o.complete(now)
}

// complete ends an accepted order of which nothing remains.
func (o *Order) complete(now time.Time) {
	if o.State == Accepted && o.CompletedAt.IsZero() && o.Finished() {
		o.end(now)
		o.giveBackDoubt()
		o.tell(EventCompleted{At: now})
	}
}

// end notes that nothing of the order remains.
func (o *Order) end(now time.Time) {
	o.CompletedAt = now
	o.Closes = !o.AcceptedAt.IsZero() && o.NotToShip() > 0
}

// NotToShip is how many base units of the order will not be shipped, all lines added up.
func (o *Order) NotToShip() int64 { return o.totals().Cancelled }

// Ended reports that it was accepted and nothing of it remains.
func (o *Order) Ended() bool { return !o.AcceptedAt.IsZero() && !o.CompletedAt.IsZero() }

// Shorted books units that a warehouse could not find: they are open again, and stock is looked for, elsewhere first: the
// same warehouse may have more of it, and may be the only one. What was wanted back anyway is cancelled. The stock itself is inventory's to correct by the same fact.
func (o *Order) Shorted(node Node, parts []Part, now time.Time) {
	o.lost(node, parts, false, "the warehouse could not find it", now)
}

// NotTaken books units that a warehouse will not ship at all: as Shorted, and their stock there is given back.
func (o *Order) NotTaken(node Node, parts []Part, now time.Time) {
	o.lost(node, parts, true, "the warehouse did not take it", now)
}

func (o *Order) lost(node Node, parts []Part, giveBack bool, why string, now time.Time) {
	var cancelled []Part
	o.each(parts, func(number int32, line *Line, part Part) {
		moved, stopped, bare := line.unrelease(node, part.Quantity)
		line.Open += moved - stopped
		line.Cancelled += stopped
		if stopped > 0 {
			cancelled = append(cancelled, Part{Line: number, Quantity: stopped})
			o.Errands.Free = append(o.Errands.Free, Part{Line: number, Quantity: stopped})
		}
		if giveBack && moved > bare && !line.Service {
			o.lend(number, node, moved-bare)
		}
		if giveBack {
			line.doubt(node, bare)
		}
	})
	where := &o.Avoided
	if giveBack || o.Sourcings >= MaxSourcing {
		where = &o.Excluded
	}
	if node != "" && !slices.Contains(*where, node) {
		*where = append(*where, node)
	}
	o.promiseServices()
	o.Cancelled(cancelled, actorWaybill, why, now)
}

// actorWaybill stands for the system itself.
const actorWaybill = "waybill"

// Stopped books units that a warehouse gave up on request. What was wanted back is cancelled, with its stock and credit;
// the rest went with it, stays promised, and is handed over again; stock is looked for anew for what is promised no more.
func (o *Order) Stopped(node Node, parts []Part, now time.Time) {
	var cancelled []Part
	o.each(parts, func(number int32, line *Line, part Part) {
		moved, stopped, bare := line.unrelease(node, part.Quantity)
		bareStopped := min(bare, stopped)
		line.doubt(node, bare)
		line.Open += bare - bareStopped
		if rest := moved - stopped - (bare - bareStopped); rest > 0 {
			line.reserve(&rest, node, rest)
		}
		line.Cancelled += stopped
		if stopped == 0 {
			return
		}
		cancelled = append(cancelled, Part{Line: number, Quantity: stopped})
		o.Errands.Free = append(o.Errands.Free, Part{Line: number, Quantity: stopped})
		if !line.Service && stopped > bareStopped {
			o.giveBack("", number, node, stopped-bareStopped)
		}
	})
	o.Cancelled(cancelled, actorWaybill, "the warehouse has stopped it", now)
}

// StockArrived books stock that was set aside for what had waited. What does not wait any more is surplus.
func (o *Order) StockArrived(key string, parts []Part) {
	if slices.Contains(o.Undone, key) {
		return
	}
	if slices.Contains(o.Awaiting, key) {
		for _, part := range parts {
			o.Early = append(o.Early, Arrival{Key: key, Part: part})
		}
		return
	}
	var allocated []Part
	o.each(parts, func(number int32, line *Line, part Part) {
		line.Surplus = append(line.Surplus, part)
		allocated = append(allocated, o.settleSurplus(number, line)...)
	})
	o.allocated(allocated)
}

// StockRevoked books promises that inventory took back because the stock behind them is gone: they wait again. What is told
// of a reservation whose answer is on its way is booked after that. What is not reserved here is not reserved any more,
// cancelled or with the warehouse: then nothing has to wait for it, and inventory is told.
func (o *Order) StockRevoked(key string, parts []Part) {
	if slices.Contains(o.Undone, key) {
		return
	}
	if slices.Contains(o.Awaiting, key) {
		for _, part := range parts {
			part.Quantity = -part.Quantity
			o.Early = append(o.Early, Arrival{Key: key, Part: part})
		}
		return
	}
	var waiting, allocated []Part
	o.each(parts, func(number int32, line *Line, part Part) {
		moved := line.unreserve(part.Node, part.Quantity)
		line.Backordered += moved
		if moved > 0 {
			waiting = append(waiting, Part{Line: number, Node: part.Node, Quantity: moved})
		}
		if rest := part.Quantity - moved; rest > 0 {
			o.lend(number, "", rest) // the warehouse that has it may not ship it after all
			place := line.place(part.Node)
			place.Bare += min(rest, place.Released-place.Bare)
		}
		allocated = append(allocated, o.settleSurplus(number, line)...)
	})
	if len(waiting) > 0 {
		o.tell(EventLineBackordered{Parts: waiting})
	}
	o.allocated(allocated)
}
