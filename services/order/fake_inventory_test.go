package order

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sync"

	commonv1 "github.com/waybill-dev/waybill/gen/waybill/common/v1"
	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
	"github.com/waybill-dev/waybill/internal/id"
)

// spot is where units of an order line are held by the fake inventory; no node: they wait.
type spot struct {
	order string
	line  int32
	node  string
}

// fakeInventory keeps the contract of the inventory service in memory: keys for ever, tombstones, waiting demand.
type fakeInventory struct {
	inventoryv1.UnimplementedInventoryServiceServer
	mu       sync.Mutex
	troubles *troubles
	nodes    []string
	stock    map[string]int64 // "sku|node"
	outcomes map[string]*inventoryv1.ReservationOutcome
	given    map[string]*inventoryv1.ReservationCancellationOutcome
	undone   map[string]bool
	asked    []*inventoryv1.ReservationRequest // each time
	claims   []*fakeClaim                      // oldest first
	events   *events
	// quota bounds what is promised of an item over all places; no entry: nothing does.
	quota map[string]int64
	// old: it does not know how to give back and reserve in one transaction.
	old bool
	// restocked is where stock is being added: it serves demand that the place was excluded from, too.
	restocked string
}

// fakeClaim is what a reservation holds of one line in one place.
type fakeClaim struct {
	spot
	key, sku  string
	excluded  []string
	remaining int64
	// lendsAge: what was given back of it is looked for anew later.
	lendsAge bool
}

func stockKey(sku, node string) string { return sku + "|" + node }

func (f *fakeInventory) Reserve(_ context.Context, req *inventoryv1.ReserveRequest) (*inventoryv1.ReserveResponse, error) {
	return troubled(f.troubles, "Reserve", func() *inventoryv1.ReserveResponse {
		f.mu.Lock()
		defer f.mu.Unlock()
		reply := &inventoryv1.ReserveResponse{}
		for _, want := range req.GetReservations() {
			if f.outcomes[want.GetKey()] == nil {
				f.outcomes[want.GetKey()] = f.reserve(want)
			}
			reply.Outcomes = append(reply.Outcomes, f.outcomes[want.GetKey()])
		}
		return reply
	})
}

func refuse(reason string) *commonv1.Refusal {
	return &commonv1.Refusal{Reason: reason, Message: reason}
}

func (f *fakeInventory) reserve(want *inventoryv1.ReservationRequest) *inventoryv1.ReservationOutcome {
	f.asked = append(f.asked, want)
	if f.undone[want.GetKey()] {
		return &inventoryv1.ReservationOutcome{Outcome: &inventoryv1.ReservationOutcome_Refusal{Refusal: refuse("UNDONE")}}
	}
	before := cloneMap(f.stock)
	age, made := f.ageOf(want), []*fakeClaim(nil)
	outcome := &inventoryv1.ReservationOutcome{}
	if len(want.GetGivesBack()) > 0 && !f.old {
		outcome.GivenBack = &inventoryv1.GivenBack{Lines: f.giveBack(want.GetOrderId(), "", want.GetGivesBack(), false)}
	}
	got := &inventoryv1.Reservation{ReservationId: id.Format(id.Reservation, id.New()), Key: want.GetKey(), OrderId: want.GetOrderId()}
	for _, line := range want.GetLines() {
		left := line.GetQuantity()
		result := &inventoryv1.ReservationLine{LineNumber: line.GetLineNumber(), Sku: line.GetSku()}
		for _, node := range lookedAt(f.nodes, want.GetAvoidedNodeIds()) {
			take := min(left, f.stock[stockKey(line.GetSku(), node)], f.quotaLeft(line.GetSku(), made))
			if take <= 0 || slices.Contains(want.GetExcludedNodeIds(), node) {
				continue
			}
			f.stock[stockKey(line.GetSku(), node)] -= take
			left -= take
			result.Allocations = append(result.Allocations, &inventoryv1.Allocation{NodeId: node, Quantity: take})
			made = append(made, claimOf(want, line, node, take))
		}
		switch {
		case left == 0:
		case want.GetShortagePolicy() == inventoryv1.ShortagePolicy_SHORTAGE_POLICY_REFUSE:
			f.stock = before
			return &inventoryv1.ReservationOutcome{Outcome: &inventoryv1.ReservationOutcome_Refusal{Refusal: refuse("INSUFFICIENT")}}
		case want.GetShortagePolicy() == inventoryv1.ShortagePolicy_SHORTAGE_POLICY_DROP:
			result.Unfilled = left
		default:
			result.Backordered = left
			made = append(made, claimOf(want, line, "", left))
		}
		got.Lines = append(got.Lines, result)
	}
	f.claims = slices.Insert(f.claims, age, made...)
	f.serve()
	outcome.Outcome = &inventoryv1.ReservationOutcome_Reservation{Reservation: got}
	return outcome
}

