package domain_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/waybill-dev/waybill/services/inventory/internal/domain"
)

func site(id domain.NodeID, free int64) domain.Site {
	return domain.Site{Profile: domain.Profile{Node: domain.Node{ID: id}, Calendar: domain.Calendar{CutOff: -1}}, Free: free}
}

func TestPromiseExplainsEachPlace(t *testing.T) {
	far := site("FAR", 10)
	far.Transits = []domain.TransitTime{{"", "", 4}}
	closed := site("CLOSED", 10)
	closed.Closed = map[int]bool{7: true} // now is a Sunday
	busy := site("BUSY", 10)
	busy.Capacity, busy.Backlog = 10, 15
	kept := site("KEPT", 10)
	kept.Kept = 8
	frozen, inactive, excluded := site("FROZEN", 10), site("INACTIVE", 10), site("EXCLUDED", 10)
	frozen.Frozen, inactive.Inactive, excluded.Excluded = true, true, true
	later := site("LATER", 0)
	later.Supply = []domain.Dated{{day(2), 10}}
	market := domain.Market{Left: math.MaxInt64, Sites: []domain.Site{
		far, closed, busy, kept, frozen, inactive, excluded, later, site("EMPTY", 0), site("GOOD", 5), site("SECOND", 5),
	}}
	made := market.Promise(now, 5, domain.Destination{})
	want := map[domain.NodeID]domain.Reason{
		"FAR": domain.TransitLonger, "CLOSED": domain.CalendarClosed, "BUSY": domain.CapacityTaken, "KEPT": domain.SafetyKept,
		"FROZEN": domain.IsFrozen, "INACTIVE": domain.IsInactive, "EXCLUDED": domain.IsExcluded, "LATER": domain.NoStock,
		"EMPTY": domain.NoStock, "GOOD": domain.Chosen, "SECOND": domain.LessPreferred,
	}
	for _, candidate := range made.Candidates {
		if candidate.Reason != want[candidate.Node] {
			t.Errorf("%s: reason %d, want %d (%+v)", candidate.Node, candidate.Reason, want[candidate.Node], candidate)
		}
	}
	if made.Arrives != domain.DateOf(now) {
		t.Errorf("arrives %v", made.Arrives)
	}
}

func TestPromise(t *testing.T) {
	soon := func(id domain.NodeID, free int64, days int, quantity int64) domain.Site {
		made := site(id, free)
		made.Supply = []domain.Dated{{day(days), quantity}}
		return made
	}
	for _, test := range []struct {
		name     string
		market   domain.Market
		quantity int64
		arrives  int // days from now; negative: never
		parts    string
	}{
		{"from the first with all of it", domain.Market{Sites: []domain.Site{site("N1", 3), site("N2", 5)}}, 5, 0, "N2:5 "},
		{"from two when none has it", domain.Market{Sites: []domain.Site{site("N1", 3), site("N2", 5)}}, 8, 0, "N2:5 N1:3 "},
		{"from two when they are earlier", domain.Market{Sites: []domain.Site{soon("N1", 3, 4, 9), site("N2", 5)}}, 8, 0, "N2:5 N1:3 "},
		{"when supply comes", domain.Market{Sites: []domain.Site{soon("N1", 3, 4, 9)}}, 8, 4, "N1:8 "},
		{"never", domain.Market{Sites: []domain.Site{soon("N1", 3, 4, 9)}}, 13, -1, ""},
		{
			"not what demand waits for", domain.Market{
				Sites: []domain.Site{soon("N1", 5, 4, 5)}, Demand: []domain.Dated{{day(1), 3}},
			}, 5, 4, "N1:5 ",
		},
		{
			"two places do not hand out a later demand's stock", domain.Market{
				Sites:  []domain.Site{site("N1", 8), site("N2", 8), soon("N3", 0, 7, 6)},
				Demand: []domain.Dated{{day(1), 6}},
			}, 16, 7, "N1:8 N2:8 ",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.market.Left = math.MaxInt64
			made := test.market.Promise(now, test.quantity, domain.Destination{})
			var parts string
			for _, part := range made.Parts {
				parts += fmt.Sprintf("%s:%d ", part.Node, part.Quantity)
			}
			var want domain.Date
			if test.arrives >= 0 {
				want = domain.DateOf(day(test.arrives))
			}
			if parts != test.parts || made.Arrives != want {
				t.Errorf("%q on %v, want %q on %v", parts, made.Arrives, test.parts, want)
			}
		})
	}
}

