package erp_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	commonv1 "github.com/waybill-dev/waybill/gen/waybill/common/v1"
	erpv1 "github.com/waybill-dev/waybill/gen/waybill/connector/erp/v1"
	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	"github.com/waybill-dev/waybill/internal/databasetest"
	"github.com/waybill-dev/waybill/services/connector/erp"
)

func newERP(t *testing.T) *erp.Service {
	t.Helper()
	return erp.New(databasetest.New(t, erp.Migrations), time.Now)
}

func order(id string, revision, total int64) *erpv1.ErpDocument {
	return &erpv1.ErpDocument{DocumentId: fmt.Sprintf("%s/%d", id, revision), OrderId: id, Content: &erpv1.ErpDocument_Order{
		Order: &orderv1.PricedOrder{OrderId: id, CurrencyCode: "GBP", NetTotalMinor: total},
	}}
}

func invoice(id, order string, total int64) *erpv1.ErpDocument {
	return &erpv1.ErpDocument{DocumentId: id, OrderId: order, Content: &erpv1.ErpDocument_Invoice{
		Invoice: &billingv1.Invoice{InvoiceId: id, Total: &commonv1.Money{CurrencyCode: "GBP", MinorUnits: total}},
	}}
}

func memo(id, order string) *erpv1.ErpDocument {
	return &erpv1.ErpDocument{DocumentId: id, OrderId: order, Content: &erpv1.ErpDocument_CreditMemo{
		CreditMemo: &billingv1.CreditMemo{CreditMemoId: id, Total: &commonv1.Money{CurrencyCode: "GBP", MinorUnits: 5}},
	}}
}

func reduction(order string, number int64) *erpv1.ErpDocument {
	return &erpv1.ErpDocument{DocumentId: fmt.Sprintf("%s/reduced/%d", order, number), OrderId: order, Content: &erpv1.ErpDocument_OrderReduction{
		OrderReduction: &erpv1.OrderReduction{OrderId: order, Number: number, Lines: []*erpv1.LineClosure{{LineNumber: 1, NotToShip: 3}}},
	}}
}

func closure(order string, notToShip ...int64) *erpv1.ErpDocument {
	content := &erpv1.OrderClosure{OrderId: order}
	for i, quantity := range notToShip {
		content.Lines = append(content.Lines, &erpv1.LineClosure{LineNumber: int32(i + 1), NotToShip: quantity})
	}
	return &erpv1.ErpDocument{
		DocumentId: order + "/closed", OrderId: order, Content: &erpv1.ErpDocument_OrderClosure{OrderClosure: content},
	}
}

func writeOff(journal, order string, amount int64) *erpv1.ErpDocument {
	return &erpv1.ErpDocument{DocumentId: journal, OrderId: order, Content: &erpv1.ErpDocument_WriteOff{
		WriteOff: &billingv1.WriteOff{JournalId: journal, Amount: &commonv1.Money{CurrencyCode: "GBP", MinorUnits: amount}},
	}}
}

// post posts documents and gives what became of each: its number, or the reason of its refusal.
func post(t *testing.T, service *erp.Service, documents ...*erpv1.ErpDocument) []*erpv1.PostOutcome {
	t.Helper()
	reply, err := service.PostDocuments(t.Context(), &erpv1.PostDocumentsRequest{Documents: documents})
	if err != nil || len(reply.GetOutcomes()) != len(documents) {
		t.Fatalf("%d outcomes to %d documents: %v", len(reply.GetOutcomes()), len(documents), err)
	}
	return reply.GetOutcomes()
}

func TestDocumentsArePostedOnce(t *testing.T) {
	service := newERP(t)
	first := post(t, service, order("ord_1", 0, 100), invoice("inv_1", "ord_1", 120), invoice("inv_1", "ord_1", 120))
	for i, outcome := range first {
		if outcome.GetRefusal() != nil || outcome.GetPosting().GetErpNumber() == "" {
			t.Errorf("document %d: %v", i, outcome)
		}
	}
	if first[2].GetPosting().GetTimesSent() != 2 {
		t.Errorf("sent twice in one set: %v", first[2])
	}
	again := post(t, service, invoice("inv_1", "ord_1", 120))[0].GetPosting()
	want := first[1].GetPosting()
	want.TimesSent = 3
	if diff := cmp.Diff(want, again, protocmp.Transform()); diff != "" {
		t.Errorf("a repeat got another answer:\n%s", diff)
	}
}

