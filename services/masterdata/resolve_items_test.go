package masterdata_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/rpc"
)

const (
	gtin   = masterdatav1.ItemCodeType_ITEM_CODE_TYPE_GTIN
	buyer  = masterdatav1.ItemCodeType_ITEM_CODE_TYPE_BUYER
	vendor = masterdatav1.ItemCodeType_ITEM_CODE_TYPE_VENDOR
)

func coded(sku string, codes ...*masterdatav1.ItemCode) *masterdatav1.Item {
	item := goods(sku, "")
	item.Codes = codes
	return item
}

func TestResolveItems(t *testing.T) {
	service := newService(t)
	mustItems(t, service,
		coded("A", &masterdatav1.ItemCode{Type: gtin, Code: "036000291452"}, &masterdatav1.ItemCode{Type: gtin, Code: "10614141000415", Unit: "CS"}),
		coded("B", &masterdatav1.ItemCode{Type: buyer, Code: "Art-7", PartnerId: "ACME"}, &masterdatav1.ItemCode{Type: vendor, Code: "V7", PartnerId: "MILL"}),
		coded("C", &masterdatav1.ItemCode{Type: buyer, Code: "art-7", PartnerId: "OTHER"}),
		coded("art-7"),
	)
	for _, test := range []struct {
		name, caller string
		asked        *masterdatav1.ItemReference
		want         string
	}{
		{"a sku", "", &masterdatav1.ItemReference{Code: "a"}, "A EA"},
		{"a GTIN", "", &masterdatav1.ItemReference{Type: gtin, Code: "00036000291452"}, "A EA"},
		{"a GTIN of a case", "", &masterdatav1.ItemReference{Code: "10614141000415"}, "A CS"},
		{"a buyer's code", "", &masterdatav1.ItemReference{Type: buyer, Code: "ART-7", PartnerId: "ACME"}, "B EA"},
		{"another buyer's", "", &masterdatav1.ItemReference{Type: buyer, Code: "ART-7", PartnerId: "OTHER"}, "C EA"},
		{"a vendor's", "", &masterdatav1.ItemReference{Code: "v7", PartnerId: "MILL"}, "B EA"},
		{"a sku before a buyer's code", "", &masterdatav1.ItemReference{Code: "art-7", PartnerId: "ACME"}, "art-7 EA"},
		{"nobody's code", "", &masterdatav1.ItemReference{Type: buyer, Code: "ART-7"}, " "},
		{"a vendor's as a buyer's", "", &masterdatav1.ItemReference{Type: buyer, Code: "v7", PartnerId: "MILL"}, " "},
		{"a partner's own", "ACME", &masterdatav1.ItemReference{Type: buyer, Code: "art-7"}, "B EA"},
		{"a partner asks for another's", "OTHER", &masterdatav1.ItemReference{Type: buyer, Code: "art-7", PartnerId: "ACME"}, "C EA"},
	} {
		ctx := rpc.WithIdentity(t.Context(), rpc.Identity{Partner: test.caller})
		reply, err := service.ResolveItems(ctx, &masterdatav1.ResolveItemsRequest{References: []*masterdatav1.ItemReference{test.asked}})
		if err != nil {
			t.Fatal(err)
		}
		if got := reply.GetResolved()[0].GetItem().GetSku() + " " + reply.GetResolved()[0].GetUnit(); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}

func TestAPartnerSeesNoCodesOfOthers(t *testing.T) {
	service := newService(t)
	mustItems(t, service, coded("A", &masterdatav1.ItemCode{Type: gtin, Code: "036000291452"},
		&masterdatav1.ItemCode{Type: buyer, Code: "x", PartnerId: "ACME"}, &masterdatav1.ItemCode{Type: vendor, Code: "y", PartnerId: "MILL"}))
	seen := func(ctx context.Context) (codes []string) {
		got, err := service.GetItem(ctx, &masterdatav1.GetItemRequest{Sku: "A"})
		if err != nil {
			t.Fatal(err)
		}
		list, err := service.ListItems(ctx, &masterdatav1.ListItemsRequest{})
		if err != nil {
			t.Fatal(err)
		}
		for _, item := range append(list.GetItems(), got.GetItem()) {
			for _, code := range item.GetCodes() {
				codes = append(codes, code.GetCode())
			}
		}
		return codes
	}
	if diff := cmp.Diff([]string{"x", "036000291452", "y", "x", "036000291452", "y"}, seen(t.Context())); diff != "" {
		t.Errorf("an operator:\n%s", diff)
	}
	if diff := cmp.Diff([]string{"x", "036000291452", "x", "036000291452"}, seen(rpc.WithIdentity(t.Context(), rpc.Identity{Partner: "ACME"}))); diff != "" {
		t.Errorf("a partner:\n%s", diff)
	}
}

func TestACodeBelongsToOneItem(t *testing.T) {
	service := newService(t)
	ctx := t.Context()
	code := &masterdatav1.ItemCode{Type: gtin, Code: "036000291452"}
	mustItems(t, service, coded("A", code), coded("B"))
	_, err := service.UpsertItems(ctx, &masterdatav1.UpsertItemsRequest{Items: []*masterdatav1.Item{
		coded("B", &masterdatav1.ItemCode{Type: gtin, Code: "0036000291452"}),
	}})
	if refusal, ok := fault.As(err); !ok || refusal.Reason != "CODE_TAKEN" || refusal.Fields[0].Path != "items[0].codes[0].code" {
		t.Fatalf("a code of another item: %v", err)
	}
	mustItems(t, service, coded("A"), coded("B", code)) // one gives it up, the other takes it
	got, err := service.GetItem(ctx, &masterdatav1.GetItemRequest{Sku: "B"})
	if err != nil || len(got.GetItem().GetCodes()) != 1 || got.GetItem().GetVersion() != 2 {
		t.Errorf("after the exchange: %v, %v", got, err)
	}
	mustItems(t, service, coded("B"), coded("A", code)) // and back, in the other order
	if got, err = service.GetItem(ctx, &masterdatav1.GetItemRequest{Sku: "A"}); err != nil || len(got.GetItem().GetCodes()) != 1 {
		t.Errorf("after the way back: %v, %v", got, err)
	}
}

// Whoever comes at the same time: one item gets the code, the others hear that it is taken.
func TestOneOfManyGetsACode(t *testing.T) {
	service := newService(t)
	const many = 8
	outcomes := make(chan error, many)
	for n := range many {
		go func() {
			item := coded(fmt.Sprint("ITEM-", n), &masterdatav1.ItemCode{Type: gtin, Code: "036000291452"})
			_, err := service.UpsertItems(t.Context(), &masterdatav1.UpsertItemsRequest{Items: []*masterdatav1.Item{item}})
			outcomes <- err
		}()
	}
	stored := 0
	for range many {
		err := <-outcomes
		if err == nil {
			stored++
		} else if fault.ReasonOf(err) != "CODE_TAKEN" {
			t.Errorf("refused with %v", err)
		}
	}
	if stored != 1 {
		t.Errorf("%d items got the code", stored)
	}
}