func TestTwoLinesOfOneItemDoNotPassAlone(t *testing.T) {
	market := domain.Market{Sites: []domain.Site{site("N1", 5)}, Left: math.MaxInt64}
	first := market.Promise(now, 3, domain.Destination{})
	market.Take(first.Parts)
	if second := market.Promise(now, 3, domain.Destination{}); len(second.Parts) > 0 {
		t.Errorf("both: %+v", second)
	}
}

// TestTheEarliestDateIsPromised compares with trying every place at every moment, and hands out units one by one to see that
// nobody is starved.
func TestTheEarliestDateIsPromised(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		market := domain.Market{Left: rapid.Int64Range(0, 30).Draw(t, "left"), Demand: drawDated(t, "demand")}
		for i := range rapid.IntRange(1, 4).Draw(t, "sites") {
			one := site(domain.NodeID(fmt.Sprintf("N%d", i)), rapid.Int64Range(0, 10).Draw(t, "free"))
			one.Kept = rapid.Int64Range(0, 4).Draw(t, "kept")
			one.Calendar, one.Supply = drawCalendar(t), drawDated(t, "supply")
			one.Transits = []domain.TransitTime{{"", "", rapid.IntRange(0, 5).Draw(t, "transit")}}
			one.Excluded = rapid.IntRange(0, 5).Draw(t, "excluded") == 0
			market.Sites = append(market.Sites, one)
		}
		quantity := rapid.Int64Range(1, 15).Draw(t, "quantity")
		made := market.Promise(now, quantity, domain.Destination{})
		network, sites := market.Curves(now)
		var earliest domain.Date
		for i := range market.Sites {
			for n := range 15 {
				if sites[i].At(day(n)) < quantity {
					continue
				}
				arrives := naiveShipDate(market.Sites[i].Calendar, day(n)).Plus(market.Sites[i].Days("", ""))
				if earliest == (domain.Date{}) || compareDates(arrives, earliest) < 0 {
					earliest = arrives
				}
			}
		}
		if earliest != (domain.Date{}) && (len(made.Parts) == 0 || compareDates(earliest, made.Arrives) < 0) {
			t.Fatalf("promised %+v, one place could on %v", made, earliest)
		}
		if _, some := network.Earliest(quantity); len(made.Parts) == 0 && some {
			t.Fatalf("nothing is promised, and there is enough: %v", network)
		}
		checkParts(t, &market, network, quantity, made.Parts)
	})
}

// checkParts sees that a promise is whole and takes nothing that is another's at any time.
func checkParts(t *rapid.T, market *domain.Market, network domain.Curve, quantity int64, parts []domain.PromisePart) {
	if len(parts) == 0 {
		return
	}
	var total int64
	for _, part := range parts {
		total += part.Quantity
		var by int64
		for _, other := range parts {
			if !other.AvailableAt.After(part.AvailableAt) {
				by += other.Quantity
			}
		}
		if by > network.At(part.AvailableAt) {
			t.Fatalf("%d by %v, and %d are free: %+v", by, part.AvailableAt, network.At(part.AvailableAt), parts)
		}
		at := slices.IndexFunc(market.Sites, func(site domain.Site) bool { return site.ID == part.Node })
		if own := market.Sites[at].Curve(now); own.At(part.AvailableAt) < part.Quantity || market.Sites[at].Excluded {
			t.Fatalf("%+v of %v", part, own)
		}
	}
	if total != quantity {
		t.Fatalf("%d promised of %d", total, quantity)
	}
}
