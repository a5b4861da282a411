package domain_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/waybill-dev/waybill/services/inventory/internal/domain"
)

// TestSourcing asks for one request in a world of three places, in order of preference N1, N2, N3.
func TestSourcing(t *testing.T) {
	type ask struct {
		sku      domain.SKU
		quantity int64
	}
	type at = []domain.Placement
	tests := map[string]struct {
		stock    map[domain.StockKey]int64
		excluded []domain.NodeID
		ask      []ask
		want     []at
	}{
		"the preferred place that has all": {
			stock: map[domain.StockKey]int64{{SKU: "A", Node: "N1"}: 5, {SKU: "A", Node: "N2"}: 5},
			ask:   []ask{{"A", 5}},
			want:  []at{{{Node: "N1", Quantity: 5}}},
		},
		"one shipment before preference": {
			stock: map[domain.StockKey]int64{
				{SKU: "A", Node: "N1"}: 5, {SKU: "A", Node: "N3"}: 5, {SKU: "B", Node: "N2"}: 5, {SKU: "B", Node: "N3"}: 5,
			},
			ask:  []ask{{"A", 1}, {"B", 1}},
			want: []at{{{Node: "N3", Quantity: 1}}, {{Node: "N3", Quantity: 1}}},
		},
		"two places rather than three": {
			stock: map[domain.StockKey]int64{
				{SKU: "A", Node: "N1"}: 9, {SKU: "B", Node: "N2"}: 9, {SKU: "C", Node: "N3"}: 9, {SKU: "A", Node: "N3"}: 9,
			},
			ask:  []ask{{"A", 1}, {"B", 1}, {"C", 1}},
			want: []at{{{Node: "N3", Quantity: 1}}, {{Node: "N2", Quantity: 1}}, {{Node: "N3", Quantity: 1}}},
		},
		"the preferred pair": {
			stock: map[domain.StockKey]int64{
				{SKU: "A", Node: "N1"}: 9, {SKU: "A", Node: "N2"}: 9, {SKU: "B", Node: "N3"}: 9, {SKU: "B", Node: "N2"}: 1,
			},
			ask:  []ask{{"A", 1}, {"B", 2}},
			want: []at{{{Node: "N1", Quantity: 1}}, {{Node: "N3", Quantity: 2}}},
		},
		"preference does not follow the order of the lines": {
			stock: map[domain.StockKey]int64{
				{SKU: "A", Node: "N2"}: 1, {SKU: "A", Node: "N3"}: 1,
				{SKU: "B", Node: "N1"}: 1, {SKU: "B", Node: "N2"}: 1, {SKU: "B", Node: "N3"}: 1,
			},
			ask:  []ask{{"A", 1}, {"B", 2}},
			want: []at{{{Node: "N2", Quantity: 1}}, {{Node: "N1", Quantity: 1}, {Node: "N2", Quantity: 1}}},
		},
		"a line is split when no place has it": {
			stock: map[domain.StockKey]int64{
				{SKU: "A", Node: "N1"}: 2, {SKU: "A", Node: "N2"}: 3, {SKU: "A", Node: "N3"}: 4,
			},
			ask:  []ask{{"A", 6}},
			want: []at{{{Node: "N3", Quantity: 4}, {Node: "N1", Quantity: 2}}},
		},
		"a small line leaves room for a large one": {
			stock: map[domain.StockKey]int64{{SKU: "A", Node: "N1"}: 4, {SKU: "A", Node: "N2"}: 3},
			ask:   []ask{{"A", 3}, {"A", 4}},
			want:  []at{{{Node: "N2", Quantity: 3}}, {{Node: "N1", Quantity: 4}}},
		},
		"lines of one item share what there is": {
			stock: map[domain.StockKey]int64{{SKU: "A", Node: "N1"}: 5},
			ask:   []ask{{"A", 3}, {"A", 4}},
			want:  []at{{{Node: "N1", Quantity: 3}}, {{Node: "N1", Quantity: 2}}},
		},
		"excluded places do not serve": {
			stock:    map[domain.StockKey]int64{{SKU: "A", Node: "N1"}: 5, {SKU: "A", Node: "N2"}: 1},
			excluded: []domain.NodeID{"N1"},
			ask:      []ask{{"A", 2}},
			want:     []at{{{Node: "N2", Quantity: 1}}},
		},
		"nothing there": {ask: []ask{{"A", 2}}, want: []at{nil}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(
				domain.Node{ID: "N3", Priority: 2}, domain.Node{ID: "N2", Priority: 1}, domain.Node{ID: "N1", Priority: 1},
				domain.Node{ID: "N0", Priority: 0, Inactive: true},
			)
			w.stock("A", "N0", 100)
			for key, quantity := range test.stock {
				w.stock(key.SKU, key.Node, quantity)
			}
			asked := domain.Want{Key: "k", Order: "o", Shortage: domain.Drop, Excluded: test.excluded}
			for i, line := range test.ask {
				asked.Lines = append(asked.Lines, domain.WantLine{Line: int32(i + 1), SKU: line.sku, Quantity: line.quantity})
			}
			var got []at
			for i, line := range w.reserve(asked)[0].Lines {
				got = append(got, line.Placed)
				var placed int64
				for _, here := range line.Placed {
					placed += here.Quantity
				}
				if placed+line.Unfilled != test.ask[i].quantity {
					t.Errorf("line %+v does not add up to %d", line, test.ask[i].quantity)
				}
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestFewestPlaces compares with trying every set of places.
func TestFewestPlaces(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		nodes := rapid.IntRange(1, 6).Draw(t, "nodes")
		w := newWorld()
		for n := range nodes {
			w.nodes = append(w.nodes, domain.Node{ID: domain.NodeID(fmt.Sprintf("N%d", n))})
		}
		asked := domain.Want{Key: "k", Order: "o", Shortage: domain.Drop}
		stock := map[domain.SKU][]int64{}
		for i := range rapid.IntRange(1, 4).Draw(t, "lines") {
			sku := domain.SKU(fmt.Sprintf("S%d", i))
			asked.Lines = append(asked.Lines, domain.WantLine{Line: int32(i + 1), SKU: sku, Quantity: rapid.Int64Range(1, 9).Draw(t, "asked")})
			for n := range nodes {
				there := rapid.Int64Range(0, 6).Draw(t, "stock")
				stock[sku] = append(stock[sku], there)
				if there > 0 {
					w.stock(sku, w.nodes[n].ID, there)
				}
			}
		}
		used := map[domain.NodeID]bool{}
		filled := map[domain.SKU]int64{}
		for _, line := range w.reserve(asked)[0].Lines {
			for _, here := range line.Placed {
				used[here.Node] = true
				filled[line.SKU] += here.Quantity
			}
		}
		fewest := nodes + 1
		for set := range 1 << nodes {
			size, enough := 0, true
			for n := range nodes {
				size += set >> n & 1
			}
			for _, line := range asked.Lines {
				var all, here int64
				for n, there := range stock[line.SKU] {
					all += there
					here += there * int64(set>>n&1)
				}
				if filled[line.SKU] != min(all, line.Quantity) {
					t.Fatalf("%s: got %d of %d, there are %d", line.SKU, filled[line.SKU], line.Quantity, all)
				}
				enough = enough && here >= filled[line.SKU]
			}
			if enough {
				fewest = min(fewest, size)
			}
		}
		if len(used) != fewest {
			t.Fatalf("%d places, %d would do", len(used), fewest)
		}
	})
}

// TestManyPlaces is beyond the exhaustive search: what there is must be found all the same.
func TestManyPlaces(t *testing.T) {
	w := newWorld()
	asked := domain.Want{Key: "k", Order: "o", Shortage: domain.Refuse}
	for n := range 40 {
		node := domain.NodeID(fmt.Sprintf("N%02d", n))
		w.nodes = append(w.nodes, domain.Node{ID: node})
		sku := domain.SKU(fmt.Sprintf("S%02d", n%20))
		w.stock(sku, node, 3)
		if n < 20 {
			asked.Lines = append(asked.Lines, domain.WantLine{Line: int32(n + 1), SKU: sku, Quantity: 6})
		}
	}
	outcome := w.reserve(asked)[0]
	if outcome.Refusal != nil || len(outcome.Lines[0].Placed) != 2 {
		t.Errorf("outcome %+v", outcome)
	}
	if err := w.broken(); err != nil {
		t.Error(err)
	}
}
