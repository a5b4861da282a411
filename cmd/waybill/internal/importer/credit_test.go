package importer

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
)

const creditRows = "C4,71053,LANTERN,-3,2010-12-01 08:26:00,3.395,,UK\n" +
	"C4,71053,LANTERN,-1,2010-12-01 08:26:00,3.395,,UK\n" +
	"C4,71053,LANTERN,-2,2010-12-01 08:26:00,0,,UK\n" +
	"C4,POST,POSTAGE,-1,2010-12-01 08:26:00,18,,UK\n" +
	"4,71053,,-2,2010-12-01 08:26:00,0,,UK\n" +
	"4,71053,thrown away,-1,,0,,UK\n"

// A row is a line of its own, however often its item stands on the note, and each is rounded by itself.
func TestReadPlanTakesCreditNotesAndWriteOffs(t *testing.T) {
	read := readText(t, header+creditRows)
	if len(read.rejects) != 0 || len(read.documents[ordered]) != 0 {
		t.Fatalf("rejects %v, orders %v", read.rejects, read.documents[ordered])
	}
	note := read.documents[credited][0]
	if len(note.lines) != 4 || note.netMinor != 1019+340+1800 || note.account != "CASH" {
		t.Errorf("credit note %+v", note)
	}
	if diff := cmp.Diff([]string{"CASH"}, read.accounts); diff != "" {
		t.Error(diff)
	}
	if off := read.documents[writtenOff][0]; len(off.lines) != 2 || off.account != "" {
		t.Errorf("write-off %+v", off)
	}
	if diff := cmp.Diff(map[kind]int64{credited: 6, writtenOff: 3}, read.items[0].quantity); diff != "" {
		t.Errorf("quantities of %s: %s", read.items[0].sku, diff)
	}
}

func TestCreditNotesMayBeLeftOut(t *testing.T) {
	file := filepath.Join(t.TempDir(), "orders.csv")
	if err := os.WriteFile(file, []byte(header+creditRows), 0o600); err != nil {
		t.Fatal(err)
	}
	mapping := OnlineRetail()
	if err := mapping.check(); err != nil {
		t.Fatal(err)
	}
	read, err := readPlan(file, &mapping, false)
	if err != nil {
		t.Fatal(err)
	}
	if len(read.rejects) != 4 || read.rejects[0].Reason != "CREDIT_NOTE_LEFT_OUT" || len(read.documents[writtenOff]) != 1 {
		t.Errorf("rejects %v, write-offs %v", read.rejects, read.documents[writtenOff])
	}
}

func TestReturnOfACreditNote(t *testing.T) {
	mapping := OnlineRetail()
	r := &run{options: Options{Mapping: mapping, Node: "MAIN"}, plan: readText(t, header+creditRows)}
	note := r.plan.documents[credited][0]
	want := &fulfillmentv1.RequestReturnRequest{
		RequestId: "import-C4", PartnerId: "UCI", RmaNumber: "C4", AccountId: "CASH", NodeId: "MAIN", Reason: "credit note C4",
		CurrencyCode: "GBP", Lines: []*fulfillmentv1.RequestReturnLine{
			{Sku: "71053", Quantity: "3", AgreedUnitPrice: "3.395"}, {Sku: "71053", Quantity: "1", AgreedUnitPrice: "3.395"},
			{Sku: "71053", Quantity: "2"}, {Sku: "POST", Quantity: "1", AgreedUnitPrice: "18"},
		},
	}
	if diff := cmp.Diff(want, r.returnRequest(note), protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
	note.returned = &fulfillmentv1.Return{ReturnId: "ret_1", Lines: []*fulfillmentv1.ReturnLine{
		{Position: 1, Requested: 3}, {Position: 2, Requested: 1}, {Position: 3, Requested: 2}, {Position: 4, Requested: 1, Service: true},
	}}
	found := inspection(note)
	if len(found.GetLines()) != 3 || found.GetLines()[2].GetRestocked() != 2 || found.GetDocument() != "C4" {
		t.Errorf("inspection %v", found)
	}
}

func TestWriteOffSaysWhy(t *testing.T) {
	r := &run{options: Options{Node: "MAIN"}, plan: readText(t, header+creditRows)}
	made := r.adjustment(r.plan.documents[writtenOff][0])
	want := &inventoryv1.AdjustStockRequest{RequestId: "import-4", Adjustments: []*inventoryv1.StockAdjustment{
		{Sku: "71053", NodeId: "MAIN", Quantity: "-2", Reason: "WRITE_OFF", SourceDocument: "4", OccurredAt: made.GetAdjustments()[0].GetOccurredAt()},
		{Sku: "71053", NodeId: "MAIN", Quantity: "-1", Reason: "thrown away", SourceDocument: "4"},
	}}
	if diff := cmp.Diff(want, made, protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
	if reason := reasonOf(line{description: strings.Repeat("é", 99)}); reason != strings.Repeat("é", 64) {
		t.Errorf("reason %q", reason)
	}
}

// The whole may add up while two customers have each other's money.
func TestCustomersAreComparedOneByOne(t *testing.T) {
	r := &run{accounts: map[string]*sum{
		"A": {ordered: 100, invoiced: 70, open: 20, cancelled: 10, credit: 5, credited: 5},
		"B": {ordered: 100, invoiced: 99}, "C": {ordered: 100, invoiced: 101}, "D": {credit: 7, credited: 6, ordered: 1},
	}}
	r.compare()
	want := []AccountDifference{{"B", 100, 0, 99, 0}, {"C", 100, 0, 101, 0}, {"D", 1, 7, 0, 6}}
	if diff := cmp.Diff(want, r.report.Differing); diff != "" || r.report.Balanced() {
		t.Error(diff)
	}
	if r.report.ExpectedMinor != 301 || r.report.InvoicedMinor != 270 || r.report.CreditedMinor != 11 {
		t.Errorf("report %+v", r.report)
	}
}
