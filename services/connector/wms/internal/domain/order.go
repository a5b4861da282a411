// Package domain decides what the sandbox warehouse does with its orders: what it finds on the shelf, how it packs, whether
// it can still stop. Everything here is pure.
package domain

import (
	"hash/fnv"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
)

// Step is what has to be done next about an order.
type Step string

// The steps of an order, each until it is reported. StepNone: nothing remains.
const (
	StepNone        Step = ""
	StepAcknowledge Step = "ACKNOWLEDGE"
	StepPick        Step = "PICK"
	StepManifest    Step = "MANIFEST"
	StepShip        Step = "SHIP"
	StepDeliver     Step = "DELIVER"
)

// Answer is what the warehouse says to a request to stop.
type Answer string

// The answers.
const (
	AnswerStopped Answer = "STOPPED"
	AnswerTooLate Answer = "TOO_LATE"
)

// Order is what the warehouse was told to do, with what it will not find.
type Order struct {
	ID     uuid.UUID
	NodeID string
	// Carrier is the one with which it is to go; empty: whichever this warehouse has.
	Carrier string
	Lines   []Line
}

// Line is a line of an order, in base quantities. Short of the quantity will not be found; Over is packed by mistake beyond it.
type Line struct {
	Number   int32  `json:"line"`
	SKU      string `json:"sku"`
	Quantity int64  `json:"quantity"`
	Short    int64  `json:"short,omitempty"`
	Over     int64  `json:"over,omitempty"`
	// LotTracked: the lot has to be named when it is shipped.
	LotTracked bool `json:"lot_tracked,omitempty"`
}

// Picked is how much of the line is found.
func (l Line) Picked() int64 { return l.Quantity - l.Short }

// Shipped is how much of the line leaves.
func (l Line) Shipped() int64 { return l.Picked() + l.Over }

// Empty reports whether nothing of the order is found.
func (o Order) Empty() bool {
	return !slices.ContainsFunc(o.Lines, func(l Line) bool { return l.Picked() > 0 })
}

// Shelf says what the warehouse does not find.
type Shelf struct {
	// ShortBP is the share of lines that are short, in parts per ten thousand.
	ShortBP int
	// ShortSKUs are items of which every line is short, in lower case.
	ShortSKUs map[string]bool
	// OverBP is the share of lines found in full of which one unit more than wanted is packed, RejectBP that of orders that are not
	// taken.
	OverBP, RejectBP int
}

// Look notes on each line what will not be found, half of it, rounded up, and what is packed too much. Which lines these are follows
// from the ids alone, so it comes out the same each time.
func (s Shelf) Look(order Order) Order {
	lines := slices.Clone(order.Lines)
	for i := range lines {
		line := &lines[i]
		number := strconv.Itoa(int(line.Number))
		switch {
		case s.ShortSKUs[strings.ToLower(line.SKU)] || chosen(order.ID, number, s.ShortBP):
			line.Short = line.Quantity - line.Quantity/2
		case chosen(order.ID, "over"+number, s.OverBP):
			line.Over = 1
		}
	}
	order.Lines = lines
	return order
}

// Rejects reports whether the warehouse does not take an order; the same each time.
func (s Shelf) Rejects(order Order) bool { return chosen(order.ID, "reject", s.RejectBP) }

// chosen draws a share, in parts per ten thousand, by the order's id and what is asked about it.
func chosen(order uuid.UUID, about string, share int) bool {
	digest := fnv.New64a()
	digest.Write(order[:])
	digest.Write([]byte(about))
	return digest.Sum64()%10_000 < uint64(max(share, 0))
}

// Delays are the times between the steps. Deliver 0: nobody says when a shipment arrives. Manifest: what is packed is announced
// halfway to the shipment.
type Delays struct {
	Acknowledge, Pick, Ship, Deliver time.Duration
	Manifest                         bool
}

// Next is the step after one that was reported, and how long it takes until it is done.
func (d Delays) Next(step Step, order Order) (Step, time.Duration) {
	switch {
	case step == StepAcknowledge:
		return StepPick, d.Pick
	case step == StepPick && !order.Empty() && d.Manifest:
		return StepManifest, d.Ship / 2
	case step == StepPick && !order.Empty():
		return StepShip, d.Ship
	case step == StepManifest:
		return StepShip, d.Ship - d.Ship/2
	case step == StepShip && d.Deliver > 0:
		return StepDeliver, d.Deliver
	}
	return StepNone, 0
}

// Standing is how far an order is when somebody asks to stop it.
type Standing struct {
	Known, Stopped bool
	Step           Step
}

// Stop answers a request to stop: what is picked cannot be stopped any more. An order that never arrived is stopped before
// it does.
func (s Standing) Stop() Answer {
	if !s.Known || s.Stopped || s.Step == StepAcknowledge || s.Step == StepPick {
		return AnswerStopped
	}
	return AnswerTooLate
}
