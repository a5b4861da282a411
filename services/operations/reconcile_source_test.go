package operations

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"

	booksv1 "github.com/waybill-dev/waybill/gen/waybill/books/v1"
	commonv1 "github.com/waybill-dev/waybill/gen/waybill/common/v1"
	erpv1 "github.com/waybill-dev/waybill/gen/waybill/connector/erp/v1"
	"github.com/waybill-dev/waybill/internal/invariant"
	"github.com/waybill-dev/waybill/internal/reconcile"
)

// paged gives figures and postings in two pages.
type paged struct {
	booksv1.BooksServiceClient
	erpv1.ErpServiceClient
	breaks  int
	waiting int64
	fail    error
}

func (p paged) ReadFigure(_ context.Context, req *booksv1.ReadFigureRequest, _ ...grpc.CallOption) (*booksv1.ReadFigureResponse, error) {
	if req.GetPageToken() == "" {
		return &booksv1.ReadFigureResponse{Entries: []*booksv1.FigureEntry{{Subject: "a", Value: "1"}}, NextPageToken: "a"}, nil
	}
	return &booksv1.ReadFigureResponse{Entries: []*booksv1.FigureEntry{{Subject: "b", Value: "2"}}}, nil
}

func (p paged) ListPostings(_ context.Context, req *erpv1.ListPostingsRequest, _ ...grpc.CallOption) (*erpv1.ListPostingsResponse, error) {
	if req.GetPageToken() == "" {
		return &erpv1.ListPostingsResponse{NextPageToken: "next", Postings: []*erpv1.Posting{
			{DocumentId: "inv_1", Total: &commonv1.Money{MinorUnits: 1200}}, {DocumentId: "ord_1/0"},
		}}, nil
	}
	return &erpv1.ListPostingsResponse{Postings: []*erpv1.Posting{{DocumentId: "ord_1/1"}, {DocumentId: "ord_2/0"}}}, nil
}

func (p paged) CheckRule(context.Context, *booksv1.CheckRuleRequest, ...grpc.CallOption) (*booksv1.CheckRuleResponse, error) {
	return &booksv1.CheckRuleResponse{Breaks: slices.Repeat([]*booksv1.BookBreak{{Entity: "x"}}, p.breaks)}, nil
}

func (p paged) CheckPublished(context.Context, *booksv1.CheckPublishedRequest, ...grpc.CallOption) (*booksv1.CheckPublishedResponse, error) {
	return &booksv1.CheckPublishedResponse{Waiting: p.waiting}, p.fail
}

// Figures of services and of the ERP are read to their last page; later versions of orders are not compared.
func TestFiguresAreReadToTheirEnd(t *testing.T) {
	from := source{books: map[string]booksv1.BooksServiceClient{"order": paged{}}, erp: paged{}}
	for _, c := range []struct {
		side reconcile.Side
		want []string
	}{
		{reconcile.Side{Role: "order", Figure: "order.promised"}, []string{"a 1", "b 2"}},
		{reconcile.Side{Role: "connector-erp", Figure: "erp.posted"}, []string{"inv_1 1200", "ord_1 1", "ord_2 1"}},
	} {
		var got []string
		for after, pages := "", 0; pages == 0 || after != "" && pages < 9; pages++ {
			page, err := from.Figure(t.Context(), c.side, after)
			if err != nil {
				t.Fatal(err)
			}
			for _, entry := range page.Entries {
				got = append(got, entry.Subject+" "+entry.Value)
			}
			after = page.Next
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", c.side.Figure, diff)
		}
	}
}

// A rule of a service's own tables that lists as many breaks as it may does not list them all.
func TestWhetherARuleListsAllItsBreaks(t *testing.T) {
	for breaks, whole := range map[int]bool{0: true, invariant.MaxBreaks - 1: true, invariant.MaxBreaks: false} {
		from := source{books: map[string]booksv1.BooksServiceClient{"order": paged{breaks: breaks}}}
		found, all, err := from.look(t.Context(), &bookRule{name: "order.L1", role: "order"})
		if err != nil || all != whole || found.Broken != int64(breaks) || len(found.Breaks) != breaks {
			t.Errorf("%d breaks: whole %v, %v, %v", breaks, all, found.Broken, err)
		}
	}
}

// What is not published is counted over all services, and one that does not say keeps the count from being trusted.
func TestWhatIsNotPublishedIsCountedOverAll(t *testing.T) {
	from := source{books: map[string]booksv1.BooksServiceClient{"a": paged{waiting: 2}, "b": paged{waiting: 3}, "c": paged{}}}
	if waiting, err := from.unpublished(t.Context(), time.Now()); waiting != 5 || err != nil {
		t.Errorf("%d, %v", waiting, err)
	}
	from.books["c"] = paged{fail: errors.New("away")}
	if waiting, err := from.unpublished(t.Context(), time.Now()); err == nil {
		t.Errorf("%d, and one does not say", waiting)
	}
}
