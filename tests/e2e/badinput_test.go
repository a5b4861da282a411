package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

const smallFile = `InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country
1,85123A,WHITE HEART,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom
1,85123a,WHITE HEART,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom
1,POST,POSTAGE,1,2010-12-01 08:26:00,18,17850.0,United Kingdom
2,POST,POSTAGE,1,2010-12-01 08:26:00,7.005,,France
3,71053,LANTERN,2,2010-12-01 08:26:00,0,,France
C4,71053,LANTERN,-2,2010-12-01 08:26:00,3.395,,France
C4,71053,LANTERN,-1,2010-12-01 08:26:00,3.395,,France
C4,POST,POSTAGE,-1,2010-12-01 08:26:00,7.005,,France
C6,M,Manual,-1,2010-12-01 08:26:00,1.5,999,France
5,71053,thrown away,-2,2010-12-01 08:26:00,0,,France
7,71053,LANTERN,-2,2010-12-01 08:26:00,1,,France
`

// imported makes a data folder in which the small file was imported.
func imported(t *testing.T) (folder, output string) {
	t.Helper()
	folder = t.TempDir()
	file := filepath.Join(folder, "orders.csv")
	if err := os.WriteFile(file, []byte(smallFile), 0o600); err != nil {
		t.Fatal(err)
	}
	output, err := run(t, 3*time.Minute, "import", "orders", file, "--data-dir", filepath.Join(folder, "data"),
		"--rejects", filepath.Join(folder, "rejects.csv"))
	if err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	return folder, output
}

// TestImportTwice imports a file and the same file again, which adds nothing.
func TestImportTwice(t *testing.T) {
	if testing.Short() {
		t.Skip("runs the whole system")
	}
	onTestServer(t)
	folder, output := imported(t)
	rejects, err := os.ReadFile(filepath.Join(folder, "rejects.csv"))
	if err != nil {
		t.Fatal(err)
	}
	want := "row,field,reason,message\n11,InvoiceNo,QUANTITY_NEGATIVE,a negative quantity at a price belongs on a credit note\n"
	if string(rejects) != want {
		t.Errorf("rejects:\n%s", rejects)
	}
	for _, line := range []string{"value of the accepted orders", "55.61 GBP", "18.70 GBP", "36.91 GBP", "not a cent is missing"} {
		if !strings.Contains(output, line) {
			t.Errorf("the report lacks %q:\n%s", line, output)
		}
	}
	output, err = run(t, 3*time.Minute, "import", "orders", filepath.Join(folder, "orders.csv"), "--data-dir",
		filepath.Join(folder, "data"), "--rejects", filepath.Join(folder, "rejects.csv"))
	if err != nil || !strings.Contains(output, "not a cent is missing") {
		t.Fatalf("again: %v\n%s", err, output)
	}
	if output, err := run(t, time.Minute, "check", "--data-dir", filepath.Join(folder, "data")); err != nil {
		t.Errorf("check: %v\n%s", err, output)
	}
	s := up(t, filepath.Join(folder, "data"))
	counted := s.call(t, "GET", "/v1/orders:count", "")
	orders := 0
	list, _ := counted.body["counts"].([]any)
	for _, one := range list {
		entry, _ := one.(map[string]any)
		n, _ := strconv.Atoi(fmt.Sprint(entry["orders"]))
		orders += n
	}
	if orders != 3 {
		t.Errorf("after two imports: %s", counted.text)
	}
	sameLedger(t, filepath.Join(folder, "orders.csv"), s)
	eventually(t, time.Minute, "what came back is on the shelf", func() bool { // 2 ordered, 2 written off, 3 returned
		return strings.Contains(s.call(t, "GET", "/v1/balances?skus=71053", "").text, `"onHand":"3"`)
	})
	s.stop(t)
}

// order is a request with one good line and the changes.
func order(key string, changes ...string) string {
	body := `{"requestId":"KEY","externalOrderId":"KEY","accountId":"17850","currencyCode":"GBP","lines":[{"sku":"85123a","quantity":{"value":"1"},"unitPrice":"2.55"}]}`
	body = strings.ReplaceAll(body, "KEY", key)
	return strings.NewReplacer(changes...).Replace(body)
}

