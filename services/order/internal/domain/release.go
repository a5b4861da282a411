package domain

import (
	"cmp"
	"slices"
	"time"
)

// Handover is what one warehouse is to ship to one place; without a node: services alone.
type Handover struct {
	Node Node
	// ShipTo is the number of the place: see Line.
	ShipTo int
	Parts  []Part
}

// destination is where a handover comes from and goes to.
type destination struct {
	node   Node
	shipTo int
}

// HandOver moves everything that may be shipped now from reserved to released and says which warehouse gets what for which
// place, in the order of their names. Nothing may be while a hold stands, before its first day, after its last one,
// while a SHIP_COMPLETE order still misses something, or where credit is to be cleared and was not just now. Services go with the first warehouse, or alone when no goods are to
// come.
func (o *Order) HandOver(now time.Time) []Handover {
	cleared := o.Credit.cleared || !o.Credit.AtRelease
	o.Credit.cleared = false
	if !cleared {
		return nil
	}
	handovers := o.ready(now)
	for _, handover := range handovers {
		o.release(handover)
	}
	return handovers
}

// ready is what nothing but its credit could keep from the warehouses.
func (o *Order) ready(now time.Time) []Handover {
	if o.State != Accepted || len(o.Holds) > 0 || now.Before(o.NotBefore) || o.Late(now) {
		return nil
	}
	sum := o.totals()
	if sum.Reserved == 0 || (o.Policy == ShipComplete && sum.Open+sum.Backordered > 0) {
		return nil
	}
	byPlace := map[destination][]Part{}
	var services []Part
	goodsToCome := false
	for i := range o.Lines {
		line, number := &o.Lines[i], int32(i+1)
		if !line.Service && line.Open+line.Backordered > 0 {
			goodsToCome = true
		}
		for _, place := range line.At {
			switch {
			case place.Reserved == 0:
			case line.Service:
				services = append(services, Part{Line: number, Quantity: place.Reserved})
			default:
				at := destination{place.Node, line.ShipTo}
				byPlace[at] = append(byPlace[at], Part{Line: number, Node: place.Node, Quantity: place.Reserved})
			}
		}
	}
	handovers := make([]Handover, 0, len(byPlace)+1)
	for at, parts := range byPlace {
		handovers = append(handovers, Handover{Node: at.node, ShipTo: at.shipTo, Parts: parts})
	}
	slices.SortFunc(handovers, func(a, b Handover) int {
		return cmp.Or(cmp.Compare(a.Node, b.Node), cmp.Compare(a.ShipTo, b.ShipTo))
	})
	switch {
	case len(services) == 0:
	case len(handovers) > 0:
		handovers[0].Parts = append(handovers[0].Parts, services...)
	case !goodsToCome:
		handovers = append(handovers, Handover{Parts: services})
	}
	return handovers
}

func (o *Order) release(handover Handover) {
	for _, part := range handover.Parts {
		line := o.Line(part.Line)
		place := line.place(handover.Node)
		line.Reserved -= part.Quantity
		line.Released += part.Quantity
		place.Reserved -= part.Quantity
		place.Released += part.Quantity
	}
}

// Released remembers which process hands over what, so that it can be stopped.
func (o *Order) Released(process int, handovers []Handover) {
	for _, handover := range handovers {
		release := Release{Process: process, Node: handover.Node, ShipTo: handover.ShipTo, Lines: make([]int32, 0, len(handover.Parts))}
		for _, part := range handover.Parts {
			release.Lines = append(release.Lines, part.Line)
		}
		o.Releases = append(o.Releases, release)
	}
}

// dropReleases forgets the handovers of which nothing can be left at their warehouse.
func (o *Order) dropReleases() {
	o.Releases = slices.DeleteFunc(o.Releases, func(r Release) bool {
		for _, number := range r.Lines {
			line := o.Line(number)
			for _, place := range line.At {
				if place.Released > 0 && (place.Node == r.Node || line.Service) {
					return false
				}
			}
		}
		return true
	})
}

// WaitsForDay is the day on which what is reserved may be shipped, when that is all it waits for.
func (o *Order) WaitsForDay(now time.Time) (time.Time, bool) {
	if o.State != Accepted || !now.Before(o.NotBefore) || o.Late(now) {
		return time.Time{}, false
	}
	return o.NotBefore, o.totals().Reserved > 0
}
