package domain

import (
	"cmp"
	"slices"
	"time"
)

// Reason says why a place was chosen for a promise or not.
type Reason int

// The reasons, in the order in which they are looked for.
const (
	Chosen Reason = iota + 1
	// IsExcluded by the request.
	IsExcluded
	IsInactive
	IsFrozen
	// NoStock: what is there and dated supply do not suffice, or later than elsewhere.
	NoStock
	// SafetyKept: it would suffice if nothing were kept back.
	SafetyKept
	// Committed: demand that waits needs it, or the channel's quota does not allow it.
	Committed
	// CapacityTaken and CalendarClosed: it ships later than the chosen one would from there.
	CapacityTaken
	CalendarClosed
	// TransitLonger: goods travel longer.
	TransitLonger
	// LessPreferred: as early, and later in the order of preference.
	LessPreferred
)

// Site is a place with what it has of an item.
type Site struct {
	Profile
	Frozen, Excluded bool
	// Free is what is there and promised to nobody; Kept of it is safety stock, and a buffer where the stock is stale.
	Free, Kept int64
	Supply     []Dated
}

func (s *Site) eligible() bool { return !s.Frozen && !s.Excluded && !s.Inactive }

// Curve is what can be promised of the site, whoever waits.
func (s *Site) Curve(now time.Time) Curve {
	if !s.eligible() {
		return Curve{{now, 0}}
	}
	return Promisable(now, s.Free-s.Kept, s.Supply, nil)
}

// Market is all about an item that a promise depends on.
type Market struct {
	Sites []Site
	// Demand waits in no place.
	Demand []Dated
	// Left is what the channel may still reserve.
	Left int64
}

// Exclude leaves places out.
func (m *Market) Exclude(nodes []NodeID) {
	for i := range m.Sites {
		m.Sites[i].Excluded = m.Sites[i].Excluded || slices.Contains(nodes, m.Sites[i].ID)
	}
}

// Curves are what can be promised over all places, and from each, which is never more.
func (m *Market) Curves(now time.Time) (network Curve, sites []Curve) {
	sites = make([]Curve, len(m.Sites))
	for i := range m.Sites {
		sites[i] = m.Sites[i].Curve(now)
	}
	network = Network(now, sites, m.Demand, m.Left)
	for i := range sites {
		sites[i] = sites[i].Capped(network)
	}
	return network, sites
}

// Take makes a promise count for those after it.
func (m *Market) Take(parts []PromisePart) {
	for _, part := range parts {
		m.Left -= min(part.Quantity, m.Left)
		for i := range m.Sites {
			if site := &m.Sites[i]; site.ID == part.Node {
				// As supply that does not come: the site's curve falls from then on, and the places' sum with it.
				site.Supply = append(site.Supply, Dated{At: part.AvailableAt, Quantity: -part.Quantity})
				site.Backlog++
			}
		}
	}
}

// Destination is where goods go, and from when they may ship.
type Destination struct {
	Country, Region string
	NotBefore       time.Time
}

// PromisePart is what one place gives to a promise, and when.
type PromisePart struct {
	Node        NodeID
	Quantity    int64
	AvailableAt time.Time
	Ships       Date
	Arrives     Date
}

// Candidate is a place that was looked at. Whole is the whole quantity from there; without a node it never has it.
type Candidate struct {
	Node   NodeID
	Reason Reason
	// Now can be promised from there at once.
	Now   int64
	Whole PromisePart
}

// Promise is the earliest date for a quantity. Without parts there is none.
type Promise struct {
	Parts      []PromisePart
	Candidates []Candidate
	Arrives    Date
}

// Promise finds the earliest arrival of a quantity: from the one place that is first with all of it, the preferred one among
// equals, or from several where they are earlier together. What others wait for, what is kept back, and what the channel may
// not have is never promised.
func (m *Market) Promise(now time.Time, quantity int64, to Destination) Promise {
	network, sites := m.Curves(now)
	made := Promise{Candidates: make([]Candidate, len(m.Sites))}
	best := -1
	for i := range m.Sites {
		candidate := &made.Candidates[i]
		candidate.Node, candidate.Now = m.Sites[i].ID, sites[i].At(now)
		if at, some := sites[i].Earliest(quantity); some {
			candidate.Whole, some = m.Sites[i].part(quantity, at, now, to)
			if some && (best < 0 || candidate.Whole.Arrives.Before(made.Candidates[best].Whole.Arrives)) {
				best = i
			}
		}
	}
	if best >= 0 {
		made.Parts = []PromisePart{made.Candidates[best].Whole}
		made.Arrives = made.Parts[0].Arrives
	}
	if parts := m.split(now, quantity, network, sites, to); len(parts) > 1 {
		if last := latest(parts); best < 0 || last.Before(made.Arrives) {
			made.Parts, made.Arrives = parts, last
		}
	}
	for i := range m.Sites {
		made.Candidates[i].Reason = m.explain(i, now, quantity, &made)
	}
	return made
}

