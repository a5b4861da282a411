package domain

import (
	"slices"
	"time"
)

// Dated is a quantity with a time: supply from then on, or demand by then.
type Dated struct {
	At       time.Time
	Quantity int64
}

// Step says how much can be promised from a time on, until the next step.
type Step struct {
	From     time.Time
	Quantity int64
}

// Curve is what can be promised from now on, ATP(t). Its quantities never fall: what can be promised today can be promised
// tomorrow. The first step begins now.
type Curve []Step

// Promisable is ATP(t) of §1.2: free is what is there and kept for nobody (it may be negative), to which supply adds and from
// which demand takes.
//
//	C(t)   = free + Σ supply with now ≤ at ≤ t − Σ demand with at ≤ t
//	ATP(t) = max(0, min over s ≥ t of C(s))
//
// The minimum lets no promise starve a later demand that is known already. Supply whose time has passed does not count until
// it is dated anew; demand whose time has passed counts now.
func Promisable(now time.Time, free int64, supply, demand []Dated) Curve {
	return curve(now, func(at time.Time) int64 {
		total := free
		for _, one := range supply {
			if !one.At.Before(now) && !one.At.After(at) {
				total += one.Quantity
			}
		}
		return total - until(demand, at)
	}, supply, demand)
}

// Network is what can be promised over all places: what they can together, less demand that waits in no place, and not more
// than is left to the channel.
func Network(now time.Time, places []Curve, demand []Dated, left int64) Curve {
	var moments []Dated
	for _, place := range places {
		for _, step := range place {
			moments = append(moments, Dated{At: step.From})
		}
	}
	whole := curve(now, func(at time.Time) int64 {
		var total int64
		for _, place := range places {
			total = sum(total, place.At(at))
		}
		return total - until(demand, at)
	}, moments, demand)
	return whole.Capped(Curve{{now, left}})
}

func until(demand []Dated, at time.Time) int64 {
	var total int64
	for _, one := range demand {
		if !one.At.After(at) {
			total = sum(total, one.Quantity)
		}
	}
	return total
}

// curve takes the suffix minimum of a function that changes only at the given moments, and now.
func curve(now time.Time, c func(at time.Time) int64, moments ...[]Dated) Curve {
	times := []time.Time{now}
	for _, set := range moments {
		for _, one := range set {
			if one.At.After(now) {
				times = append(times, one.At)
			}
		}
	}
	slices.SortFunc(times, time.Time.Compare)
	times = slices.CompactFunc(times, time.Time.Equal)
	made := make(Curve, 0, len(times))
	least := c(times[len(times)-1])
	for _, at := range slices.Backward(times) {
		least = min(least, c(at))
		made = append(made, Step{at, max(least, 0)})
	}
	slices.Reverse(made)
	return made.compact()
}

// compact leaves out steps that change nothing.
func (c Curve) compact() Curve {
	kept := c[:1]
	for _, step := range c[1:] {
		if step.Quantity != kept[len(kept)-1].Quantity {
			kept = append(kept, step)
		}
	}
	return kept
}

// At is how much can be promised from that time on.
func (c Curve) At(at time.Time) int64 {
	var quantity int64
	for _, step := range c {
		if step.From.After(at) {
			break
		}
		quantity = step.Quantity
	}
	return quantity
}

// Earliest is from when so much can be promised.
func (c Curve) Earliest(quantity int64) (time.Time, bool) {
	for _, step := range c {
		if step.Quantity >= quantity {
			return step.From, true
		}
	}
	return time.Time{}, false
}

// Capped is the lesser of two curves at each time.
func (c Curve) Capped(by Curve) Curve {
	times := make([]time.Time, 0, len(c)+len(by))
	for _, step := range append(slices.Clone(c), by...) {
		times = append(times, step.From)
	}
	slices.SortFunc(times, time.Time.Compare)
	times = slices.CompactFunc(times, time.Time.Equal)
	made := make(Curve, len(times))
	for i, at := range times {
		made[i] = Step{at, min(c.At(at), by.At(at))}
	}
	return made.compact()
}
