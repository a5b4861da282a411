package inventory

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
	"github.com/waybill-dev/waybill/internal/fault"
)

// counts lists, page by page, what the request asks for: reference, lines, recorded, refused.
func (w *world) counts(request *inventoryv1.ListCountsRequest) []string {
	w.t.Helper()
	var listed []string
	for {
		page, err := w.operator.ListCounts(w.t.Context(), request)
		if err != nil {
			w.t.Fatal(err)
		}
		if size := int(request.GetPageSize()); size > 0 && len(page.GetCounts()) > size {
			w.t.Errorf("%d counts on a page of %d", len(page.GetCounts()), size)
		}
		for _, count := range page.GetCounts() {
			listed = append(listed, fmt.Sprintf("%s %d %d %d", count.GetReference(), count.GetLines(), count.GetRecorded(), count.GetRefused()))
		}
		if request.PageToken = page.GetNextPageToken(); request.GetPageToken() == "" {
			return listed
		}
	}
}

// TestCountsAreListedByPageWithTheirProgress: the newest first, of a place, and those that are not done.
func TestCountsAreListedByPageWithTheirProgress(t *testing.T) {
	w := newWorld(t)
	for i, node := range []string{"N1", "N2", "N1", "N1"} {
		started, err := w.operator.StartCount(t.Context(), &inventoryv1.StartCountRequest{
			RequestId: w.request(), NodeId: node, Reference: fmt.Sprint("C", i),
			Items: []*inventoryv1.StockCountItem{{Sku: "A"}, {Sku: "L", Lot: "L1"}},
		})
		if err != nil {
			t.Fatal(err)
		}
		results := []*inventoryv1.StockCountResult{{Sku: "A", Quantity: "3"}, {Sku: "L", Lot: "L1", Quantity: "4"}}
		if i == 3 {
			results[1].Quantity = "0.5"
		}
		if i == 1 {
			continue
		}
		if _, err := w.operator.RecordCount(t.Context(), &inventoryv1.RecordCountRequest{
			RequestId: w.request(), CountId: started.GetCount().GetCountId(), Results: results[min(i%2, i/3):],
		}); err != nil {
			t.Fatal(err)
		}
	}
	for _, listing := range []struct {
		request *inventoryv1.ListCountsRequest
		want    []string
	}{
		{&inventoryv1.ListCountsRequest{}, []string{"C3 2 0 1", "C2 2 2 0", "C1 2 0 0", "C0 2 2 0"}},
		{&inventoryv1.ListCountsRequest{PageSize: 1, NodeId: "N1"}, []string{"C3 2 0 1", "C2 2 2 0", "C0 2 2 0"}},
		{&inventoryv1.ListCountsRequest{PageSize: 2, OpenOnly: true}, []string{"C3 2 0 1", "C1 2 0 0"}},
		{&inventoryv1.ListCountsRequest{NodeId: "N1", OpenOnly: true}, []string{"C3 2 0 1"}},
	} {
		if diff := cmp.Diff(listing.want, w.counts(listing.request)); diff != "" {
			t.Errorf("%v: %s", listing.request, diff)
		}
	}
	_, err := w.operator.ListCounts(t.Context(), &inventoryv1.ListCountsRequest{PageToken: "x"})
	mustRefuse(t, err, fault.Invalid, "PAGE_TOKEN_INVALID", "page_token")
}
