package fulfillment_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
)

func notice(key, asn string, lines ...*fulfillmentv1.AnnounceReceiptLine) *fulfillmentv1.AnnounceReceiptRequest {
	return &fulfillmentv1.AnnounceReceiptRequest{
		RequestId: key, SupplierId: "SUP", AsnNumber: asn, NodeId: "LEEDS", PurchaseOrder: "PO-1", Lines: lines,
		ExpectedAt: timestamppb.New(time.Date(2026, 12, 1, 8, 0, 0, 0, time.UTC)),
	}
}

func announced(sku, quantity string) *fulfillmentv1.AnnounceReceiptLine {
	return &fulfillmentv1.AnnounceReceiptLine{Sku: sku, Quantity: quantity}
}

func (w *world) announce(ctx context.Context, req *fulfillmentv1.AnnounceReceiptRequest) *fulfillmentv1.Receipt {
	w.t.Helper()
	reply, err := w.service.AnnounceReceipt(ctx, req)
	if err != nil {
		w.t.Fatal(err)
	}
	return reply.GetReceipt()
}

func (w *world) getReceipt(receiptID string) *fulfillmentv1.Receipt {
	w.t.Helper()
	reply, err := w.service.GetReceipt(w.t.Context(), &fulfillmentv1.GetReceiptRequest{ReceiptId: receiptID})
	if err != nil {
		w.t.Fatal(err)
	}
	return reply.GetReceipt()
}

func TestNoticeIsOneReceipt(t *testing.T) {
	w := newInbound(t)
	first := w.announce(operator(t), notice("k1", "A1", announced("sku-1", "5"), announced("METRE", "1.25")))
	if first.GetState() != fulfillmentv1.ReceiptState_RECEIPT_STATE_EXPECTED || first.GetLines()[0].GetSku() != "SKU-1" ||
		first.GetLines()[1].GetExpected() != 125 || first.GetLines()[1].GetBaseUnit() != "M" || first.GetBlind() {
		t.Errorf("announced %v", first)
	}
	if same := w.announce(operator(t), notice("k2", "A1", announced("SKU-1", "5"), announced("METRE", "1.25"))); !cmp.Equal(first, same, protocmp.Transform()) {
		t.Errorf("the same notice again gives %v", same)
	}
	replaced := w.announce(operator(t), notice("k3", "A1", announced("SKU-1", "7")))
	if replaced.GetReceiptId() != first.GetReceiptId() || len(replaced.GetLines()) != 1 || replaced.GetEtag() == first.GetEtag() {
		t.Errorf("replaced by %v", replaced)
	}
	late := w.announce(operator(t), notice("k1", "A1", announced("sku-1", "5"), announced("METRE", "1.25")))
	if !cmp.Equal(first, late, protocmp.Transform()) || w.getReceipt(first.GetReceiptId()).GetLines()[0].GetExpected() != 7 {
		t.Errorf("a late repeat of the first one gives %v", late)
	}
	told, _ := w.toldOf(2, "fulfillment.receipt")
	if diff := cmp.Diff(map[string][]string{first.GetReceiptId(): {"announced", "announced"}}, told); diff != "" {
		t.Error(diff)
	}
	w.sound()
}

