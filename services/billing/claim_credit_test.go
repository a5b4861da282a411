package billing

import (
	"fmt"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
)

func TestClaimsUpToTheLimit(t *testing.T) {
	w := newWorld(t)
	w.account("ACME", nil) // limit 1000.00, 20 % estimated tax
	// 10 × 30.00 and 20 % on it: 360.00 each.
	first, second, third := priced("ACME", "30"), priced("ACME", "30"), priced("ACME", "30")
	if got := w.claim(claimOf("a", first), claimOf("b", second), claimOf("c", third)); !cmp.Equal(got, []string{"", "", "CREDIT_LIMIT"}) {
		t.Fatalf("refusals %q, want the third alone", got)
	}
	w.wantCredit("ACME", 0, 0, 72_000)
	forced := claimOf("c/2", third)
	forced.Forced = true
	if got := w.claim(forced); got[0] != "" {
		t.Fatalf("the forced claim is refused: %s", got[0])
	}
	w.wantCredit("ACME", 0, 0, 108_000)
	w.holds()
	if got := w.told("billing.credit.exposure_changed"); got != 2 {
		t.Errorf("%d events of the exposure, want one for each transaction", got)
	}
}

func TestRefusalSaysTheFigures(t *testing.T) {
	w := newWorld(t)
	w.account("ACME", nil)
	reply, err := w.client.ClaimCredit(t.Context(), &billingv1.ClaimCreditRequest{
		Claims: []*billingv1.CreditClaim{claimOf("a", priced("ACME", "50")), claimOf("b", priced("ACME", "60"))},
	})
	if err != nil {
		t.Fatal(err)
	}
	refusal := reply.GetOutcomes()[1].GetRefusal()
	want := map[string]string{"exposure": "60000", "limit": "100000", "requested": "72000"}
	if diff := cmp.Diff(want, refusal.GetDetails()); diff != "" || refusal.GetReason() != "CREDIT_LIMIT" {
		t.Errorf("refusal %v\n%s", refusal, diff)
	}
}

func TestStoppedAndUnlimitedAccounts(t *testing.T) {
	w := newWorld(t)
	w.account("STOPPED", func(account *masterdatav1.Account) { account.CreditStop, account.UnlimitedCredit = true, true })
	w.account("RICH", func(account *masterdatav1.Account) { account.UnlimitedCredit, account.CreditLimitMinor = true, 0 })
	if got := w.claim(claimOf("a", priced("STOPPED", "1")), claimOf("b", priced("RICH", "1000000"))); !cmp.Equal(got, []string{"CREDIT_STOP", ""}) {
		t.Errorf("refusals %q", got)
	}
}

