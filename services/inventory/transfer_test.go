package inventory

import (
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
	"github.com/waybill-dev/waybill/internal/fault"
)

func (w *world) receive(transfer, quantity string, status inventoryv1.StockStatus) *inventoryv1.Transfer {
	w.t.Helper()
	reply, err := w.operator.ReceiveTransfer(w.t.Context(), &inventoryv1.ReceiveTransferRequest{
		RequestId: w.request(), TransferId: transfer,
		Arrivals: []*inventoryv1.TransferArrival{{Position: 1, Quantity: quantity, Status: status}},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return reply.GetTransfer()
}

func TestTransferFromEndToEnd(t *testing.T) {
	w := newWorld(t)
	w.stock("A", "N1", "10")
	sent := w.transfer("A", "", "8")
	w.reserve(request("ord_1", 7)) // two in N1, the rest waits for what is on its way
	stock, err := w.operator.GetStock(t.Context(), &inventoryv1.GetStockRequest{Sku: "a"})
	if err != nil {
		t.Fatal(err)
	}
	want := []*inventoryv1.IncomingSupply{{
		Sku: "A", NodeId: "N2", Source: inventoryv1.IncomingSource_INCOMING_SOURCE_TRANSFER, Document: sent.GetTransferId(),
		Line: 1, Expected: 8, Open: true,
	}}
	if diff := cmp.Diff(want, stock.GetIncoming(), protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
	w.receive(sent.GetTransferId(), "5", 0)
	w.mustHave(&inventoryv1.Balance{Sku: "A", NodeId: "N2", OnHand: 5, Reserved: 5})
	w.receive(sent.GetTransferId(), "1", inventoryv1.StockStatus_STOCK_STATUS_DAMAGED)
	_, err = w.operator.CloseTransfer(t.Context(), &inventoryv1.CloseTransferRequest{TransferId: sent.GetTransferId()})
	mustRefuse(t, err, fault.Invalid, "REASON_REQUIRED", "reason")
	for range 2 { // a repeat changes nothing
		closed, err := w.operator.CloseTransfer(t.Context(), &inventoryv1.CloseTransferRequest{
			TransferId: sent.GetTransferId(), Reason: "STOLEN",
		})
		if err != nil || closed.GetTransfer().GetState() != inventoryv1.TransferState_TRANSFER_STATE_CLOSED ||
			closed.GetTransfer().GetLines()[0].GetLost() != 2 {
			t.Errorf("closed %v, %v", closed, err)
		}
	}
	found := w.receive(sent.GetTransferId(), "3", 0) // two turn up, and one more than was sent
	line := found.GetLines()[0]
	if line.GetReceived() != 8 || line.GetLost() != 0 || line.GetSurplus() != 1 ||
		found.GetState() != inventoryv1.TransferState_TRANSFER_STATE_RECEIVED {
		t.Errorf("found %v", found)
	}
	w.mustHave(&inventoryv1.Balance{Sku: "A", NodeId: "N2", OnHand: 9, Damaged: 1, Reserved: 5, Available: 3})
	if told := toldOf[*inventoryv1.IncomingUpdated](w); len(told) != 5 || told[4].GetSupplies()[0].GetOpen() {
		t.Errorf("incoming was told %v", told)
	}
	listed, err := w.operator.ListTransfers(t.Context(), &inventoryv1.ListTransfersRequest{ToNodeId: "N2"})
	if err != nil || len(listed.GetTransfers()) != 1 {
		t.Fatalf("listed %v, %v", listed, err)
	}
	if diff := cmp.Diff(found, listed.GetTransfers()[0], protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
}

func TestTransferRefuses(t *testing.T) {
	w := newWorld(t)
	w.stock("A", "N1", "2")
	ship := func(change func(*inventoryv1.ShipTransferRequest)) error {
		req := &inventoryv1.ShipTransferRequest{
			RequestId: w.request(), FromNodeId: "N1", ToNodeId: "N2",
			Items: []*inventoryv1.TransferItem{{Sku: "A", Quantity: "1"}, {Sku: "A", Quantity: "1"}},
		}
		change(req)
		_, err := w.operator.ShipTransfer(t.Context(), req)
		return err
	}
	mustRefuse(t, ship(func(r *inventoryv1.ShipTransferRequest) { r.Items[1].Quantity = "2" }), fault.Precondition,
		"NEGATIVE_AVAILABLE", "items[1].quantity")
	mustRefuse(t, ship(func(r *inventoryv1.ShipTransferRequest) { r.FromNodeId = "N9" }), fault.Invalid, "UNKNOWN_NODE", "from_node_id")
	mustRefuse(t, ship(func(r *inventoryv1.ShipTransferRequest) { r.ToNodeId = "N1" }), fault.Invalid, "SAME_NODE", "to_node_id")
	mustRefuse(t, ship(func(r *inventoryv1.ShipTransferRequest) {
		r.OutflowPolicy = inventoryv1.OutflowPolicy_OUTFLOW_POLICY_RECORD
	}), fault.Invalid, "RECORD_NOT_SUPPORTED", "outflow_policy")
	_, err := w.operator.GetTransfer(t.Context(), &inventoryv1.GetTransferRequest{TransferId: "trf_x"})
	mustRefuse(t, err, fault.NotFound, "NOT_FOUND", "transfer_id")
	sent := w.transfer("A", "", "2")
	_, err = w.operator.ReceiveTransfer(t.Context(), &inventoryv1.ReceiveTransferRequest{
		RequestId: w.request(), TransferId: sent.GetTransferId(),
		Arrivals: []*inventoryv1.TransferArrival{{Position: 1, Quantity: "1"}, {Position: 2, Quantity: "1"}},
	})
	mustRefuse(t, err, fault.Invalid, "UNKNOWN_LINE", "arrivals[1].position")
	w.mustHave(&inventoryv1.Balance{Sku: "A", NodeId: "N1"})
}

// TestTransfersConserve drives transfers at random over the real service. I5, and that what comes by transfers is what is
// in transit, are checked at the end of the world.
func TestTransfersConserve(t *testing.T) {
	w := newWorld(t)
	random := rand.New(rand.NewPCG(1, 2))
	w.stock("A", "N1", "200")
	w.adjust(&inventoryv1.StockAdjustment{Sku: "L", NodeId: "N1", Quantity: "200", Reason: "OPENING_STOCK", Lot: "L1"})
	var sent []string
	for range 60 {
		quantity := strconv.Itoa(1 + random.IntN(6))
		switch {
		case len(sent) == 0 || random.IntN(3) == 0:
			if random.IntN(2) == 0 {
				sent = append(sent, w.transfer("A", "", quantity).GetTransferId())
			} else {
				sent = append(sent, w.transfer("L", "L1", quantity).GetTransferId())
			}
		case random.IntN(4) == 0:
			if _, err := w.operator.CloseTransfer(t.Context(), &inventoryv1.CloseTransferRequest{
				TransferId: sent[random.IntN(len(sent))], Reason: "LOST",
			}); err != nil {
				t.Fatal(err)
			}
		default:
			w.receive(sent[random.IntN(len(sent))], quantity, inventoryv1.StockStatus(random.IntN(4)))
		}
	}
}