// part is what the site gives when it has it from that time on.
func (s *Site) part(quantity int64, at, now time.Time, to Destination) (PromisePart, bool) {
	ready := at
	if to.NotBefore.After(ready) {
		ready = to.NotBefore
	}
	ships, open := s.ShipDate(ready, 0)
	if s.Capacity > 0 && open {
		// The lines that it has still to ship fill its open days from today on.
		var first Date
		if first, open = s.ShipDate(now, s.Backlog/s.Capacity); ships.Before(first) {
			ships = first
		}
	}
	if !open {
		return PromisePart{}, false
	}
	return PromisePart{
		Node: s.ID, Quantity: quantity, AvailableAt: at, Ships: ships, Arrives: ships.Plus(s.Days(to.Country, to.Region)),
	}, true
}

// split serves the quantity from several places at the time when they have it together: from those where it arrives first.
func (m *Market) split(now time.Time, quantity int64, network Curve, sites []Curve, to Destination) []PromisePart {
	at, some := network.Earliest(quantity)
	if !some {
		return nil
	}
	type offer struct {
		site int
		PromisePart
	}
	var offers []offer
	for i := range m.Sites {
		if has := sites[i].At(at); has > 0 {
			from, _ := sites[i].Earliest(has)
			if part, open := m.Sites[i].part(has, from, now, to); open {
				offers = append(offers, offer{i, part})
			}
		}
	}
	slices.SortStableFunc(offers, func(a, b offer) int {
		return cmp.Or(cmp.Compare(a.Arrives.number(), b.Arrives.number()), cmp.Compare(b.Quantity, a.Quantity))
	})
	var parts []PromisePart
	var taken int64
	for _, one := range offers {
		if taken == quantity {
			break
		}
		part := one.PromisePart
		part.Quantity = min(part.Quantity, quantity-taken)
		taken += part.Quantity
		// What the places have is not all for this promise: so much of it together is free only from then on.
		if from, _ := network.Earliest(taken); from.After(part.AvailableAt) {
			part, _ = m.Sites[one.site].part(part.Quantity, from, now, to)
		}
		parts = append(parts, part)
	}
	if taken < quantity {
		return nil
	}
	return parts
}

func latest(parts []PromisePart) Date {
	var last Date
	for _, part := range parts {
		if last.Before(part.Arrives) {
			last = part.Arrives
		}
	}
	return last
}

// explain says why a site was chosen, or the first reason why it was not.
func (m *Market) explain(i int, now time.Time, quantity int64, made *Promise) Reason {
	site, candidate := &m.Sites[i], &made.Candidates[i]
	switch {
	case slices.ContainsFunc(made.Parts, func(part PromisePart) bool { return part.Node == site.ID }):
		return Chosen
	case site.Excluded:
		return IsExcluded
	case site.Inactive:
		return IsInactive
	case site.Frozen:
		return IsFrozen
	}
	by, chosen := now, PromisePart{}
	if len(made.Parts) > 0 {
		chosen = made.Parts[len(made.Parts)-1]
		by = chosen.AvailableAt
	}
	whole := candidate.Whole
	ready := whole.Node != "" && (!whole.AvailableAt.After(by) || !made.Arrives.Before(whole.Arrives))
	switch own := Promisable(now, site.Free-site.Kept, site.Supply, nil); {
	case ready:
		return tooLate(site, whole, chosen, made.Arrives)
	case own.At(by) >= quantity && whole.Node == "" && !m.open(i, now):
		return CalendarClosed
	case own.At(by) >= quantity:
		return Committed
	case Promisable(now, site.Free, site.Supply, nil).At(by) >= quantity:
		return SafetyKept
	default:
		return NoStock
	}
}

func (m *Market) open(i int, now time.Time) bool {
	_, open := m.Sites[i].ShipDate(now, 0)
	return open
}

// tooLate says why a site that has the quantity in time is not the one.
func tooLate(site *Site, part, chosen PromisePart, arrives Date) Reason {
	free, _ := site.ShipDate(part.AvailableAt, 0)
	switch {
	case !arrives.Before(part.Arrives):
		return LessPreferred
	case site.Capacity > 0 && free.Before(part.Ships):
		return CapacityTaken
	case chosen.Ships.Before(part.Ships):
		return CalendarClosed
	default:
		return TransitLonger
	}
}