// TestBadInput sends what partners get wrong and what attackers try. Each is a problem that names the field and the
// reason, and nothing is stored.
func TestBadInput(t *testing.T) {
	if testing.Short() {
		t.Skip("runs the whole system")
	}
	onTestServer(t)
	folder, _ := imported(t)
	s := up(t, filepath.Join(folder, "data"))
	before := s.call(t, "GET", "/v1/orders:count", "").text
	manyLines := strings.Repeat(`{"sku":"85123A","quantity":{"value":"1"},"unitPrice":"1"},`, 10_000)
	for name, c := range map[string]struct {
		body, path string
		status     int
		reasons    []string // any of these
	}{
		"unknown item":        {order("a1", "85123a", "NOPE"), "lines[0].sku", 400, []string{"UNKNOWN_ITEM"}},
		"unknown account":     {order("a2", "17850", "nobody"), "accountId", 400, []string{"UNKNOWN_ACCOUNT"}},
		"quantity 0":          {order("a3", `"value":"1"`, `"value":"0"`), "lines[0].quantity.value", 400, []string{"QUANTITY_NOT_POSITIVE"}},
		"negative quantity":   {order("a4", `"value":"1"`, `"value":"-1"`), "lines[0].quantity.value", 400, []string{"QUANTITY_NOT_POSITIVE"}},
		"not divisible":       {order("a5", `"value":"1"`, `"value":"0.5"`), "lines[0].quantity.value", 400, []string{"UOM_NOT_DIVISIBLE"}},
		"unknown unit":        {order("a6", `"value":"1"`, `"value":"1","unit":"BARREL"`), "lines[0].quantity.unit", 400, []string{"UOM_UNKNOWN"}},
		"no number":           {order("a7", `"value":"1"`, `"value":"1e3"`), "lines[0].quantity.value", 400, nil},
		"huge number":         {order("a8", `"value":"1"`, `"value":"99999999999999999999"`), "lines[0].quantity.value", 400, nil},
		"wrong currency":      {order("a9", "GBP", "EUR"), "currencyCode", 400, []string{"CURRENCY_MISMATCH"}},
		"no lines":            {order("b1", `{"sku":"85123a","quantity":{"value":"1"},"unitPrice":"2.55"}`, ""), "lines", 400, nil},
		"10,001 lines":        {order("b2", `"lines":[`, `"lines":[`+manyLines), "lines", 400, nil},
		"no key":              {order("b3", `"requestId":"b3"`, `"requestId":""`), "requestId", 400, nil},
		"malformed":           {`{"requestId":"b4"`, "", 400, []string{"MALFORMED_REQUEST"}},
		"unknown field":       {order("b5", `"currencyCode"`, `"colour":"red","currencyCode"`), "colour", 400, []string{"UNKNOWN_FIELD"}},
		"5 MB":                {order("b6", `"lines"`, `"channel":"`+strings.Repeat("x", 5<<20)+`","lines"`), "", 413, []string{"BODY_TOO_LARGE"}},
		"negative price":      {order("b7", "2.55", "-2.55"), "lines[0].unitPrice", 400, nil},
		"price of 7 places":   {order("b8", "2.55", "2.5555555"), "lines[0].unitPrice", 400, nil},
		"no price":            {order("b9", `,"unitPrice":"2.55"`, ""), "lines[0].sku", 400, []string{"PRICE_MISSING"}},
		"a day that is none":  {order("c1", `"lines"`, `"notBefore":"2026-02-30","lines"`), "notBefore", 400, nil},
		"SQL in a name":       {order("c2", "85123a", `x'; DROP TABLE sales_order; --`), "lines[0].sku", 400, []string{"UNKNOWN_ITEM"}},
		"zero byte":           {order("c3", "85123a", `x\u0000y`), "lines[0].sku", 400, nil},
		"no provider":         {order("c5", `"lines"`, `"paymentMethod":{"token":"tok_ok"},"lines"`), "paymentMethod.provider", 400, nil},
		"another's order key": {order("c4", `"quantity":{"value":"1"}`, `"quantity":null`), "lines[0].quantity", 400, nil},
	} {
		t.Run(name, func(t *testing.T) {
			got := s.call(t, "POST", "/v1/orders", c.body)
			if got.status != c.status || got.reason() == "" {
				t.Fatalf("%d %.400s", got.status, got.text)
			}
			if c.path != "" && !slices.Contains(got.paths(), c.path) {
				t.Errorf("fields %v, want %s: %.400s", got.paths(), c.path, got.text)
			}
			if c.reasons != nil && !slices.ContainsFunc(c.reasons, func(r string) bool { return strings.Contains(got.text, r) }) {
				t.Errorf("reason %s, want %v: %.400s", got.reason(), c.reasons, got.text)
			}
		})
	}
	if after := s.call(t, "GET", "/v1/orders:count", "").text; after != before {
		t.Errorf("something was stored:\n%s\n%s", before, after)
	}
	sameKeyAnotherBody(t, s)
	s.stop(t)
}

func sameKeyAnotherBody(t *testing.T, s *system) {
	t.Helper()
	first := s.call(t, "POST", "/v1/orders", order("d1"))
	again := s.call(t, "POST", "/v1/orders", order("d1"))
	if first.status != 200 || again.status != 200 || orderID(first) != orderID(again) {
		t.Errorf("repeat: %d %s, %d %s", first.status, orderID(first), again.status, orderID(again))
	}
	if got := s.call(t, "POST", "/v1/orders", order("d1", `"value":"1"`, `"value":"2"`)); got.status != 400 || got.reason() != "REQUEST_ID_REUSED" {
		t.Errorf("same key, another body: %d %s", got.status, got.text)
	}
	other := s.call(t, "POST", "/v1/orders", order("d1", `"requestId":"d1"`, `"requestId":"d2"`))
	if other.status != 200 || orderID(other) != orderID(first) {
		t.Errorf("the same order under another key: %d %.300s", other.status, other.text)
	}
	differs := s.call(t, "POST", "/v1/orders", order("d1", `"requestId":"d1"`, `"requestId":"d3"`, `"value":"1"`, `"value":"2"`))
	if differs.status != 409 || differs.reason() != "DUPLICATE_ORDER" {
		t.Errorf("another order under the same number: %d %.300s", differs.status, differs.text)
	}
}

func orderID(r reply) string {
	entry, _ := r.body["order"].(map[string]any)
	return fmt.Sprint(entry["orderId"])
}
