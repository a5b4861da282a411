package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestTwoHundredBuyers lets 200 buyers fight for 100 pieces of one item: with one line, with two lines of the item, with
// another item beside it, everything now or nothing, and each of them twice at the same time with the same key. Exactly
// 100 pieces are promised; everybody else hears what their order's terms say.
func TestTwoHundredBuyers(t *testing.T) {
	if testing.Short() {
		t.Skip("runs the whole system")
	}
	onTestServer(t)
	folder := t.TempDir()
	file := filepath.Join(folder, "catalogue.csv")
	if err := os.WriteFile(file, []byte(smallFile[:strings.Index(smallFile, "\n")+1]+
		"1,HOT,hot,1,2010-12-01 08:26:00,1,17850,UK\n1,COLD,cold,1,2010-12-01 08:26:00,1,17850,UK\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	data := filepath.Join(folder, "data")
	if output, err := run(t, 3*time.Minute, "import", "orders", file, "--data-dir", data, "--rejects", filepath.Join(folder, "r.csv")); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	s := up(t, data)
	stock := `{"requestId":"stock","adjustments":[{"sku":"HOT","nodeId":"MAIN","quantity":"100","reason":"COUNT"},{"sku":"COLD","nodeId":"MAIN","quantity":"10000","reason":"COUNT"}]}`
	if got := s.call(t, "POST", "/v1/stock:adjust", stock); got.status != 200 {
		t.Fatalf("%d %s", got.status, got.text)
	}

	const buyers = 200
	replies := make([][2]reply, buyers)
	var all sync.WaitGroup
	for i := range buyers {
		for attempt := range 2 {
			all.Go(func() { replies[i][attempt] = s.call(t, "POST", "/v1/orders", buyer(i)) })
		}
	}
	all.Wait()
	for i, pair := range replies {
		for _, got := range pair {
			if got.status != 200 {
				t.Fatalf("buyer %d: %d %.300s", i, got.status, got.text)
			}
		}
		if orderID(pair[0]) != orderID(pair[1]) {
			t.Errorf("buyer %d has two orders", i)
		}
	}
	eventually(t, time.Minute, "all orders are decided and at rest", func() bool {
		return fmt.Sprint(s.call(t, "GET", "/v1/orders:count", "").body["moving"]) == "0"
	})
	promised := 0
	for i := range buyers {
		got := s.call(t, "GET", "/v1/orders/"+orderID(replies[i][0]), "")
		promised += settled(t, i, got)
	}
	if promised != 100 {
		t.Errorf("%d pieces are promised, 100 were there", promised)
	}
	if output, err := run(t, 2*time.Minute, "reconcile", "run", "--address", s.rpc); err != nil { // once all that happened is known everywhere
		t.Errorf("reconcile: %v\n%s", err, output)
	}
	s.stop(t)
	if output, err := run(t, 2*time.Minute, "check", "--data-dir", data); err != nil {
		t.Errorf("check: %v\n%s", err, output)
	}
}

// buyer is the order of the i-th buyer.
func buyer(i int) string {
	hot := `{"sku":"HOT","quantity":{"value":"1"},"unitPrice":"1"}`
	lines, policy := hot, "SHIP_PARTIAL"
	switch i % 4 {
	case 1:
		lines = hot + "," + hot
	case 2:
		lines = `{"sku":"COLD","quantity":{"value":"3"},"unitPrice":"1"},` + hot
	case 3:
		lines, policy = hot+","+hot, "FILL_OR_KILL"
	}
	return fmt.Sprintf(`{"requestId":"buyer-%[1]d","externalOrderId":"buyer-%[1]d","accountId":"17850","currencyCode":"GBP",`+
		`"fulfillmentPolicy":"FULFILLMENT_POLICY_%[2]s","wait":"20s","lines":[%[3]s]}`, i, policy, lines)
}

// settled checks what one buyer was told and returns how many hot pieces are promised to them.
func settled(t *testing.T, i int, got reply) int {
	t.Helper()
	entry, _ := got.body["order"].(map[string]any)
	lines, _ := entry["lines"].([]any)
	promised, waiting, cancelled, wanted := 0, 0, 0, 0
	for _, one := range lines {
		line, _ := one.(map[string]any)
		if line["sku"] != "HOT" {
			continue
		}
		for field, sum := range map[string]*int{"reserved": &promised, "released": &promised, "shipped": &promised,
			"backordered": &waiting, "cancelled": &cancelled, "ordered": &wanted} {
			var n int
			if _, err := fmt.Sscan(fmt.Sprint(line[field]), &n); err != nil {
				t.Fatal(err)
			}
			*sum += n
		}
	}
	killed := i%4 == 3
	switch {
	case killed && entry["state"] == "ORDER_STATE_REJECTED" && promised == 0 && strings.Contains(got.text, "INSUFFICIENT"):
	case killed && promised == wanted:
	case !killed && promised+waiting == wanted && cancelled == 0:
	default:
		t.Errorf("buyer %d: %s promised %d waiting %d cancelled %d of %d", i, entry["state"], promised, waiting, cancelled, wanted)
	}
	return promised
}
