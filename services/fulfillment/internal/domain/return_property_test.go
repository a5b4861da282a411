package domain_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/waybill-dev/waybill/services/fulfillment/internal/domain"
)

// L3 and the partition hold after each of any requests, decisions, receipts and inspections, whatever their order and
// however often they come.
func TestReturnsKeepL3(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		o := newOffice(r)
		lines := o.shipped(domain.ShipmentLine{SKU: "GOODS", Quantity: rapid.Int64Range(1, 20).Draw(r, "shipped")},
			domain.ShipmentLine{SKU: "METRE", Quantity: 5, Unplanned: true}, domain.ShipmentLine{SKU: "CARRIAGE", Quantity: 1, Service: true})
		small := rapid.Int64Range(0, 8)
		var reports []domain.ReturnCommand
		report := func(command domain.ReturnCommand) {
			reports = append(reports, command)
			o.apply(command)
		}
		r.Repeat(map[string]func(*rapid.T){
			"request": func(r *rapid.T) {
				ask := o.ask(refer(rapid.SampledFrom(lines).Draw(r, "line"), rapid.SampledFrom([]string{"1", "3", "7"}).Draw(r, "quantity")))
				ask.ForReview = rapid.Bool().Draw(r, "review")
				o.apply(ask)
			},
			"unreferenced": func(r *rapid.T) {
				ask := o.ask(domain.ReturnAsk{SKU: "GOODS", Quantity: "2", AgreedPrice: rapid.SampledFrom([]string{"", "1.5"}).Draw(r, "price")})
				ask.NodeID, ask.AccountID, ask.CurrencyCode = "LEEDS", "CUST-1", "GBP"
				o.apply(ask)
			},
			"authorise": func(r *rapid.T) {
				c := domain.AuthorizeReturn{ID: o.pick(r)}
				if rapid.Bool().Draw(r, "more") {
					c.Lines = []domain.AuthorizedLine{{Position: 1, Quantity: small.Draw(r, "quantity")}}
				}
				o.apply(c)
			},
			"void": func(r *rapid.T) {
				o.apply(domain.VoidReturn{ID: o.pick(r), Lines: []domain.VoidedLine{{Position: 1, Quantity: 1 + small.Draw(r, "quantity")}}})
			},
			"end": func(r *rapid.T) {
				to := rapid.SampledFrom([]domain.ReturnState{domain.ReturnDeclined, domain.ReturnCancelled, domain.ReturnClosed}).Draw(r, "to")
				o.apply(domain.EndReturn{ID: o.pick(r), To: to})
			},
			"expire": func(r *rapid.T) { o.apply(domain.ExpireReturn{ID: o.pick(r), Today: "2027-01-01"}) },
			"send":   func(r *rapid.T) { o.apply(domain.ShipReturn{ID: o.pick(r)}) },
			"recover": func(*rapid.T) {
				o.apply(domain.RecoverShipment{ID: o.newID(), ShipmentID: domain.ShipmentOf(lines[0])})
			},
			"receive": func(r *rapid.T) {
				report(domain.ReceiveReturn{ID: o.pick(r), Named: true, NodeID: "LEEDS", Document: rapid.SampledFrom([]string{"d1", "d2"}).Draw(r, "document"),
					Lines: []domain.ReturnedLine{{Position: 1, Received: 1 + small.Draw(r, "received")}}, NewID: o.newID()})
			},
			"receive blind": func(r *rapid.T) {
				report(domain.ReceiveReturn{NewID: o.newID(), NodeID: "YORK", Document: "b", Lines: []domain.ReturnedLine{
					{ShipmentLineID: lines[rapid.IntRange(0, 1).Draw(r, "line")], Received: 1 + small.Draw(r, "received")}}})
			},
			"inspect": func(r *rapid.T) {
				split := func() domain.Split {
					return domain.Split{Restocked: small.Draw(r, "restocked"), Damaged: small.Draw(r, "damaged"), Scrapped: small.Draw(r, "scrapped")}
				}
				report(domain.Inspect{ID: o.pick(r), Document: rapid.SampledFrom([]string{"i1", "i2"}).Draw(r, "document"),
					Lines: []domain.InspectedLine{{Position: 1, WithheldReason: "theirs", Inspection: domain.Inspection{
						Split: split(), OnHold: small.Draw(r, "held"), FromHold: split(), Withheld: small.Draw(r, "withheld")}}}})
			},
			"credit": func(r *rapid.T) {
				if found := o.desk.Returns[o.pick(r)]; found != nil {
					o.apply(creditAll(found))
				}
			},
			"repeat": func(r *rapid.T) {
				if len(reports) > 0 {
					o.apply(rapid.SampledFrom(reports).Draw(r, "report"))
				}
			},
			"": func(*rapid.T) { o.sound() },
		})
	})
}

// pick draws a return, or one that is not there.
func (o *office) pick(r *rapid.T) uuid.UUID {
	ids := []uuid.UUID{{1}}
	for id := range o.desk.Returns {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) })
	return rapid.SampledFrom(ids).Draw(r, "return")
}

