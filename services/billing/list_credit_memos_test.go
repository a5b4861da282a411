package billing

import (
	"testing"

	"google.golang.org/protobuf/proto"

	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	"github.com/waybill-dev/waybill/internal/fault"
)

// Partners see their own credit memos only, page by page.
func TestReadCreditMemos(t *testing.T) {
	w := newWorld(t)
	w.account("ACME", nil)
	w.run(w.service)
	_, invoice := w.delivered("10")
	for _, key := range []string{"1", "2", "3"} {
		if _, err := w.service.CreateCreditMemo(t.Context(), memoRequestOf(key, position(invoice, 1, "1", 0))); err != nil {
			t.Fatal(err)
		}
	}
	newest := w.memos(3)[0]
	list := func(partner string, request *billingv1.ListCreditMemosRequest) *billingv1.ListCreditMemosResponse {
		reply, err := w.service.ListCreditMemos(as(t, partner), request)
		if err != nil {
			t.Fatal(err)
		}
		return reply
	}
	first := list("SHOP", &billingv1.ListCreditMemosRequest{PageSize: 2})
	second := list("SHOP", &billingv1.ListCreditMemosRequest{PageSize: 2, PageToken: first.GetNextPageToken()})
	if len(first.GetCreditMemos()) != 2 || len(second.GetCreditMemos()) != 1 || second.GetNextPageToken() != "" {
		t.Errorf("pages of %d and %d", len(first.GetCreditMemos()), len(second.GetCreditMemos()))
	}
	for _, test := range []struct {
		partner string
		request *billingv1.ListCreditMemosRequest
		want    int
	}{
		{"MARKET", &billingv1.ListCreditMemosRequest{}, 0},
		{"SHOP", &billingv1.ListCreditMemosRequest{AccountId: "ACME", BillToAccountId: "ACME", OrderId: invoice.GetOrderId()}, 3},
		{"SHOP", &billingv1.ListCreditMemosRequest{AccountId: "OTHER"}, 0},
		{"", &billingv1.ListCreditMemosRequest{ReturnId: "ret_" + newest.GetCreditMemoId()[4:]}, 0},
	} {
		if got := len(list(test.partner, test.request).GetCreditMemos()); got != test.want {
			t.Errorf("%s sees %d of %v", test.partner, got, test.request)
		}
	}
	get := &billingv1.GetCreditMemoRequest{CreditMemoId: newest.GetCreditMemoId()}
	if reply, err := w.service.GetCreditMemo(as(t, "SHOP"), get); err != nil || !proto.Equal(reply.GetCreditMemo(), newest) {
		t.Errorf("%v, %v", reply, err)
	}
	if _, err := w.service.GetCreditMemo(as(t, "MARKET"), get); fault.KindOf(err) != fault.NotFound {
		t.Errorf("another partner's memo: %v", err)
	}
	for byAccount, account := range map[bool]string{false: "", true: "ACME"} {
		reply, err := w.service.SummarizeCreditMemos(as(t, "SHOP"), &billingv1.SummarizeCreditMemosRequest{ByAccount: byAccount})
		want := &billingv1.CreditMemoSum{
			CurrencyCode: "GBP", State: billingv1.CreditMemoState_CREDIT_MEMO_STATE_ISSUED, CreditMemos: 3, Lines: 3, NetMinor: 3000,
			TaxMinor: 600, AccountId: account,
		}
		if err != nil || len(reply.GetSums()) != 1 || !proto.Equal(reply.GetSums()[0], want) {
			t.Errorf("sums %v, %v", reply, err)
		}
	}
}
