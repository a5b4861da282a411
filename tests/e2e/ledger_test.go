package e2e

import (
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"math/big"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// ledger is what each customer was sold, less what was given back, in pennies, and how many documents say so.
type ledger struct {
	pennies map[string]int64
	sales   int
	credits int
}

// fileLedger adds up a file of order lines as a person would: quantity × price of each row, rounded half up, by customer.
// Rows that are neither sold nor credited are not in it.
func fileLedger(t *testing.T, name string) ledger {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var from io.Reader = bytes.NewReader(text)
	if strings.HasSuffix(name, ".gz") {
		if from, err = gzip.NewReader(from); err != nil {
			t.Fatal(err)
		}
	}
	rows, err := csv.NewReader(from).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	const invoice, quantity, price, customer = 0, 3, 5, 6
	book, sales, credits := ledger{pennies: map[string]int64{}}, map[string]bool{}, map[string]bool{}
	for _, row := range rows[1:] {
		units, ok := new(big.Rat).SetString(row[quantity])
		each, fine := new(big.Rat).SetString(row[price])
		if !ok || !fine {
			t.Fatalf("row %v", row)
		}
		account := strings.TrimSuffix(row[customer], ".0")
		if account == "" {
			account = "CASH"
		}
		switch note := strings.HasPrefix(row[invoice], "C"); {
		case note:
			credits[row[invoice]] = true
			book.pennies[account] -= halfUp(new(big.Rat).Neg(units), each)
		case units.Sign() > 0:
			sales[row[invoice]] = true
			book.pennies[account] += halfUp(units, each)
		}
	}
	book.sales, book.credits = len(sales), len(credits)
	return book
}

// halfUp is a positive quantity times a price, in whole pennies.
func halfUp(units, each *big.Rat) int64 {
	pennies := new(big.Rat).Mul(units, each)
	pennies.Mul(pennies, big.NewRat(100, 1)).Add(pennies, big.NewRat(1, 2))
	return new(big.Int).Quo(pennies.Num(), pennies.Denom()).Int64()
}

// restLedger adds up what the REST API says: issued invoices less issued credit memos, and counts the returns.
func restLedger(t *testing.T, s *system) ledger {
	t.Helper()
	book := ledger{pennies: map[string]int64{}}
	type document struct {
		AccountID string `json:"accountId"`
		State     string `json:"state"`
		NetTotal  struct {
			MinorUnits int64 `json:"minorUnits,string"`
		} `json:"netTotal"`
	}
	add := func(one document, sign int64) {
		if strings.HasSuffix(one.State, "_PENDING") {
			t.Errorf("a document is %s", one.State)
		}
		book.pennies[one.AccountID] += sign * one.NetTotal.MinorUnits
	}
	pages(t, s, "/v1/invoices", "invoices", func(one document) {
		book.sales++
		add(one, 1)
	})
	pages(t, s, "/v1/creditMemos", "creditMemos", func(one document) { add(one, -1) })
	// Fulfilment hears of the credit memos a moment after they are issued.
	eventually(t, time.Minute, "every return is credited", func() bool {
		credited := true
		book.credits = 0
		pages(t, s, "/v1/returns", "returns", func(one document) {
			book.credits++
			credited = credited && (one.State == "RETURN_STATE_CLOSED" || one.State == "RETURN_STATE_CREDITED")
		})
		return credited
	})
	return book
}

// pages reads a whole list.
func pages[Entry any](t *testing.T, s *system, path, list string, each func(Entry)) {
	t.Helper()
	for token := ""; ; {
		got := s.call(t, "GET", path+"?"+url.Values{"pageSize": {"500"}, "pageToken": {token}}.Encode(), "")
		var page map[string]json.RawMessage
		var entries []Entry
		if err := json.Unmarshal([]byte(got.text), &page); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(page[list], &entries); err != nil {
			t.Fatalf("%s: %v: %.300s", path, err, got.text)
		}
		for _, entry := range entries {
			each(entry)
		}
		if token = fmt.Sprint(got.body["nextPageToken"]); token == "" || token == "<nil>" {
			return
		}
	}
}

// sameLedger compares the file with the running system, customer by customer.
func sameLedger(t *testing.T, file string, s *system) {
	t.Helper()
	want, got := fileLedger(t, file), restLedger(t, s)
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(ledger{})); diff != "" {
		t.Errorf("the file (-) and the books (+) differ:\n%s", diff)
	}
	total := int64(0)
	for _, pennies := range want.pennies {
		total += pennies
	}
	t.Logf("%d customers, %d orders, %d credit notes: %d.%02d in all", len(want.pennies), want.sales, want.credits, total/100, total%100)
}
