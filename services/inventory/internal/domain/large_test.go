package domain_test

import (
	"fmt"
	"testing"

	"github.com/waybill-dev/waybill/services/inventory/internal/domain"
)

// The largest order there is, each line of it from three places, in one transaction that all others wait for: what is
// done for each line must not look at all the other ones. It is not timed; it took ten seconds when it did.
func TestTheLargestOrder(t *testing.T) {
	const lines = 10_000
	nodes := []domain.Node{{ID: "N1"}, {ID: "N2"}, {ID: "N3"}}
	wanted := domain.Want{ID: newWorld().id(), Key: "k", Order: "o1", Shortage: domain.Backorder}
	var stock []domain.Adjustment
	var back []domain.CancelLine
	for i := range lines {
		sku, line := domain.SKU(fmt.Sprintf("S%d", i)), int32(i+1)
		wanted.Lines = append(wanted.Lines, domain.WantLine{Line: line, SKU: sku, Quantity: 4})
		for _, node := range nodes {
			stock = append(stock, domain.Adjustment{StockKey: domain.StockKey{SKU: sku, Node: node.ID}, Quantity: 1, OccurredAt: now})
			back = append(back, domain.CancelLine{Line: line, Node: node.ID, Quantity: 1})
		}
		back = append(back, domain.CancelLine{Line: line, Quantity: 1})
	}
	shelf := domain.NewShelf(nodes, now)
	shelf.Reserve([]domain.Want{wanted})
	if err := shelf.Adjust(stock); err != nil {
		t.Fatal(err)
	}
	for _, one := range stock {
		if got := shelf.Balance(one.StockKey); got.Reserved != 1 {
			t.Fatalf("balance %+v, want it promised to what waited", got)
		}
	}
	given := shelf.Cancel([]domain.Cancellation{{Key: "c", Order: "o1", Lines: back}})
	if got := len(given[0].GivenBack); got != len(back) {
		t.Errorf("%d parts given back, want %d", got, len(back))
	}
	for _, one := range stock {
		if got := shelf.Balance(one.StockKey); got.Reserved != 0 {
			t.Fatalf("balance %+v, want nothing promised", got)
		}
	}
	if left := shelf.Changes(newWorld().id).Demand; len(left) != lines || left[0].Remaining != 0 {
		t.Errorf("%d parts of the queue changed, the first to %+v", len(left), left[0])
	}
}
