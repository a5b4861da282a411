package erp_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	erpv1 "github.com/waybill-dev/waybill/gen/waybill/connector/erp/v1"
	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	sandboxv1 "github.com/waybill-dev/waybill/gen/waybill/sandbox/v1"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/services/connector/erp"
)

// put has people put masters into the ERP, and says how many of them said something new.
func put(t *testing.T, service *erp.Service, req *sandboxv1.PutErpMastersRequest) *sandboxv1.PutErpMastersResponse {
	t.Helper()
	reply, err := service.PutErpMasters(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	return reply
}

// feed reads pages of so many from a cursor on, and gives what is in them and the cursor after it.
func feed(t *testing.T, service *erp.Service, cursor string, size int32) (found []string, next string) {
	t.Helper()
	for {
		page, err := service.ListMasterChanges(t.Context(), &erpv1.ListMasterChangesRequest{Cursor: cursor, PageSize: size})
		if err != nil {
			t.Fatal(err)
		}
		if len(page.GetChanges()) > int(size) || page.GetNextCursor() == "" || page.GetMore() && page.GetNextCursor() == cursor || page.GetAsOf() == nil {
			t.Fatalf("a page that cannot be: %v", page)
		}
		for _, change := range page.GetChanges() {
			if change.GetChangedAt() == nil {
				t.Errorf("%v was changed at no time", change)
			}
			found = append(found, strings.TrimSpace(fmt.Sprintf("%s%s%s %s%s%s", change.GetAccount().GetAccountId(), change.GetItem().GetSku(),
				change.GetPrice().GetSku(), change.GetAccount().GetName(), change.GetItem().GetDescription(), change.GetPrice().GetUnitPrice())))
		}
		if cursor = page.GetNextCursor(); !page.GetMore() {
			return found, cursor
		}
	}
}

// What people put into the ERP comes in the order of change, each entity once with its newest state; what says the same comes no more.
func TestMastersComeInTheOrderOfChange(t *testing.T) {
	service := newERP(t)
	if found, next := feed(t, service, "", 2); len(found) != 0 || next != "0" {
		t.Errorf("an empty ERP gives %q, %q", found, next)
	}
	item := func(sku, text string) *masterdatav1.Item { return &masterdatav1.Item{Sku: sku, Description: text} }
	price := func(sku, amount string) *masterdatav1.Price {
		return &masterdatav1.Price{PriceList: "BASE", CurrencyCode: "GBP", Sku: sku, UnitPrice: amount}
	}
	first := &sandboxv1.PutErpMastersRequest{
		Items: []*masterdatav1.Item{item("A", "typo"), item("B", ""), item("a", "one"), item("N\x00", "with a zero")}, Prices: []*masterdatav1.Price{price("A", "no number")},
		Accounts: []*masterdatav1.Account{{AccountId: "C", Name: "see"}},
	}
	if got := put(t, service, first); got.GetChanged() != 5 || got.GetAsOf() == nil {
		t.Errorf("put %v", got)
	}
	if got := put(t, service, first); got.GetChanged() != 0 {
		t.Errorf("put again %v", got)
	}
	found, next := feed(t, service, "", 2)
	want := []string{"C see", "B", "a one", "N\x00 with a zero", "A no number"}
	if diff := cmp.Diff(want, found); diff != "" {
		t.Error(diff)
	}
	if got := put(t, service, &sandboxv1.PutErpMastersRequest{Items: []*masterdatav1.Item{item("B", "new"), item("A", "one")}}); got.GetChanged() != 2 {
		t.Errorf("changed %v", got)
	}
	later, end := feed(t, service, next, 1000)
	if diff := cmp.Diff([]string{"B new", "A one"}, later); diff != "" {
		t.Error(diff)
	}
	if again, _ := feed(t, service, end, 1); len(again) != 0 {
		t.Errorf("after the end: %q", again)
	}
	if all, _ := feed(t, service, "", 1); len(all) != 5 || slices.Contains(all, "a one") {
		t.Errorf("a full load gives %q", all)
	}
	if got := put(t, service, &sandboxv1.PutErpMastersRequest{}); got.GetChanged() != 0 || got.GetAsOf() == nil {
		t.Errorf("put nothing: %v", got)
	}
}

// A cursor that the ERP never gave out is refused as one that it has forgotten.
func TestForeignCursorIsRefused(t *testing.T) {
	service := newERP(t)
	for _, cursor := range []string{"x", "-1", "99999999999999999999"} {
		if _, err := service.ListMasterChanges(t.Context(), &erpv1.ListMasterChangesRequest{Cursor: cursor}); fault.ReasonOf(err) != "CURSOR_EXPIRED" || fault.KindOf(err) != fault.Precondition {
			t.Errorf("%q: %v", cursor, err)
		}
	}
}

// The ERP says which fields it keeps: fields that there are, and none of those that Waybill has alone.
func TestKeptFieldsAreFields(t *testing.T) {
	page, err := newERP(t).ListMasterChanges(t.Context(), &erpv1.ListMasterChangesRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if !page.GetItemFields().IsValid(&masterdatav1.Item{}) || !page.GetAccountFields().IsValid(&masterdatav1.Account{}) {
		t.Errorf("no such fields: %v %v", page.GetItemFields(), page.GetAccountFields())
	}
	for _, name := range []string{"codes", "partner_ids", "backorder_weight_bp"} {
		if slices.Contains(page.GetItemFields().GetPaths(), name) || slices.Contains(page.GetAccountFields().GetPaths(), name) {
			t.Errorf("it keeps %s", name)
		}
	}
}
