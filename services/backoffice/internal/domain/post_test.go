package domain_test

import (
	"testing"
	"time"

	"github.com/waybill-dev/waybill/services/backoffice/internal/domain"
)

func TestPositions(t *testing.T) {
	early, late := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC)
	sorted := []domain.Post{
		domain.Order("ord_1", 0), domain.Order("ord_1", 1), domain.Order("ord_1", 1<<30),
		domain.Reduction("ord_1", 1), domain.Reduction("ord_1", 1<<40),
		domain.Invoice("inv_1", "ord_1", early), domain.Invoice("inv_2", "ord_1", late), domain.Closure("ord_1", 2),
		domain.CreditMemo("crm_1", "ord_1", early), domain.WriteOff("jrn_1", "ord_1", early.Add(time.Microsecond)), domain.CreditMemo("crm_2", "ord_1", late),
	}
	for i, post := range sorted {
		if i > 0 && post.Position <= sorted[i-1].Position {
			t.Errorf("%s comes before %s", post.DocumentID, sorted[i-1].DocumentID)
		}
		if isOrder := i < 3; isOrder != (post.Position < domain.FirstAfterOrder) {
			t.Errorf("%s is taken for something else", post.DocumentID)
		}
	}
	if alone := domain.CreditMemo("crm_3", "", early); alone.OrderID != "crm_3" {
		t.Errorf("a memo without an order belongs to %q", alone.OrderID)
	}
}

func TestFit(t *testing.T) {
	heads := []domain.Head{{Bytes: 10}, {Bytes: 1}, {Bytes: 1}, {Bytes: 5}}
	for _, test := range []struct {
		most  int
		bytes int64
		want  int
	}{{100, 100, 4}, {100, 12, 3}, {2, 100, 2}, {100, 5, 1}, {4, 17, 4}} {
		if got := len(domain.Fit(heads, test.most, test.bytes)); got != test.want {
			t.Errorf("at most %d and %d bytes: %d, want %d", test.most, test.bytes, got, test.want)
		}
	}
	for attempt, want := range []int{100, 50, 25, 12, 6, 3, 1, 1} {
		tried := make([]domain.Head, 200)
		for i := range tried {
			tried[i].Attempt = int64(attempt)
		}
		if got := len(domain.Fit(tried, 100, 1)); got != want {
			t.Errorf("after %d attempts: %d, want %d", attempt, got, want)
		}
	}
	if got := len(domain.Fit([]domain.Head{{}, {}, {Attempt: 9}, {}}, 100, 1)); got != 2 {
		t.Errorf("before one that was tried often: %d, want 2", got)
	}
	if got := domain.Fit(nil, 1, 1); len(got) != 0 {
		t.Errorf("nothing fits as %v", got)
	}
}

// What a document is stands in its id, which does not change.
func TestKindOf(t *testing.T) {
	at := time.Unix(1, 0)
	for document, want := range map[string]domain.Kind{
		domain.Order("ord_1", 0).DocumentID: domain.KindOrder, domain.Order("ord_1", 12).DocumentID: domain.KindOrder, domain.Reduction("ord_1", 7).DocumentID: domain.KindOrderReduction,
		domain.Closure("ord_1", 3).DocumentID: domain.KindOrderClosure, domain.Invoice("inv_1", "ord_1", at).DocumentID: domain.KindInvoice,
		domain.CreditMemo("crm_1", "", at).DocumentID: domain.KindCreditMemo, domain.WriteOff("jrn_1", "ord_1", at).DocumentID: domain.KindWriteOff,
		"ord_1": domain.KindUnknown, "ord_1/later": domain.KindUnknown, "ord_1/": domain.KindUnknown, "": domain.KindUnknown,
	} {
		if got := domain.KindOf(document); got != want {
			t.Errorf("%q is of kind %d, want %d", document, got, want)
		}
	}
}
