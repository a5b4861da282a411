package domain

import (
	"testing"

	"pgregory.net/rapid"
)

// Whatever is asked and whatever happens, in whatever order: L1 and L2 hold, and no unit is promised, wanted from
// warehouses or freed more often than it was ordered.
func TestAnyOrderOfFacts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := order(rapid.SampledFrom([]Policy{ShipPartial, ShipComplete, FillOrKill}).Draw(t, "policy"),
			rapid.Int64Range(1, 8).Draw(t, "first"), rapid.Int64Range(1, 8).Draw(t, "second"), -1)
		nodes := []Node{"A", "B", "C"}
		o.Await("k")
		part := func() Part {
			return Part{
				rapid.Int32Range(1, 3).Draw(t, "line"), rapid.SampledFrom(nodes).Draw(t, "node"), rapid.Int64Range(1, 8).Draw(t, "quantity"),
			}
		}
		var freed int64
		var asked []Part
		steps := map[string]func(*rapid.T){
			"arrived": func(*rapid.T) { o.StockArrived("k", []Part{part()}) },
			"revoked": func(*rapid.T) {
				o.StockRevoked(rapid.SampledFrom([]string{"k", "s", ""}).Draw(t, "key"), []Part{part()})
			},
			"shipped": func(*rapid.T) { p := part(); o.Shipped(p.Node, []Part{p}, now) },
			"invoiced": func(t *rapid.T) {
				number := rapid.Int32Range(1, 3).Draw(t, "of")
				if line := o.Line(number); line.Invoiced+line.Ahead < line.Ordered {
					o.Invoiced([]Part{{number, "", 1}}, now)
				}
			},
			"shorted":   func(*rapid.T) { p := part(); o.Shorted(p.Node, []Part{p}, now) },
			"not taken": func(*rapid.T) { p := part(); o.NotTaken(p.Node, []Part{p}, now) },
			"stopped":   func(*rapid.T) { p := part(); o.Stopped(p.Node, []Part{p}, now) },
			"hand over": func(*rapid.T) { o.Released(o.NextProcess(), o.HandOver(now)) },
			"source": func(*rapid.T) {
				again, added := o.Source(now)
				asked = append(append(asked, again...), added...)
				o.NotGivenBack(o.Errands.GiveBackWith(again, 2))
			},
			"cancel": func(t *rapid.T) {
				if rapid.Bool().Draw(t, "all") {
					_, _ = o.Cancel(nil, "a", "r", now)
					return
				}
				p := part()
				if p.Quantity <= o.Line(p.Line).Ordered {
					_, _ = o.Cancel([]CancelWant{{p.Line, p.Quantity}}, "a", "r", now)
				}
			},
			"sourced": func(*rapid.T) {
				p := part()
				o.Sourced(asked, Grant{Key: "s", Lines: []GrantLine{{Line: p.Line, At: []Part{p}, Backordered: 1}}}, now)
				asked = nil
			},
			"decided": func(t *rapid.T) {
				if o.State != Received {
					return
				}
				switch rapid.IntRange(0, 3).Draw(t, "how") {
				case 0:
					o.Forget("k")
					o.Hold(HoldCredit, "CREDIT_LIMIT", "", now)
				case 1:
					o.Forget("k")
					o.Reject(Reason{Reason: "INSUFFICIENT"})
				default:
					p := part()
					o.granted(p, Part{3 - p.Line%2, "", 1})
				}
			},
			"held":           func(*rapid.T) { _, _ = o.PlaceHold(HoldManual, "a", "m", now) },
			"lifted by hand": func(*rapid.T) { _, _ = o.LiftHold(HoldManual, "a", "r", now) },
			"amended": func(t *rapid.T) {
				wanted := rapid.Int64Range(0, 12).Draw(t, "wanted")
				want := LineWant{Line: 1, More: max(wanted-o.Lines[0].Wanted(), 0), Less: max(o.Lines[0].Wanted()-wanted, 0)}
				_, _ = o.Amend(&Amendment{Revision: o.Revision + 1, Lines: []LineWant{want}, Added: []Line{{Ordered: 2, Open: 2}}}, now)
			},
			"shipped beyond": func(t *rapid.T) {
				o.OverShipped("LEEDS", []Part{{Line: 1, Quantity: rapid.Int64Range(1, 3).Draw(t, "over")}}, now)
			},
			"paid":   func(*rapid.T) { o.Paid() },
			"lifted": func(*rapid.T) { _, _ = o.LiftHold(HoldCredit, "a", "r", now) },
			"": func(t *rapid.T) {
				o.mustKeep(t)
				for _, part := range o.Errands.Free {
					freed += part.Quantity
				}
				o.Errands = Errands{}
				var ordered int64
				for i := range o.Lines {
					ordered += o.Lines[i].Ordered
				}
				if freed > ordered {
					t.Fatalf("credit for %d units was freed, %d were ordered", freed, ordered)
				}
			},
		}
		t.Repeat(steps)
	})
}
