package inventory

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/fault"
)

func receiptLine(number string, line int64) *inventoryv1.StockDocument {
	return &inventoryv1.StockDocument{SourceSystem: "erp", Type: "GOODS_RECEIPT", Number: number, Line: line}
}

func documentedAdjustment(quantity string, document *inventoryv1.StockDocument) *inventoryv1.StockAdjustment {
	return &inventoryv1.StockAdjustment{Sku: "A", NodeId: "N1", Quantity: quantity, Reason: "RECEIPT", Document: document}
}

func (w *world) adjustAll(adjustments ...*inventoryv1.StockAdjustment) (*inventoryv1.AdjustStockResponse, error) {
	return w.operator.AdjustStock(w.t.Context(), &inventoryv1.AdjustStockRequest{RequestId: w.request(), Adjustments: adjustments})
}

// forgetRequests is what the sweep does to the keys of requests after 8 days.
func (w *world) forgetRequests() {
	w.t.Helper()
	if _, err := w.db.Pool().Exec(w.t.Context(), `DELETE FROM idempotency`); err != nil {
		w.t.Fatal(err)
	}
}

// TestADocumentCountsOnceForEver: a document that comes again, after its request has been forgotten and among new ones, adds
// nothing and is answered as the first time.
func TestADocumentCountsOnceForEver(t *testing.T) {
	w := newWorld(t)
	first, err := w.adjustAll(documentedAdjustment("5", receiptLine("R1", 1)), documentedAdjustment("2", receiptLine("R1", 2)))
	if err != nil || len(first.GetRecordedBefore()) != 0 {
		t.Fatalf("%v, %v", first, err)
	}
	w.stock("A", "N1", "10")
	w.forgetRequests()
	again := documentedAdjustment("2.0", receiptLine("R1", 2))
	again.Sku, again.ExpectedVersion = "a", 1
	late, err := w.adjustAll(documentedAdjustment("1", receiptLine("R2", 1)), again)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]int32{1}, late.GetRecordedBefore()); diff != "" {
		t.Error(diff)
	}
	if !proto.Equal(late.GetBalances()[1], first.GetBalances()[1]) {
		t.Errorf("the repeat was answered with %v, want %v", late.GetBalances()[1], first.GetBalances()[1])
	}
	w.mustHave(&inventoryv1.Balance{Sku: "A", NodeId: "N1", OnHand: 18, Available: 18})
}

// TestADocumentWithOtherContentsIsRefused: with the field, and nothing of the request is done.
func TestADocumentWithOtherContentsIsRefused(t *testing.T) {
	w := newWorld(t)
	if _, err := w.adjustAll(documentedAdjustment("5", receiptLine("R1", 1))); err != nil {
		t.Fatal(err)
	}
	other := documentedAdjustment("5", receiptLine("R1", 1))
	other.NodeId = "N2"
	for name, reused := range map[string]*inventoryv1.StockAdjustment{
		"quantity": documentedAdjustment("6", receiptLine("R1", 1)), "place": other,
	} {
		_, err := w.adjustAll(documentedAdjustment("1", receiptLine("R2", 1)), reused)
		if err == nil {
			t.Fatalf("another %s was taken", name)
		}
		mustRefuse(t, err, fault.AlreadyExists, "DOCUMENT_REUSED", "adjustments[1].document")
	}
	_, err := w.operator.ChangeStockStatus(t.Context(), &inventoryv1.ChangeStockStatusRequest{
		RequestId: w.request(), Changes: []*inventoryv1.StockStatusChange{{
			Sku: "A", NodeId: "N1", FromStatus: inventoryv1.StockStatus_STOCK_STATUS_SELLABLE,
			ToStatus: inventoryv1.StockStatus_STOCK_STATUS_DAMAGED, Quantity: "5", Reason: "RECEIPT", Document: receiptLine("R1", 1),
		}},
	})
	mustRefuse(t, err, fault.AlreadyExists, "DOCUMENT_REUSED", "changes[0].document")
	_, err = w.adjustAll(documentedAdjustment("1", receiptLine("R3", 1)), documentedAdjustment("1", receiptLine("R3", 1)))
	mustRefuse(t, err, fault.Invalid, "DUPLICATE_DOCUMENT", "adjustments[1].document")
	w.mustHave(&inventoryv1.Balance{Sku: "A", NodeId: "N1", OnHand: 5, Available: 5})
}

// TestARefusedDocumentMayComeAgain: what had no effect is not recorded.
func TestARefusedDocumentMayComeAgain(t *testing.T) {
	w := newWorld(t)
	taken := documentedAdjustment("-3", receiptLine("R1", 1))
	if _, err := w.adjustAll(taken); fault.ReasonOf(err) != "NEGATIVE_AVAILABLE" {
		t.Fatal(err)
	}
	w.stock("A", "N1", "5")
	if reply, err := w.adjustAll(taken); err != nil || len(reply.GetRecordedBefore()) != 0 {
		t.Fatalf("%v, %v", reply, err)
	}
	w.mustHave(&inventoryv1.Balance{Sku: "A", NodeId: "N1", OnHand: 2, Available: 2})
}

