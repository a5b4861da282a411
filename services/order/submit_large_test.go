package order

import (
	"slices"
	"strings"
	"testing"

	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/inbox"
)

// What is accepted must be told later as one invoice, with the taxes of several jurisdictions on every line. An order that
// leaves no room for them is refused before anything ships.
func TestOrderThatNoInvoiceCouldHoldIsRefused(t *testing.T) {
	w := newWorld(t)
	w.deliver(w.service.onMasterDataChanged, inbox.Message{Payload: &masterdatav1.ItemChanged{Sku: "ITEM-1", Item: &masterdatav1.Item{
		Sku: "ITEM-1", Description: strings.Repeat("é", 250), Kind: masterdatav1.ItemKind_ITEM_KIND_GOODS, BaseUnit: "EA",
		TaxClass: "standard", Version: 2,
	}}})
	req := request(slices.Repeat([]want{{"ITEM-1", 1}}, 10_000)...)
	_, err := w.client.SubmitOrder(t.Context(), req)
	if fault.KindOf(err) != fault.Invalid || fault.ReasonOf(err) != "ORDER_TOO_LARGE" {
		t.Errorf("error %v, want ORDER_TOO_LARGE", err)
	}
	w.submit(request(slices.Repeat([]want{{"ITEM-1", 1}}, 100)...))
}