// The same key gets the first outcome, whether granted or refused, in one call and in the next, and whatever became of
// the account since.
func TestRepeatedClaims(t *testing.T) {
	w := newWorld(t)
	w.account("ACME", nil)
	small, large := priced("ACME", "30"), priced("ACME", "300")
	req := &billingv1.ClaimCreditRequest{Claims: []*billingv1.CreditClaim{
		claimOf("small", small), claimOf("small", small), claimOf("large", large),
	}}
	first, err := w.client.ClaimCredit(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	w.account("ACME", func(account *masterdatav1.Account) { account.CreditLimitMinor, account.Version = 10_000_000, 2 })
	again, err := w.client.ClaimCredit(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(first, again, protocmp.Transform()); diff != "" {
		t.Errorf("a repeat gets another outcome:\n%s", diff)
	}
	if a, b := first.GetOutcomes()[0].GetClaimId(), first.GetOutcomes()[1].GetClaimId(); a == "" || a != b {
		t.Errorf("one key in one call: claims %q and %q", a, b)
	}
	w.wantCredit("ACME", 0, 0, 36_000)
	w.holds()
}

// An order counts once: a claim under a new key takes the place of the one before.
func TestAnotherClaimOfTheOrderReplaces(t *testing.T) {
	w := newWorld(t)
	w.account("ACME", nil)
	order := priced("ACME", "60") // 720.00: twice would be too much
	if got := w.claim(claimOf("round/1", order), claimOf("round/2", order)); !cmp.Equal(got, []string{"", ""}) {
		t.Fatalf("refusals %q", got)
	}
	w.wantCredit("ACME", 0, 0, 72_000)
	// The late undoing of the first round takes nothing away from the second.
	if got := w.release(&billingv1.CreditRelease{Key: "undo/1", OrderId: order.GetOrderId(), ClaimKey: "round/1"}); got[0] != 0 {
		t.Errorf("released %d", got[0])
	}
	w.wantCredit("ACME", 0, 0, 72_000)
	w.holds()
}

// A claim on an account whose copy has not come is refused alone, and decided when it comes again.
func TestUnknownAccountIsRefusedAlone(t *testing.T) {
	w := newWorld(t)
	w.account("ACME", nil)
	got := w.claim(claimOf("a", priced("ACME", "1")), claimOf("b", priced("NOBODY", "1")), claimOf("c", priced("ACME", "1")))
	if want := []string{"", "ACCOUNT_UNKNOWN", ""}; !cmp.Equal(got, want) {
		t.Fatalf("refusals %q, want %q", got, want)
	}
	w.wantCredit("ACME", 0, 0, 2_400)
	w.account("NOBODY", nil)
	if got := w.claim(claimOf("b", priced("NOBODY", "1"))); got[0] != "" {
		t.Errorf("refused with %s once the account is known", got[0])
	}
}

func TestDefectiveSnapshotsAreRefusedAlone(t *testing.T) {
	w := newWorld(t)
	w.account("ACME", nil)
	wrongAmount, noPrice, elsewhere := priced("ACME", "1", "2"), priced("ACME", "1"), priced("ACME", "1")
	wrongAmount.Lines[1].NetAmountMinor++
	noPrice.Lines[0].UnitPrice = "free"
	elsewhere.CurrencyCode = "EUR"
	got := w.claim(claimOf("a", wrongAmount), claimOf("b", noPrice), claimOf("c", elsewhere), claimOf("d", priced("ACME", "1")))
	if want := []string{"SNAPSHOT_INVALID", "SNAPSHOT_INVALID", "ACCOUNT_MISMATCH", ""}; !cmp.Equal(got, want) {
		t.Errorf("refusals %q, want %q", got, want)
	}
}

// Many callers at once on one account with room for ten orders: exactly ten are granted, on every path between them.
func TestConcurrentClaimsNeverExceedTheLimit(t *testing.T) {
	w := newWorld(t)
	w.account("ACME", func(account *masterdatav1.Account) { account.CreditLimitMinor = 120_000 })
	other := billingv1.NewBillingServiceClient(serve(t, "order", w.newService(Config{}).Register)) // a second replica
	var mu sync.Mutex
	granted := 0
	var callers sync.WaitGroup
	for caller := range 20 {
		client := w.client
		if caller%2 == 1 {
			client = other
		}
		callers.Go(func() {
			for i := range 5 {
				// 10 × 10.00 and 20 %: 120.00.
				claim := claimOf(fmt.Sprintf("%d/%d", caller, i), priced("ACME", "10"))
				for range 2 { // each is repeated
					reply, err := client.ClaimCredit(t.Context(), &billingv1.ClaimCreditRequest{Claims: []*billingv1.CreditClaim{claim}})
					if err != nil {
						t.Error(err)
						return
					}
					if reply.GetOutcomes()[0].GetClaimId() != "" {
						mu.Lock()
						granted++
						mu.Unlock()
					}
				}
			}
		})
	}
	callers.Wait()
	if granted != 20 {
		t.Errorf("%d answers of %d say granted, want the two of each of ten orders", granted, 200)
	}
	w.wantCredit("ACME", 0, 0, 120_000)
	w.holds()
}