func TestAStatusChangeOfADocumentIsMadeOnce(t *testing.T) {
	w := newWorld(t)
	w.stock("A", "N1", "10")
	for i := range 2 {
		reply, err := w.operator.ChangeStockStatus(t.Context(), &inventoryv1.ChangeStockStatusRequest{
			RequestId: w.request(), Changes: []*inventoryv1.StockStatusChange{{
				Sku: "A", NodeId: "N1", FromStatus: inventoryv1.StockStatus_STOCK_STATUS_SELLABLE,
				ToStatus: inventoryv1.StockStatus_STOCK_STATUS_DAMAGED, Quantity: "3", Reason: "WATER_DAMAGE",
				Document: receiptLine("D1", 0),
			}},
		})
		if err != nil || len(reply.GetRecordedBefore()) != i {
			t.Fatalf("%v, %v", reply, err)
		}
		w.forgetRequests()
	}
	w.mustHave(&inventoryv1.Balance{Sku: "A", NodeId: "N1", OnHand: 10, Damaged: 3, Available: 7})
}

// TestATransferOfADocumentLeavesAndArrivesOnce: both ends of it come again after their requests have been forgotten.
func TestATransferOfADocumentLeavesAndArrivesOnce(t *testing.T) {
	w := newWorld(t)
	w.stock("A", "N1", "10")
	var left *inventoryv1.Transfer
	for range 2 {
		reply, err := w.operator.ShipTransfer(t.Context(), &inventoryv1.ShipTransferRequest{
			RequestId: w.request(), FromNodeId: "N1", ToNodeId: "N2", Document: receiptLine("T1", 0),
			Items: []*inventoryv1.TransferItem{{Sku: "A", Quantity: "8"}},
		})
		if err != nil {
			t.Fatal(err)
		}
		if left != nil && !proto.Equal(left, reply.GetTransfer()) {
			t.Errorf("the repeat was answered with %v, want %v", reply.GetTransfer(), left)
		}
		left = reply.GetTransfer()
		w.forgetRequests()
	}
	arrive := func(quantity string) (*inventoryv1.ReceiveTransferResponse, error) {
		defer w.forgetRequests()
		return w.operator.ReceiveTransfer(t.Context(), &inventoryv1.ReceiveTransferRequest{
			RequestId: w.request(), TransferId: left.GetTransferId(), Document: receiptLine("T1-IN", 1),
			Arrivals: []*inventoryv1.TransferArrival{{Position: 1, Quantity: quantity}},
		})
	}
	first, err := arrive("3")
	if err != nil {
		t.Fatal(err)
	}
	again, err := arrive("3")
	if diff := cmp.Diff(first, again, protocmp.Transform()); err != nil || diff != "" {
		t.Error(err, diff)
	}
	_, err = arrive("4")
	mustRefuse(t, err, fault.AlreadyExists, "DOCUMENT_REUSED", "document")
	w.mustHave(&inventoryv1.Balance{Sku: "A", NodeId: "N1", OnHand: 2, Available: 2})
	w.mustHave(&inventoryv1.Balance{Sku: "A", NodeId: "N2", OnHand: 3, Available: 3})
}

// TestDocumentsLikeANaiveModel draws documents, repeats and mixtures of both. The model is a set of what has been seen.
func TestDocumentsLikeANaiveModel(t *testing.T) {
	w := newWorld(t)
	random := rand.New(rand.NewPCG(5, 6))
	seen, onHand := map[int]bool{}, int64(0)
	for range 40 {
		var adjustments []*inventoryv1.StockAdjustment
		var before []int32
		for position, number := range random.Perm(30)[:1+random.IntN(5)] {
			quantity := int64(1 + number%7)
			adjustments = append(adjustments, documentedAdjustment(fmt.Sprint(quantity), receiptLine(fmt.Sprint("R", number/3), int64(number%3))))
			if seen[number] {
				before = append(before, int32(position))
				continue
			}
			seen[number], onHand = true, onHand+quantity
		}
		reply, err := w.adjustAll(adjustments...)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(before, reply.GetRecordedBefore()); diff != "" {
			t.Fatal(diff)
		}
		w.mustHave(&inventoryv1.Balance{Sku: "A", NodeId: "N1", OnHand: onHand, Available: onHand})
	}
}

// TestRepeatsOfADocumentRace: sent twice at the same time, past the turn that writers take within one process.
func TestRepeatsOfADocumentRace(t *testing.T) {
	w := newWorld(t)
	w.service.gate = make(gate, 2)
	errs := make(chan error, 8)
	for range cap(errs) {
		request := &inventoryv1.AdjustStockRequest{
			RequestId: w.request(), Adjustments: []*inventoryv1.StockAdjustment{documentedAdjustment("5", receiptLine("R1", 1))},
		}
		go func() {
			_, err := w.operator.AdjustStock(t.Context(), request)
			errs <- err
		}()
	}
	for range cap(errs) {
		if err := <-errs; err != nil && fault.ReasonOf(err) != database.ReasonContention {
			t.Error(err)
		}
	}
	w.mustHave(&inventoryv1.Balance{Sku: "A", NodeId: "N1", OnHand: 5, Available: 5})
}