func TestRefusals(t *testing.T) {
	service := newERP(t)
	post(t, service, order("ord_1", 0, 100))
	for name, test := range map[string]struct {
		document *erpv1.ErpDocument
		reason   string
	}{
		"another content":            {order("ord_1", 0, 101), "DOCUMENT_REUSED"},
		"another version":            {order("ord_1", 1, 101), ""},
		"invoice of nobody's order":  {invoice("inv_9", "ord_9", 1), "ORDER_UNKNOWN"},
		"memo of nobody's order":     {memo("crm_9", "ord_9"), "ORDER_UNKNOWN"},
		"memo that stands alone":     {memo("crm_1", "crm_1"), ""},
		"memo of an order":           {memo("crm_2", "ord_1"), ""},
		"invoice of a known order":   {invoice("inv_1", "ord_1", 1), ""},
		"a version before the order": {order("ord_2", 1, 1), ""},
		"closure of nobody's order":  {closure("ord_9", 1), "ORDER_UNKNOWN"},
		"less of nobody's order":     {reduction("ord_9", 1), "ORDER_UNKNOWN"},
		"less of a known order":      {reduction("ord_1", 1), ""},
		"closure of a known order":   {closure("ord_1", 1), ""},
		"write-off of nobody's":      {writeOff("jrn_9", "ord_9", 1), "ORDER_UNKNOWN"},
		"write-off":                  {writeOff("jrn_1", "ord_1", 1), ""},
	} {
		if got := post(t, service, test.document)[0].GetRefusal().GetReason(); got != test.reason {
			t.Errorf("%s: %q, want %q", name, got, test.reason)
		}
	}
}

// An order is closed once; what the closure says is kept, and what it is.
func TestOrdersAreClosedOnce(t *testing.T) {
	service := newERP(t)
	id := "ord_0198c3a1-0000-7000-8000-000000000001"
	first := post(t, service, order(id, 0, 100), reduction(id, 3), reduction(id, 12), closure(id, 3, 0, 4), closure(id, 3, 0, 4),
		writeOff("jrn_0198c3a1-0000-7000-8000-000000000002", id, 30))
	for i, outcome := range first {
		if outcome.GetRefusal() != nil {
			t.Fatalf("document %d: %v", i, outcome)
		}
	}
	if reason := post(t, service, closure(id, 8))[0].GetRefusal().GetReason(); reason != "DOCUMENT_REUSED" {
		t.Errorf("closed in another way: %q", reason)
	}
	list, err := service.ListPostings(t.Context(), &erpv1.ListPostingsRequest{})
	if err != nil {
		t.Fatal(err)
	}
	got, numbers := map[string]string{}, map[string]bool{}
	for _, posting := range list.GetPostings() {
		got[posting.GetDocumentId()] = fmt.Sprint(
			posting.GetKind(), posting.GetNotToShip(), posting.GetTotal() != nil, posting.GetTotal().GetMinorUnits(), posting.GetTimesSent())
		numbers[posting.GetErpNumber()] = true
	}
	want := map[string]string{
		id + "/0": "DOCUMENT_KIND_ORDER 0 true 100 1", id + "/closed": "DOCUMENT_KIND_ORDER_CLOSURE 7 false 0 2",
		id + "/reduced/3": "DOCUMENT_KIND_ORDER_REDUCTION 0 false 0 1", id + "/reduced/12": "DOCUMENT_KIND_ORDER_REDUCTION 0 false 0 1",
		"jrn_0198c3a1-0000-7000-8000-000000000002": "DOCUMENT_KIND_WRITE_OFF 0 true 30 1",
	}
	if diff := cmp.Diff(want, got); diff != "" || len(numbers) != len(want) {
		t.Errorf("numbers %v\n%s", numbers, diff)
	}
}

func TestPostingsAreFound(t *testing.T) {
	service := newERP(t)
	post(t, service, order("ord_1", 0, 100), invoice("inv_1", "ord_1", 120), memo("crm_1", "ord_1"))
	found, err := service.QueryPostings(t.Context(), &erpv1.QueryPostingsRequest{DocumentIds: []string{"inv_1", "inv_2"}})
	if err != nil || len(found.GetPostings()) != 1 {
		t.Fatalf("found %v %v", found, err)
	}
	one := found.GetPostings()[0]
	if one.GetDocumentId() != "inv_1" || one.GetKind() != erpv1.DocumentKind_DOCUMENT_KIND_INVOICE ||
		one.GetTotal().GetMinorUnits() != 120 || one.GetTotal().GetCurrencyCode() != "GBP" {
		t.Errorf("found %v", one)
	}
	var ids []string
	for token := ""; ; {
		page, err := service.ListPostings(t.Context(), &erpv1.ListPostingsRequest{PageSize: 2, PageToken: token})
		if err != nil {
			t.Fatal(err)
		}
		for _, posting := range page.GetPostings() {
			ids = append(ids, posting.GetDocumentId())
		}
		if token = page.GetNextPageToken(); token == "" {
			break
		}
	}
	if diff := cmp.Diff([]string{"crm_1", "inv_1", "ord_1/0"}, ids); diff != "" {
		t.Error(diff)
	}
}
