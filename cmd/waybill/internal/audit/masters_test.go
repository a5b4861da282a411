package audit

import (
	"testing"
	"time"

	commonv1 "github.com/waybill-dev/waybill/gen/waybill/common/v1"
	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	operationsv1 "github.com/waybill-dev/waybill/gen/waybill/operations/v1"
	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	sandboxv1 "github.com/waybill-dev/waybill/gen/waybill/sandbox/v1"
)

// putERP has people put masters into the ERP.
func (w *world) putERP(t *testing.T, request *sandboxv1.PutErpMastersRequest) {
	t.Helper()
	must(t)(w.SandboxERP.PutErpMasters(t.Context(), request))
}

// What people put into the ERP can be ordered soon after, in whatever order and through whatever fails; what is wrong is an exception that
// ends when it is mended there; and what was changed here is as the ERP says again after a full load.
func TestMastersFlowInFromTheERP(t *testing.T) {
	w := newWorld(t)
	w.turn(t, "erp", &sandboxv1.Dials{ErrorBp: 1000, LostReplyBp: 1000, DuplicateBp: 3000, ReorderBp: 1000, CallsPerSecond: 50, Seed: 7})
	service := func(sku, unit string) *masterdatav1.Item {
		return &masterdatav1.Item{Sku: sku, Kind: masterdatav1.ItemKind_ITEM_KIND_SERVICE, BaseUnit: unit}
	}
	price := func(sku, amount string) *masterdatav1.Price {
		return &masterdatav1.Price{PriceList: "BASE", CurrencyCode: "GBP", Sku: sku, UnitPrice: amount}
	}
	w.putERP(t, &sandboxv1.PutErpMastersRequest{Prices: []*masterdatav1.Price{price("SETUP", "12.50")}})
	w.putERP(t, &sandboxv1.PutErpMastersRequest{
		Items: []*masterdatav1.Item{service("SETUP", "HUR"), service("BROKEN", "")}, Prices: []*masterdatav1.Price{price("BROKEN", "7")},
		Accounts: []*masterdatav1.Account{{AccountId: "FROM-ERP", CurrencyCode: "GBP", UnlimitedCredit: true}},
	})
	hour := func(number string, sku string) *orderv1.Order {
		return w.fees(t, number, "2", anew, func(req *orderv1.SubmitOrderRequest) { req.AccountId, req.Lines[0].Sku = "FROM-ERP", sku })
	}
	known := func(sku string) func() bool {
		return func() bool {
			_, err := w.Order.QuoteOrder(t.Context(), &orderv1.QuoteOrderRequest{
				AccountId: "FROM-ERP", CurrencyCode: "GBP", Lines: []*orderv1.SubmitOrderLine{{Sku: sku, Quantity: &commonv1.Quantity{Value: "1"}}},
			})
			return err == nil
		}
	}
	eventually(t, "it can be ordered", known("SETUP"))
	if order := hour("SETUP", "SETUP"); order.GetNetTotal().GetMinorUnits() != 2500 {
		t.Errorf("ordered for %v", order.GetNetTotal())
	}
	var exception *operationsv1.OperationsException
	refused := func() []*operationsv1.OperationsException {
		reply, err := w.Operations.ListExceptions(t.Context(), &operationsv1.ListExceptionsRequest{Class: "MASTER_REFUSED"})
		if err != nil {
			t.Fatal(err)
		}
		return reply.GetExceptions()
	}
	eventually(t, "what is wrong is an exception", func() bool {
		if found := refused(); len(found) == 1 {
			exception = found[0]
		}
		return exception != nil
	})
	if exception.GetSubjectKind() != "masterdata.item" || exception.GetSubjectId() != "broken" {
		t.Errorf("exception %v", exception)
	}
	must(t)(w.Operations.ResolveException(t.Context(), &operationsv1.ResolveExceptionRequest{
		RequestId: "again", ExceptionId: exception.GetExceptionId(), Action: operationsv1.ExceptionAction_EXCEPTION_ACTION_RETRY, Reason: "perhaps now", Actor: "ann",
	}))
	eventually(t, "it was tried again", func() bool { found := refused(); return len(found) == 1 && found[0].GetCount() == 2 })
	w.putERP(t, &sandboxv1.PutErpMastersRequest{Items: []*masterdatav1.Item{service("BROKEN", "EA")}})
	eventually(t, "what was mended can be ordered, and is no exception", func() bool { return known("BROKEN")() && len(refused()) == 0 })

	must(t)(w.MasterData.UpsertPrices(t.Context(), &masterdatav1.UpsertPricesRequest{Prices: []*masterdatav1.Price{price("SETUP", "99")}}))
	must(t)(w.MasterFeed.ReloadMasters(t.Context(), &masterdatav1.ReloadMastersRequest{}))
	eventually(t, "the price is the ERP's again", func() bool {
		reply, err := w.MasterData.ListPrices(t.Context(), &masterdatav1.ListPricesRequest{Sku: "SETUP"})
		return err == nil && len(reply.GetPrices()) == 1 && reply.GetPrices()[0].GetUnitPrice() == "12.5"
	})
	feed, err := w.MasterFeed.GetMasterFeed(t.Context(), &masterdatav1.GetMasterFeedRequest{})
	if err != nil || feed.GetFeed().GetStuck()+feed.GetFeed().GetWaiting() != 0 || feed.GetFeed().GetLoads() != 2 ||
		time.Since(feed.GetFeed().GetCurrentAt().AsTime()) > time.Minute {
		t.Errorf("in the end: %v, %v", feed, err)
	}
	if err := w.sound(t.Context(), false); err != nil {
		t.Error(err)
	}
}
