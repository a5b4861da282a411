package importer

import (
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/waybill-dev/waybill/cmd/waybill/internal/restclient"
)

const header = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"

func readText(t *testing.T, text string) plan {
	t.Helper()
	file := filepath.Join(t.TempDir(), "orders.csv")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	mapping := OnlineRetail()
	if err := mapping.check(); err != nil {
		t.Fatal(err)
	}
	read, err := readPlan(file, &mapping, true)
	if err != nil {
		t.Fatal(err)
	}
	return read
}

func TestReadPlan(t *testing.T) {
	read := readText(t, header+
		"1,85123A,  WHITE HEART ,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom\n"+
		"1,85123a,OTHER,2,2010-12-01 08:26:00,2.55,17850.0,United Kingdom\n"+
		"1,85123a,OTHER,2,2010-12-01 08:26:00,2.55,17850.0,United Kingdom\n"+ // the same once more: kept
		"2,POST,POSTAGE,1,2010-12-01 08:27:00,18.005,,France\n"+
		"2,Gift_0001_20,Voucher,1,2010-12-01 08:27:00,0,,France\n")
	if len(read.rejects) != 0 || read.rows != 5 {
		t.Fatalf("%d rows, rejects %v", read.rows, read.rejects)
	}
	if got := len(read.documents[ordered][0].lines); got != 3 {
		t.Errorf("order 1 has %d lines", got)
	}
	if read.documents[ordered][0].netMinor != 2550 || read.documents[ordered][1].netMinor != 1801 {
		t.Errorf("net %d and %d", read.documents[ordered][0].netMinor, read.documents[ordered][1].netMinor)
	}
	if diff := cmp.Diff([]string{"17850", "CASH"}, read.accounts); diff != "" {
		t.Error(diff)
	}
	got := map[string]bool{}
	for _, item := range read.items {
		got[item.sku] = item.service
	}
	if diff := cmp.Diff(map[string]bool{"85123A": false, "POST": true, "Gift_0001_20": true}, got); diff != "" {
		t.Error(diff)
	}
	if heart := read.items[0]; heart.quantity[ordered] != 10 || heart.description != "WHITE HEART" {
		t.Errorf("item %+v", heart)
	}
}

func TestReadPlanRefuses(t *testing.T) {
	read := readText(t, header+
		"C1,85123A,x,1,2010-12-01 08:26:00,2.55,17850.0,UK\n"+
		"1,85123A,x,-1,2010-12-01 08:26:00,1,,UK\n"+
		"1,85123A,x,0,2010-12-01 08:26:00,1,,UK\n"+
		"1,85123A,x,1.5,2010-12-01 08:26:00,1,,UK\n"+
		"1,85123A,x,1,2010-12-01 08:26:00,-11062.06,,UK\n"+
		"1,85123A,x,1,2010-12-01 08:26:00,1e3,,UK\n"+
		"1,85123A,x,1,yesterday,1,,UK\n"+
		",85123A,x,1,2010-12-01 08:26:00,1,,UK\n"+
		"1,,x,1,2010-12-01 08:26:00,1,,UK\n"+
		"too,few\n"+
		"1,85123A,x,1,2010-12-01 08:26:00,1,7,UK\n"+
		"1,85123A,x,1,2010-12-01 08:26:00,1,8,UK\n"+
		"1,85123A,x,9007199254740993,2010-12-01 08:26:00,1,7,UK\n"+
		"C1,POST,x,-1,2010-12-01 08:26:00,0,7,UK\n"+
		"A1,B,Adjust bad debt,-1,2010-12-01 08:26:00,-11062.06,7,UK\n")
	want := []Reject{
		{1, "Quantity", "QUANTITY_NOT_NEGATIVE", ""}, {2, "InvoiceNo", "QUANTITY_NEGATIVE", ""},
		{3, "Quantity", "QUANTITY_ZERO", ""}, {4, "Quantity", "QUANTITY_INVALID", ""},
		{5, "UnitPrice", "PRICE_NEGATIVE", ""}, {6, "UnitPrice", "PRICE_INVALID", ""}, {7, "InvoiceDate", "TIME_INVALID", ""},
		{8, "InvoiceNo", "MISSING", ""}, {9, "StockCode", "MISSING", ""}, {10, "", "CSV_INVALID", ""},
		{12, "CustomerID", "ACCOUNT_DIFFERS", ""}, {13, "Quantity", "AMOUNT_TOO_LARGE", ""},
		{14, "UnitPrice", "PRICE_ZERO", ""}, {15, "UnitPrice", "PRICE_NEGATIVE", ""},
	}
	for i := range read.rejects {
		read.rejects[i].Message = ""
	}
	if diff := cmp.Diff(want, read.rejects); diff != "" {
		t.Error(diff)
	}
	if len(read.documents[ordered]) != 1 || len(read.documents[ordered][0].lines) != 1 {
		t.Errorf("orders %+v", read.documents[ordered])
	}
}