// quotaLeft is how much of an item may be promised beyond what is, and what is about to be.
func (f *fakeInventory) quotaLeft(sku string, made []*fakeClaim) int64 {
	left, limited := f.quota[sku]
	if !limited {
		return math.MaxInt64
	}
	for _, claim := range slices.Concat(f.claims, made) {
		if claim.sku == sku && claim.node != "" {
			left -= claim.remaining
		}
	}
	return left
}

// ageOf is where the claims of a reservation stand among all, which are in the order of their age.
func (f *fakeInventory) ageOf(want *inventoryv1.ReservationRequest) int {
	at := slices.IndexFunc(f.claims, func(claim *fakeClaim) bool {
		return claim.order == want.GetOrderId() && (claim.remaining > 0 || claim.lendsAge) &&
			slices.ContainsFunc(want.GetLines(), func(l *inventoryv1.ReservationRequestLine) bool { return l.GetLineNumber() == claim.line })
	})
	if !want.GetKeepsAge() || f.old || at < 0 {
		return len(f.claims)
	}
	return at
}

// lookedAt are the places in the order in which stock is looked for: the avoided ones last.
func lookedAt(nodes, avoided []string) []string {
	first := slices.DeleteFunc(slices.Clone(nodes), func(node string) bool { return slices.Contains(avoided, node) })
	return append(first, avoided...)
}

func claimOf(want *inventoryv1.ReservationRequest, line *inventoryv1.ReservationRequestLine, node string, quantity int64) *fakeClaim {
	return &fakeClaim{
		spot: spot{want.GetOrderId(), line.GetLineNumber(), node}, key: want.GetKey(), sku: line.GetSku(),
		excluded: want.GetExcludedNodeIds(), remaining: quantity,
	}
}

func (f *fakeInventory) CancelReservation(
	_ context.Context, req *inventoryv1.CancelReservationRequest,
) (*inventoryv1.CancelReservationResponse, error) {
	return troubled(f.troubles, "CancelReservation", func() *inventoryv1.CancelReservationResponse {
		f.mu.Lock()
		defer f.mu.Unlock()
		reply := &inventoryv1.CancelReservationResponse{}
		for _, want := range req.GetCancellations() {
			if f.given[want.GetKey()] == nil {
				f.given[want.GetKey()] = f.cancel(want)
			}
			reply.Outcomes = append(reply.Outcomes, f.given[want.GetKey()])
		}
		return reply
	})
}

func (f *fakeInventory) cancel(want *inventoryv1.ReservationCancellation) *inventoryv1.ReservationCancellationOutcome {
	outcome := &inventoryv1.ReservationCancellationOutcome{}
	if key := want.GetReservationKey(); key != "" && f.outcomes[key] == nil {
		f.undone[key] = true
	}
	outcome.GivenBack = f.giveBack(want.GetOrderId(), want.GetReservationKey(), want.GetLines(), want.GetKeepsAge() && !f.old)
	f.serve()
	return outcome
}

// giveBack gives back what an order has, under one key or any: lines of it, or everything.
func (f *fakeInventory) giveBack(
	order, key string, lines []*inventoryv1.ReservationCancellationLine, lendsAge bool,
) (given []*inventoryv1.ReservationCancellationLine) {
	left := map[spot]int64{}
	for _, line := range lines {
		left[spot{order, line.GetLineNumber(), line.GetNodeId()}] += line.GetQuantity()
	}
	for _, claim := range slices.Backward(f.claims) { // the newest first
		if claim.order != order || (key != "" && claim.key != key) {
			continue
		}
		back := claim.remaining
		if len(lines) > 0 {
			back = min(left[claim.spot], claim.remaining)
			left[claim.spot] -= back
		}
		if back == 0 {
			continue
		}
		claim.remaining -= back
		claim.lendsAge = claim.lendsAge || lendsAge
		if claim.node != "" {
			f.stock[stockKey(claim.sku, claim.node)] += back
		}
		given = append(given, &inventoryv1.ReservationCancellationLine{LineNumber: claim.line, NodeId: claim.node, Quantity: back})
	}
	return given
}

