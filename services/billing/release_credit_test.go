package billing

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	"github.com/waybill-dev/waybill/internal/fault"
)

func given(line int32, quantity int64) *orderv1.LineBuckets {
	return &orderv1.LineBuckets{LineNumber: line, Cancelled: quantity}
}

func TestReleaseByQuantities(t *testing.T) {
	w := newWorld(t)
	w.account("ACME", nil)
	order := priced("ACME", "10", "5") // 120.00 and 60.00 with tax
	w.granted(order)
	part := &billingv1.CreditRelease{Key: "p", OrderId: order.GetOrderId(), Lines: []*orderv1.LineBuckets{given(1, 4), given(2, 1)}}
	if got := w.release(part, part); !cmp.Equal(got, []int64{5400, 5400}) {
		t.Errorf("released %v, want the same answer for the repeat in the set", got)
	}
	if got := w.release(part); got[0] != 5400 {
		t.Errorf("the repeat answers %d", got[0])
	}
	w.wantCredit("ACME", 0, 0, 12_600)
	// More than remains gives back what remains.
	if got := w.release(&billingv1.CreditRelease{Key: "q", OrderId: order.GetOrderId(), Lines: []*orderv1.LineBuckets{given(1, 100), given(9, 1)}}); got[0] != 7200 {
		t.Errorf("released %v", got)
	}
	if got := w.release(&billingv1.CreditRelease{Key: "r", OrderId: order.GetOrderId()}); got[0] != 5400 {
		t.Errorf("the rest: %v", got)
	}
	w.wantCredit("ACME", 0, 0, 0)
	w.holds()
}

func TestUndoneClaimsAreRefused(t *testing.T) {
	w := newWorld(t)
	w.account("ACME", nil)
	order := priced("ACME", "10")
	undo := &billingv1.CreditRelease{Key: "undo", OrderId: order.GetOrderId(), ClaimKey: "late"}
	if got := w.release(undo); got[0] != 0 {
		t.Errorf("released %v of a claim that never came", got)
	}
	if got := w.claim(claimOf("late", order)); got[0] != "UNDONE" {
		t.Errorf("the late claim: %q, want UNDONE", got[0])
	}
	w.wantCredit("ACME", 0, 0, 0)
	if got := w.claim(claimOf("next", order)); got[0] != "" {
		t.Errorf("the next round is refused with %s", got[0])
	}
	if got := w.release(&billingv1.CreditRelease{Key: "undo/2", OrderId: order.GetOrderId(), ClaimKey: "next"}); got[0] != 12_000 {
		t.Errorf("released %v", got)
	}
	w.wantCredit("ACME", 0, 0, 0)
	if got := w.claim(claimOf("next", order)); got[0] != "" {
		t.Errorf("a repeat of what was granted and undone: %q", got[0])
	}
	w.wantCredit("ACME", 0, 0, 0)
	w.holds()
}

func TestReleaseOfUnknownOrders(t *testing.T) {
	w := newWorld(t)
	if got := w.release(&billingv1.CreditRelease{Key: "a", OrderId: priced("ACME", "1").GetOrderId()}); got[0] != 0 {
		t.Errorf("released %v", got)
	}
	_, err := w.client.ReleaseCredit(t.Context(), &billingv1.ReleaseCreditRequest{
		Releases: []*billingv1.CreditRelease{{Key: "b", OrderId: "42"}},
	})
	if refusal, ok := fault.As(err); !ok || refusal.Reason != "ID_INVALID" || refusal.Fields[0].Path != "releases[0].order_id" {
		t.Errorf("error %v, want ID_INVALID with its place", err)
	}
}

// What was shipped is not given back, and what is shipped after all is invoiced all the same.
func TestReleaseBesideShipments(t *testing.T) {
	w := newWorld(t)
	w.account("ACME", nil)
	order := priced("ACME", "10")
	w.granted(order)
	w.ship(shipped(order, 1, 4))
	if got := w.release(&billingv1.CreditRelease{Key: "rest", OrderId: order.GetOrderId()}); got[0] != 7200 {
		t.Errorf("released %v, want six of ten", got)
	}
	w.ship(shipped(order, 1, 2))
	w.run(w.service)
	w.allIssued(2)
	w.wantCredit("ACME", 7200, 0, 0)
}
