package fulfillment_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
)

func (w *world) receive(reports ...*fulfillmentv1.ReceiptReport) []*fulfillmentv1.ReceiptOutcome {
	w.t.Helper()
	reply, err := w.reports.RecordReceipt(w.t.Context(), &fulfillmentv1.RecordReceiptRequest{Reports: reports})
	if err != nil {
		w.t.Fatal(err)
	}
	return reply.GetOutcomes()
}

func truck(asn, document string, lines ...*fulfillmentv1.ReceiptReportLine) *fulfillmentv1.ReceiptReport {
	return &fulfillmentv1.ReceiptReport{SupplierId: "SUP", AsnNumber: asn, NodeId: "LEEDS", Document: document, Lines: lines}
}

func unloaded(sku, lot string, received int64) *fulfillmentv1.ReceiptReportLine {
	return &fulfillmentv1.ReceiptReportLine{Sku: sku, Lot: lot, Received: received}
}

func TestReceiptAgainstItsNotice(t *testing.T) {
	w := newInbound(t)
	made := w.announce(operator(t), notice("k1", "A1", announced("SKU-1", "10"), &fulfillmentv1.AnnounceReceiptLine{
		Sku: "Lotted", Lot: "L1", Quantity: "4", ExpiresOn: "2027-06-30",
	}))
	outcomes := w.receive(
		truck("A1", "d1", &fulfillmentv1.ReceiptReportLine{Sku: "SKU-1", Received: 6, Damaged: 1, OnHold: 2}),
		truck("A1", "d2", unloaded("SKU-1", "", 3), unloaded("lotted", "L2", 1)),
		truck("A1", "d2", unloaded("SKU-1", "", 2)),
		truck("A1", "d3", unloaded("Lotted", "", 1)),
		truck("", "d4", unloaded("METRE", "", 50)),
		&fulfillmentv1.ReceiptReport{ReceiptId: "rcp_nonsense", Document: "d5", Lines: []*fulfillmentv1.ReceiptReportLine{unloaded("SKU-1", "", 1)}},
	)
	for i, reason := range []string{"", "", "", "LOT_REQUIRED", "", "UNKNOWN_RECEIPT"} {
		if outcomes[i].GetRefusal().GetReason() != reason {
			t.Errorf("report %d: %v, want %q", i, outcomes[i], reason)
		}
	}
	if blind := w.getReceipt(outcomes[4].GetReceiptId()); !blind.GetBlind() || blind.GetReceiptId() == made.GetReceiptId() {
		t.Errorf("a receipt that nobody announced: %v", blind)
	}
	shown := w.getReceipt(made.GetReceiptId())
	_, err := w.service.CancelReceipt(operator(t), &fulfillmentv1.CancelReceiptRequest{ReceiptId: made.GetReceiptId(), RequestId: "k2"})
	wantFault(t, err, "RECEIPT_STARTED", "")
	_, err = w.service.CloseReceipt(operator(t), &fulfillmentv1.CloseReceiptRequest{ReceiptId: made.GetReceiptId(), RequestId: "k3", Etag: made.GetEtag()})
	wantFault(t, err, "ETAG_MISMATCH", "etag")
	reply, err := w.service.CloseReceipt(operator(t), &fulfillmentv1.CloseReceiptRequest{ReceiptId: made.GetReceiptId(), RequestId: "k4", Etag: shown.GetEtag()})
	if err != nil {
		t.Fatal(err)
	}
	closed := reply.GetReceipt()
	var counts []string
	for _, line := range closed.GetLines() {
		counts = append(counts, fmt.Sprint(line.GetSku(), line.GetLot(), " ", line.GetExpected(), " ", line.GetReceived(), " ", line.GetDamaged(), " ", line.GetOnHold(), line.GetExpiresOn()))
	}
	if diff := cmp.Diff([]string{"SKU-1 10 9 1 2", "LottedL1 4 0 0 02027-06-30", "LottedL2 0 1 0 0"}, counts); diff != "" || !closed.GetDiscrepancy() {
		t.Errorf("discrepancy %t\n%s", closed.GetDiscrepancy(), diff)
	}
	told, _ := w.toldOf(5, "fulfillment.receipt")
	want := map[string][]string{
		made.GetReceiptId(): {"announced", "received", "received", "closed"}, outcomes[4].GetReceiptId(): {"received"},
	}
	if diff := cmp.Diff(want, told); diff != "" {
		t.Error(diff)
	}
	w.sound()
}

func TestConcurrentReportsAheadOfTheNoticeAreOneReceipt(t *testing.T) {
	w := newInbound(t)
	var group sync.WaitGroup
	ids := make([]string, 8)
	for i := range ids {
		group.Go(func() {
			ids[i] = w.receive(truck("A1", fmt.Sprint("d", i), unloaded("SKU-1", "", 2)))[0].GetReceiptId()
		})
	}
	group.Wait()
	made := w.announce(operator(t), notice("k1", "A1", announced("SKU-1", "16")))
	for _, one := range ids {
		if one != made.GetReceiptId() {
			t.Fatalf("receipts %v, announced %s", ids, made.GetReceiptId())
		}
	}
	if line := made.GetLines()[0]; line.GetReceived() != 16 || line.GetExpected() != 16 || made.GetDiscrepancy() || made.GetBlind() {
		t.Errorf("receipt %v", made)
	}
	w.sound()
}

func TestWithdrawnNoticeIsTold(t *testing.T) {
	w := newInbound(t)
	made := w.announce(operator(t), notice("k1", "A1", announced("SKU-1", "10")))
	for _, key := range []string{"k2", "k2", "k3"} {
		reply, err := w.service.CancelReceipt(operator(t), &fulfillmentv1.CancelReceiptRequest{ReceiptId: made.GetReceiptId(), RequestId: key})
		if err != nil || reply.GetReceipt().GetState() != fulfillmentv1.ReceiptState_RECEIPT_STATE_CANCELLED {
			t.Fatalf("%s: %v, %v", key, reply, err)
		}
	}
	told, _ := w.toldOf(2, "fulfillment.receipt")
	if diff := cmp.Diff(map[string][]string{made.GetReceiptId(): {"announced", "closed"}}, told); diff != "" {
		t.Error(diff)
	}
	_, err := w.service.CloseReceipt(partner(t, "other"), &fulfillmentv1.CloseReceiptRequest{ReceiptId: made.GetReceiptId(), RequestId: "k4"})
	wantFault(t, err, "RECEIPT_NOT_FOUND", "")
	w.sound()
}