// AddStock adds stock and serves what waits.
func (f *fakeInventory) AddStock(sku, node string, quantity int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.stock[stockKey(sku, node)] += quantity
	f.restocked = stockKey(sku, node)
	f.serve()
	f.restocked = ""
}

func (f *fakeInventory) serve() {
	for _, waiting := range slices.Clone(f.claims) {
		if waiting.node != "" || waiting.remaining == 0 {
			continue
		}
		for _, node := range f.nodes {
			take := min(waiting.remaining, f.stock[stockKey(waiting.sku, node)], f.quotaLeft(waiting.sku, nil))
			if take <= 0 || (slices.Contains(waiting.excluded, node) && f.restocked != stockKey(waiting.sku, node)) {
				continue
			}
			f.stock[stockKey(waiting.sku, node)] -= take
			waiting.remaining -= take
			f.claims = append(f.claims, &fakeClaim{
				spot: spot{waiting.order, waiting.line, node}, key: waiting.key, sku: waiting.sku, excluded: waiting.excluded,
				remaining: take,
			})
			f.events.add(waiting.key, &inventoryv1.ReservationReserved{
				ReservationId: waiting.key, OrderId: waiting.order, Key: waiting.key,
				Cause: inventoryv1.ReservationCause_RESERVATION_CAUSE_STOCK_ARRIVED,
				Lines: []*inventoryv1.ReservationLine{{
					LineNumber: waiting.line, Sku: waiting.sku,
					Allocations: []*inventoryv1.Allocation{{NodeId: node, Quantity: take}},
				}},
			})
		}
	}
}

// Revoke takes promises of an item in a place back, newest first: they wait again, as old as they are.
func (f *fakeInventory) Revoke(sku, node string, quantity int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i, claim := range slices.Backward(slices.Clone(f.claims)) {
		take := min(claim.remaining, quantity)
		if claim.sku != sku || claim.node != node || take == 0 {
			continue
		}
		quantity -= take
		claim.remaining -= take
		f.claims = slices.Insert(f.claims, i+1, &fakeClaim{
			spot: spot{claim.order, claim.line, ""}, key: claim.key, sku: sku, excluded: claim.excluded, remaining: take,
		})
		f.events.add(claim.key, &inventoryv1.ReservationRevoked{
			ReservationId: claim.key, OrderId: claim.order, Key: claim.key,
			Changes: []*inventoryv1.ReservationChange{{LineNumber: claim.line, Sku: sku, NodeId: node, Quantity: take}},
		})
	}
}

// take removes held units: shipped, or not found. What was revoked before leaves without a promise.
func (f *fakeInventory) take(at spot, quantity int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, claim := range f.claims {
		if claim.spot == at {
			taken := min(claim.remaining, quantity)
			claim.remaining -= taken
			quantity -= taken
		}
	}
}

// held is what is held where, without what holds nothing any more.
func (f *fakeInventory) held() map[spot]int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	held := map[spot]int64{}
	for _, claim := range f.claims {
		if claim.remaining > 0 {
			held[claim.spot] += claim.remaining
		}
	}
	return held
}

func (f *fakeInventory) CheckAvailability(
	_ context.Context, req *inventoryv1.CheckAvailabilityRequest,
) (*inventoryv1.CheckAvailabilityResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	reply := &inventoryv1.CheckAvailabilityResponse{}
	for _, sku := range req.GetSkus() {
		for _, node := range f.nodes {
			reply.Availability = append(reply.Availability, &inventoryv1.Availability{
				Sku: sku, NodeId: node, Sellable: fmt.Sprint(f.stock[stockKey(sku, node)]), BaseUnit: "EA",
			})
		}
	}
	return reply, nil
}

func cloneMap[K comparable, V any](from map[K]V) map[K]V {
	to := make(map[K]V, len(from))
	for k, v := range from {
		to[k] = v
	}
	return to
}