// One row that no service could take must not stop the others.
func TestReadPlanRefusesWhatTheContractRefuses(t *testing.T) {
	long := strings.Repeat("x", 501)
	read := readText(t, header+
		"1,85123A,CAF\xe9,6,2010-12-01 08:26:00,2.55,17850.0,UK\n"+
		"2,71\x00053,x,1,2010-12-01 08:26:00,1,7,UK\n"+
		"3,"+long+",x,1,2010-12-01 08:26:00,1,7,UK\n"+
		"4,71053,"+long+",1,2010-12-01 08:26:00,1,7,UK\n"+
		"5,71053,x,1,2010-12-01 08:26:00,1,"+long+",UK\n"+
		"6,71053,x,1,2010-12-01 08:26:00,1,7,UK\n")
	want := []Reject{
		{1, "Description", "TEXT_INVALID", ""}, {2, "StockCode", "TEXT_INVALID", ""}, {3, "StockCode", "ITEM_INVALID", ""},
		{4, "Description", "ITEM_INVALID", ""}, {5, "CustomerID", "ACCOUNT_INVALID", ""},
	}
	for i := range read.rejects {
		read.rejects[i].Message = ""
	}
	if diff := cmp.Diff(want, read.rejects); diff != "" {
		t.Error(diff)
	}
	if len(read.documents[ordered]) != 1 || len(read.items) != 1 || len(read.accounts) != 1 {
		t.Errorf("orders %v, items %v, accounts %v", read.documents[ordered], read.items, read.accounts)
	}
}

func TestReadPlanPassesOverTheMark(t *testing.T) {
	read := readText(t, "\ufeff\"InvoiceNo\","+strings.TrimPrefix(strings.TrimSuffix(header, "\n"), "InvoiceNo,")+"\r\n"+
		"1,A1,x,1,2010-12-01 08:26:00,1,7,UK\r\n")
	if len(read.documents[ordered]) != 1 || len(read.rejects) != 0 {
		t.Errorf("orders %v, rejects %v", read.documents[ordered], read.rejects)
	}
}

func TestReadPlanGzip(t *testing.T) {
	var packed bytes.Buffer
	writer := gzip.NewWriter(&packed)
	if _, err := writer.Write([]byte("\ufeff" + header + "1,A1,x,1,2010-12-01 08:26:00,1,7,UK\n")); err != nil {
		t.Fatal(err)
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	if read := readText(t, packed.String()); len(read.documents[ordered]) != 1 {
		t.Errorf("orders %+v", read.documents[ordered])
	}
}

func TestReadPlanMissingColumn(t *testing.T) {
	file := filepath.Join(t.TempDir(), "orders.csv")
	if err := os.WriteFile(file, []byte("InvoiceNo,StockCode\n1,2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	mapping := OnlineRetail()
	if _, err := readPlan(file, &mapping, true); err == nil {
		t.Error("a file without its columns was read")
	}
}

func TestRefusedRows(t *testing.T) {
	o := &document{number: "7", lines: []line{{row: 4}, {row: 9}}}
	problem := &restclient.ProblemError{Reason: "UNKNOWN_ITEM"}
	problem.Errors = append(problem.Errors, struct {
		Path    string `json:"path"`
		Reason  string `json:"reason"`
		Message string `json:"message"`
	}{Path: "lines[1].sku", Reason: "UNKNOWN_ITEM", Message: "there is no such item"})
	want := []Reject{
		{4, "InvoiceNo", "ORDER_REFUSED", "another row of its number is wrong"},
		{9, "lines[1].sku", "UNKNOWN_ITEM", "there is no such item"},
	}
	if diff := cmp.Diff(want, refusedRows(o, problem, "InvoiceNo")); diff != "" {
		t.Error(diff)
	}
}
