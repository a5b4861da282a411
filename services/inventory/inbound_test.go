package inventory

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
)

// inbound hands events to the consumer of receipts and returns, as one set.
func (w *world) inbound(events ...proto.Message) {
	w.t.Helper()
	w.handle(w.service.onInboundFacts, events...)
}

func receipt(state fulfillmentv1.ReceiptState, received int64) *fulfillmentv1.Receipt {
	return &fulfillmentv1.Receipt{
		ReceiptId: "rcp_1", NodeId: "N1", State: state, ExpectedAt: timestamppb.New(timestamppb.Now().AsTime().Truncate(1000)),
		Lines: []*fulfillmentv1.ReceiptLine{
			{Position: 1, Sku: "A", Expected: 10, Received: received},
			{Position: 2, Sku: "L", Lot: "L7", Expected: 2, ExpiresOn: "2999-12-31"},
		},
	}
}

// TestReceiptsServeWhatWaits follows a delivery from the announcement to its end.
func TestReceiptsServeWhatWaits(t *testing.T) {
	w := newWorld(t)
	w.reserve(request("ord_1", 4))
	expected, receiving, closed := fulfillmentv1.ReceiptState_RECEIPT_STATE_EXPECTED,
		fulfillmentv1.ReceiptState_RECEIPT_STATE_RECEIVING, fulfillmentv1.ReceiptState_RECEIPT_STATE_CLOSED
	w.inbound(&fulfillmentv1.ReceiptAnnounced{Receipt: receipt(expected, 0)})
	if got := w.balance("A", "N1"); got != nil {
		t.Errorf("an announcement moved stock: %v", got)
	}
	w.inbound(
		&fulfillmentv1.ReceiptReceived{Receipt: receipt(receiving, 6), Movements: []*fulfillmentv1.ReceiptMovement{
			{Position: 1, Received: 6, Damaged: 1, OnHold: 2}, {Position: 2, Received: 2},
		}},
		&fulfillmentv1.ReceiptReceived{Receipt: receipt(receiving, 8), Movements: []*fulfillmentv1.ReceiptMovement{
			{Position: 1, Received: 2},
		}},
	)
	w.mustHave(&inventoryv1.Balance{Sku: "A", NodeId: "N1", OnHand: 8, Damaged: 1, QualityHold: 2, Reserved: 4, Available: 1})
	stock, err := w.operator.GetStock(t.Context(), &inventoryv1.GetStockRequest{Sku: "A"})
	if err != nil || len(stock.GetIncoming()) != 1 || stock.GetIncoming()[0].GetReceived() != 8 || stock.GetIncoming()[0].GetExpectedAt() == nil {
		t.Errorf("incoming %v, %v", stock.GetIncoming(), err)
	}
	lots, err := w.operator.ListLots(t.Context(), &inventoryv1.ListLotsRequest{Sku: "L"})
	if err != nil {
		t.Fatal(err)
	}
	want := []*inventoryv1.Lot{{Sku: "L", NodeId: "N1", Lot: "L7", OnHand: 2, ExpiresOn: "2999-12-31"}}
	if diff := cmp.Diff(want, lots.GetLots(), protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
	w.inbound(&fulfillmentv1.ReceiptClosed{Receipt: receipt(closed, 8), Discrepancy: true})
	if stock, err = w.operator.GetStock(t.Context(), &inventoryv1.GetStockRequest{Sku: "A"}); err != nil || len(stock.GetIncoming()) != 0 {
		t.Errorf("incoming %v, %v", stock.GetIncoming(), err)
	}
	if told := toldOf[*inventoryv1.IncomingUpdated](w); len(told) != 3 {
		t.Errorf("incoming was told %d times", len(told))
	}
}

func returned(sku string) *fulfillmentv1.Return {
	return &fulfillmentv1.Return{
		ReturnId: "ret_1", NodeId: "N1", Lines: []*fulfillmentv1.ReturnLine{
			{Position: 1, Sku: sku, Received: 10}, {Position: 2, Sku: "FREIGHT", Service: true},
		},
	}
}

func TestReturnsAreHeldUntilInspected(t *testing.T) {
	w := newWorld(t)
	w.reserve(request("ord_1", 5))
	w.inbound(&fulfillmentv1.ReturnReceived{ReturnDocument: returned("A"), Movements: []*fulfillmentv1.ReturnMovement{
		{Position: 1, Received: 10}, {Position: 2, Received: 1},
	}})
	w.mustHave(&inventoryv1.Balance{Sku: "A", NodeId: "N1", OnHand: 10, QualityHold: 10})
	w.inbound(&fulfillmentv1.ReturnInspected{ReturnDocument: returned("A"), Movements: []*fulfillmentv1.ReturnMovement{
		{Position: 1, Restocked: 4, OnHold: 1, Damaged: 2, Scrapped: 1, ReturnedToVendor: 2}, {Position: 2, Credited: 1},
	}})
	w.mustHave(&inventoryv1.Balance{Sku: "A", NodeId: "N1", OnHand: 7, QualityHold: 1, Damaged: 2, Reserved: 4})
	ledger, err := w.operator.ListMovements(t.Context(), &inventoryv1.ListMovementsRequest{SourceDocument: "ret_1"})
	if err != nil || len(ledger.GetEntries()) != 5 {
		t.Errorf("ledger %v, %v", ledger, err)
	}
}

// TestInspectionOfWhatIsNotHeldIsKeptAside: somebody had released what came back before it was inspected.
func TestInspectionOfWhatIsNotHeldIsKeptAside(t *testing.T) {
	w := newWorld(t)
	w.inbound(&fulfillmentv1.ReturnInspected{ReturnDocument: returned("A"), Movements: []*fulfillmentv1.ReturnMovement{
		{Position: 1, Scrapped: 3},
	}})
	w.mustHave(&inventoryv1.Balance{Sku: "A", NodeId: "N1", Frozen: true})
	w.inbound(&fulfillmentv1.ReturnReceived{ReturnDocument: returned("A"), Movements: []*fulfillmentv1.ReturnMovement{
		{Position: 1, Received: 3},
	}})
	w.mustHave(&inventoryv1.Balance{Sku: "A", NodeId: "N1"})
}

// TestAnAbsorbingShipmentMovesNothing: its goods left with the shipment whose unplanned lines it makes billable.
func TestAnAbsorbingShipmentMovesNothing(t *testing.T) {
	w := newWorld(t)
	w.stock("A", "N1", "10")
	w.reserve(request("ord_1", 3))
	over := shipped("ord_1", 1, 5) // two beyond what was promised
	over.Shipment.Lines[0].OverShipped = 2
	absorbing := shipped("ord_1", 2, 2)
	absorbing.Shipment.AbsorbsShipmentId = over.GetShipmentId()
	w.facts(over, absorbing)
	w.mustHave(&inventoryv1.Balance{Sku: "A", NodeId: "N1", OnHand: 5, Available: 5})
}

// TestCancelledFulfilmentGivesTheStockBack: the warehouse stops, the order gives its promise back, and the stock serves who
// waits for it.
func TestCancelledFulfilmentGivesTheStockBack(t *testing.T) {
	w := newWorld(t)
	w.stock("A", "N1", "5")
	w.reserve(request("ord_1", 5), request("ord_2", 2))
	w.facts(&fulfillmentv1.FulfillmentPicked{Fulfillment: handed("ord_1", 5, 5, 0, 0)})
	w.facts(&fulfillmentv1.FulfillmentCancelled{Fulfillment: handed("ord_1", 5, 5, 0, 5)})
	w.cancel(&inventoryv1.ReservationCancellation{Key: "c", OrderId: "ord_1"})
	w.mustHave(&inventoryv1.Balance{Sku: "A", NodeId: "N1", OnHand: 5, Reserved: 2, Available: 3})
}

// TestEverythingOnItsWayIsShown: receipts, transfers and plans stand side by side.
func TestEverythingOnItsWayIsShown(t *testing.T) {
	w := newWorld(t)
	w.stock("A", "N1", "3")
	sent := w.transfer("A", "", "2")
	w.plan("N1", "PO-1", "6", nil)
	w.inbound(&fulfillmentv1.ReceiptAnnounced{Receipt: receipt(fulfillmentv1.ReceiptState_RECEIPT_STATE_EXPECTED, 0)})
	stock, err := w.operator.GetStock(t.Context(), &inventoryv1.GetStockRequest{Sku: "A"})
	if err != nil {
		t.Fatal(err)
	}
	plan, announced, transfer := inventoryv1.IncomingSource_INCOMING_SOURCE_PLAN,
		inventoryv1.IncomingSource_INCOMING_SOURCE_RECEIPT, inventoryv1.IncomingSource_INCOMING_SOURCE_TRANSFER
	want := []*inventoryv1.IncomingSupply{
		{Sku: "A", NodeId: "N1", Source: plan, Document: "PO-1", Line: 1, Expected: 6, Open: true},
		{Sku: "A", NodeId: "N1", Source: announced, Document: "rcp_1", Line: 1, Expected: 10, Open: true},
		{Sku: "A", NodeId: "N2", Source: transfer, Document: sent.GetTransferId(), Line: 1, Expected: 2, Open: true},
	}
	ignore := protocmp.IgnoreFields(&inventoryv1.IncomingSupply{}, "expected_at")
	if diff := cmp.Diff(want, stock.GetIncoming(), protocmp.Transform(), ignore); diff != "" {
		t.Error(diff)
	}
}
