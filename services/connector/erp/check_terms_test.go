package erp_test

import (
	"testing"

	"google.golang.org/protobuf/proto"

	erpv1 "github.com/waybill-dev/waybill/gen/waybill/connector/erp/v1"
	sandboxv1 "github.com/waybill-dev/waybill/gen/waybill/sandbox/v1"
)

func TestTerms(t *testing.T) {
	service := newERP(t)
	set := func(accounts ...*sandboxv1.ErpAccount) {
		t.Helper()
		if _, err := service.SetErpAccounts(t.Context(), &sandboxv1.SetErpAccountsRequest{Accounts: accounts}); err != nil {
			t.Fatal(err)
		}
	}
	const (
		open    = sandboxv1.ErpAccountState_ERP_ACCOUNT_STATE_OPEN
		blocked = sandboxv1.ErpAccountState_ERP_ACCOUNT_STATE_BLOCKED
		unknown = sandboxv1.ErpAccountState_ERP_ACCOUNT_STATE_UNKNOWN
	)
	set(&sandboxv1.ErpAccount{AccountId: "BLOCKED", State: open}, &sandboxv1.ErpAccount{AccountId: "BLOCKED", State: blocked})
	set(&sandboxv1.ErpAccount{AccountId: "GONE", State: unknown}, &sandboxv1.ErpAccount{AccountId: "BACK", State: blocked},
		&sandboxv1.ErpAccount{AccountId: "THIRTY", State: open, PaymentDays: proto.Int32(30)})
	set(&sandboxv1.ErpAccount{AccountId: "BACK", State: open})
	wants := []struct {
		account string
		days    int32
		reason  string
	}{
		{"NEVER NAMED", 14, ""},
		{"BLOCKED", 14, "ACCOUNT_BLOCKED"},
		{"GONE", 14, "ACCOUNT_UNKNOWN"},
		{"BACK", 14, ""},
		{"THIRTY", 14, "TERMS_DIFFER"},
		{"THIRTY", 30, ""},
	}
	req := &erpv1.CheckTermsRequest{}
	for _, want := range wants {
		req.Questions = append(req.Questions, &erpv1.TermsQuestion{AccountId: want.account, CurrencyCode: "GBP", PaymentDays: want.days})
	}
	reply, err := service.CheckTerms(t.Context(), req)
	if err != nil || len(reply.GetOutcomes()) != len(wants) {
		t.Fatalf("%v %v", reply, err)
	}
	for i, want := range wants {
		outcome := reply.GetOutcomes()[i]
		if outcome.GetRefusal().GetReason() != want.reason || (outcome.GetTerms().GetAsOf() == nil) != (want.reason != "") {
			t.Errorf("%s with %d days: %v, want %q", want.account, want.days, outcome, want.reason)
		}
	}
}