// sound checks the rules on all returns and all events so far.
func (o *office) sound() {
	o.t.Helper()
	allowed := map[string]int64{}
	for _, r := range o.desk.Returns {
		for _, l := range r.Lines {
			allowed[l.ShipmentLineID] += l.Authorized - l.Voided
			seen := l.Restocked + l.OnHold + l.Damaged + l.Scrapped + l.ReturnedToVendor
			if l.Received != seen+l.Uninspected || l.Uninspected < 0 || l.OnHold < 0 || l.Received > l.Authorized-l.Voided+l.Blind {
				o.t.Fatalf("line %+v", l)
			}
			if l.Credited < l.CreditIssued || l.Credited > l.Authorized-l.Voided || !l.Service && l.Credited > seen || l.Unbilled && l.Credited > 0 {
				o.t.Fatalf("credited %+v", l)
			}
		}
		if r.State == domain.ReturnClosed && (r.Outstanding() || !r.Closing && r.Blind()) {
			o.t.Fatalf("closed, and something is open: %+v", r)
		}
	}
	for line, a := range o.desk.Allowances {
		if a.Free() < 0 || allowed[line] != a.Authorized-a.Voided {
			o.t.Fatalf("of %d shipped %d may come back, returns say %d", a.Shipped, a.Authorized-a.Voided, allowed[line])
		}
	}
	o.told = nil
	sequences, moved := map[uuid.UUID]int64{}, map[uuid.UUID]domain.ReturnMovement{}
	for _, event := range o.all {
		if sequences[event.Return.ID]++; event.Sequence != sequences[event.Return.ID] {
			o.t.Fatalf("event %d has sequence %d, want %d", event.Kind, event.Sequence, sequences[event.Return.ID])
		}
		for _, m := range event.Movements {
			sum := moved[event.Return.ID]
			sum.Received, sum.OnHold, sum.Credited = sum.Received+m.Received, sum.OnHold+m.OnHold, sum.Credited+m.Credited
			sum.Restocked, sum.Damaged, sum.Scrapped = sum.Restocked+m.Restocked, sum.Damaged+m.Damaged, sum.Scrapped+m.Scrapped
			moved[event.Return.ID] = sum
		}
	}
	for id, r := range o.desk.Returns {
		var want domain.ReturnMovement
		for _, l := range r.Lines {
			want.Received, want.OnHold = want.Received+l.Received, want.OnHold+l.OnHold
			want.Restocked, want.Damaged, want.Scrapped = want.Restocked+l.Restocked, want.Damaged+l.Damaged, want.Scrapped+l.Scrapped
			if !l.Service {
				want.Credited += l.Credited
			}
		}
		if moved[id] != want || sequences[id] != r.Sequence {
			o.t.Fatalf("the movements told add up to %+v, the return holds %+v", moved[id], want)
		}
	}
}

// Receipts and inspections of a true story, told twice and in any order, end in the same state as told in their own order.
func TestReportsOfReturnsInAnyOrderGiveTheSameState(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		straight, mixed := newOffice(r), newOffice(r)
		var returns []*domain.Return
		for _, o := range []*office{straight, mixed} {
			lines := o.shipped(domain.ShipmentLine{SKU: "GOODS", Quantity: 100})
			returns = append(returns, o.one(o.ask(refer(lines[0], "10"))))
		}
		part := rapid.Int64Range(0, 5)
		var reports []domain.ReturnCommand
		var seen domain.Inspection
		var arrived int64
		for range rapid.IntRange(1, 6).Draw(r, "reports") {
			step := domain.Split{Restocked: part.Draw(r, "restocked"), Damaged: part.Draw(r, "damaged")}
			held := part.Draw(r, "held")
			seen.Restocked, seen.Damaged, seen.OnHold = seen.Restocked+step.Restocked, seen.Damaged+step.Damaged, seen.OnHold+held
			seen.FromHold.Scrapped += rapid.Int64Range(0, seen.OnHold-seen.FromHold.Scrapped).Draw(r, "scrapped")
			arrived += step.Restocked + step.Damaged + held + part.Draw(r, "not looked at")
			if arrived > 0 {
				reports = append(reports, came(returns[0], "d", 1, arrived))
			}
			reports = append(reports, found(returns[0], "i", 1, seen))
		}
		straight.apply(reports...)
		shuffled := append(slices.Clone(reports), reports...)
		order := rand.New(rand.NewPCG(rapid.Uint64().Draw(r, "seed"), 0))
		order.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		for _, report := range shuffled {
			mixed.one(report)
		}
		ignored := cmpopts.IgnoreFields(domain.Return{}, "Sequence", "Version")
		if diff := cmp.Diff(returns[0], returns[1], ignored); diff != "" {
			r.Fatal(diff)
		}
		straight.sound()
		mixed.sound()
	})
}