func TestNoticeIsRefusedFieldByField(t *testing.T) {
	w := newInbound(t)
	for name, c := range map[string]struct {
		reason, field string
		line          *fulfillmentv1.AnnounceReceiptLine
	}{
		"unknown":   {"UNKNOWN_ITEM", "lines[1].sku", announced("NONE", "1")},
		"a service": {"NOT_STOCKED", "lines[1].sku", announced("FEE", "1")},
		"no lot":    {"LOT_REQUIRED", "lines[1].lot", announced("Lotted", "1")},
		"not whole": {"UOM_NOT_DIVISIBLE", "lines[1].quantity", announced("SKU-1", "0.5")},
		"nothing":   {"QUANTITY_NOT_POSITIVE", "lines[1].quantity", announced("SKU-1", "0")},
	} {
		_, err := w.service.AnnounceReceipt(operator(t), notice(name, "A1", announced("SKU-1", "1"), c.line))
		wantFault(t, err, c.reason, c.field)
	}
	elsewhere := notice("k", "A1", announced("SKU-1", "1"))
	elsewhere.NodeId = "MARS"
	_, err := w.service.AnnounceReceipt(operator(t), elsewhere)
	wantFault(t, err, "UNKNOWN_NODE", "node_id")
	nobody := notice("k", "A1", announced("SKU-1", "1"))
	nobody.SupplierId = ""
	_, err = w.service.AnnounceReceipt(operator(t), nobody)
	wantFault(t, err, "SUPPLIER_REQUIRED", "supplier_id")
	_, err = w.service.AnnounceReceipt(partner(t, "other"), notice("k", "A1", announced("SKU-1", "1")))
	wantFault(t, err, "PARTNER_MISMATCH", "supplier_id")
}

func TestReceiptsAreListedForTheirSupplier(t *testing.T) {
	w := newInbound(t)
	for _, asn := range []string{"A1", "A2", "A3"} {
		w.announce(operator(t), notice(asn, asn, announced("SKU-1", "5")))
	}
	own := notice("own", "A1", announced("SKU-1", "5"))
	own.SupplierId = ""
	theirs := w.announce(partner(t, "OTHER"), own)
	numbers := func(ctx context.Context, req *fulfillmentv1.ListReceiptsRequest) (all []string) {
		for {
			reply, err := w.service.ListReceipts(ctx, req)
			if err != nil {
				t.Fatal(err)
			}
			for _, one := range reply.GetReceipts() {
				all = append(all, one.GetSupplierId()+" "+one.GetAsnNumber())
			}
			if req.PageToken = reply.GetNextPageToken(); req.GetPageToken() == "" {
				return all
			}
		}
	}
	for name, c := range map[string]struct {
		ctx  context.Context
		req  *fulfillmentv1.ListReceiptsRequest
		want []string
	}{
		"all":         {operator(t), &fulfillmentv1.ListReceiptsRequest{PageSize: 2}, []string{"OTHER A1", "SUP A3", "SUP A2", "SUP A1"}},
		"a supplier":  {operator(t), &fulfillmentv1.ListReceiptsRequest{SupplierId: "SUP", PageSize: 2}, []string{"SUP A3", "SUP A2", "SUP A1"}},
		"its own":     {partner(t, "OTHER"), &fulfillmentv1.ListReceiptsRequest{}, []string{"OTHER A1"}},
		"a number":    {operator(t), &fulfillmentv1.ListReceiptsRequest{AsnNumber: "A1"}, []string{"OTHER A1", "SUP A1"}},
		"a state":     {operator(t), &fulfillmentv1.ListReceiptsRequest{State: fulfillmentv1.ReceiptState_RECEIPT_STATE_CLOSED}, nil},
		"a place":     {operator(t), &fulfillmentv1.ListReceiptsRequest{NodeId: "YORK"}, nil},
		"a real page": {operator(t), &fulfillmentv1.ListReceiptsRequest{SupplierId: "SUP", AsnNumber: "A2", NodeId: "LEEDS"}, []string{"SUP A2"}},
	} {
		if diff := cmp.Diff(c.want, numbers(c.ctx, c.req)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	_, err := w.service.GetReceipt(partner(t, "SUP"), &fulfillmentv1.GetReceiptRequest{ReceiptId: theirs.GetReceiptId()})
	wantFault(t, err, "RECEIPT_NOT_FOUND", "")
	_, err = w.service.ListReceipts(operator(t), &fulfillmentv1.ListReceiptsRequest{PageToken: "!"})
	wantFault(t, err, "PAGE_TOKEN_INVALID", "page_token")
}
