package domain

import (
	"bytes"
	"cmp"
	"slices"
	"time"

	"github.com/google/uuid"
)

// Reservation is what one request set aside, and what became of it since.
type Reservation struct {
	ID    uuid.UUID
	Key   string
	Order OrderID
	// Priority decides who is served first of those that wait: the higher one.
	Priority int32
	// Excluded places must not serve it from what they have; what is added to them later may. One that was short, or
	// did not take it, is not asked again for the same stock, and is not shut out for ever: it may be the only one.
	Excluded []NodeID
	// Channel is the way by which the order came; its quota and its safety stock count.
	Channel Channel
	// State and ExpiresAt: a soft one ends by itself at that time.
	State     State
	ExpiresAt time.Time
	// Partner is whose hold it is.
	Partner string
	// NeededAt is when what waits must be there; zero: now. Stored with it, and no concern of serving.
	NeededAt time.Time
	// Sequence is that of its newest event.
	Sequence int64
	// Claims are its parts: one per line and place, and one per line for what has ever waited.
	Claims []*Claim

	// index finds the claims of a reservation with many; nil until one is looked for.
	index   map[linePlace]*Claim
	changed bool
	// stateChanged: State or ExpiresAt; the other two are as they are stored.
	stateChanged, storedSoft bool
	storedExpiry             time.Time
	// told is the position of its newest event among the changes, from 1.
	told int
}

// Claim is a part of a reservation: a line in a place, or the waiting part of a line in Nowhere, of which "consumed"
// means that stock was found. R1: Quantity = Remaining + Consumed + GivenBack.
type Claim struct {
	Line     int32
	SKU      SKU
	Node     NodeID
	Quantity int64
	// Remaining is what is still promised, or still waits.
	Remaining int64
	// Consumed has left the warehouse.
	Consumed int64
	// GivenBack was cancelled, short or revoked.
	GivenBack int64
	// Picked is the part of Remaining that has been taken from the shelf.
	Picked int64
	// Held is the part of GivenBack that was short, for which the stock went to quality hold. When it is found and
	// shipped after all, it comes from there.
	Held int64
	// LendsAge: something of it was given back for which stock is looked for anew later. That is as old.
	LendsAge bool

	of            *Reservation
	stored, dirty bool
}

// LineKey names an order line in a place.
type LineKey struct {
	Order OrderID
	Line  int32
	Node  NodeID
}

// linePlace names a line of one reservation in a place.
type linePlace struct {
	line int32
	node NodeID
}

// manyClaims is how many claims are found faster by an index. A reservation of 10,000 lines is served line by line.
const manyClaims = 16

// claim finds the part of the line in the place, or makes it.
func (r *Reservation) claim(line int32, sku SKU, node NodeID) *Claim {
	if found := r.find(line, node); found != nil {
		return found
	}
	made := &Claim{Line: line, SKU: sku, Node: node, of: r, dirty: true}
	r.Claims = append(r.Claims, made)
	if r.index != nil {
		r.index[linePlace{line, node}] = made
	}
	return made
}

func (r *Reservation) find(line int32, node NodeID) *Claim {
	if len(r.Claims) > manyClaims {
		if r.index == nil {
			r.index = make(map[linePlace]*Claim, len(r.Claims))
			for _, claim := range r.Claims {
				r.index[linePlace{claim.Line, claim.Node}] = claim
			}
		}
		return r.index[linePlace{line, node}]
	}
	for _, claim := range r.Claims {
		if claim.Line == line && claim.Node == node {
			return claim
		}
	}
	return nil
}

func (r *Reservation) excludes(node NodeID) bool { return slices.Contains(r.Excluded, node) }

// grow adds to what is promised or waits.
func (c *Claim) grow(quantity int64) {
	c.dirty = true
	c.Quantity += quantity
	c.Remaining += quantity
}

func (c *Claim) consume(quantity int64) {
	c.dirty = true
	c.Remaining -= quantity
	c.Consumed += quantity
}

func (c *Claim) giveBack(quantity int64) {
	c.dirty = true
	c.Remaining -= quantity
	c.GivenBack += quantity
}

// compareClaims orders by age: the reservation's id tells how old it is, see Shelf.turn.
func compareClaims(a, b *Claim) int {
	return cmp.Or(bytes.Compare(a.of.ID[:], b.of.ID[:]), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Node, b.Node))
}

// QueuePosition is a place in the queue of an item.
type QueuePosition struct {
	Priority    int32
	Reservation uuid.UUID
	Line        int32
}

// before reports whether the claim stands behind the position.
func (p QueuePosition) before(c *Claim) bool {
	return p.compare(QueuePosition{c.of.Priority, c.of.ID, c.Line}) < 0
}

// compare orders positions as they are served: the higher priority first, then the older one.
func (p QueuePosition) compare(q QueuePosition) int {
	return cmp.Or(cmp.Compare(q.Priority, p.Priority), bytes.Compare(p.Reservation[:], q.Reservation[:]), cmp.Compare(p.Line, q.Line))
}

// compareDemand orders what waits: the higher priority first, then the older one.
func compareDemand(a, b *Claim) int {
	return cmp.Or(cmp.Compare(b.of.Priority, a.of.Priority), compareClaims(a, b))
}

// Reservation is the one that the claim is a part of.
func (c *Claim) Reservation() *Reservation { return c.of }
