package e2e

import (
	"regexp"
	"strconv"
	"testing"
	"time"
)

// numbers are those in what a text says, by a pattern whose groups are all numbers.
func numbers(t *testing.T, text, pattern string) []int {
	t.Helper()
	found := regexp.MustCompile(pattern).FindStringSubmatch(text)
	if found == nil {
		t.Fatalf("nothing like %q in:\n%s", pattern, text)
	}
	var all []int
	for _, group := range found[1:] {
		n, err := strconv.Atoi(group)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, n)
	}
	return all
}

// While the ERP is away orders are accepted and what it must be told piles up; then it has everything once, in order, and was never
// called more often than it allows. The drill itself compares and fails.
func TestOutageOfTheERP(t *testing.T) {
	onTestServer(t)
	text, err := run(t, 5*time.Minute, "bench", "outage", "--orders", "200", "--outage", "10m", "--in", "4s", "--normal", "1s")
	t.Log("\n" + text)
	if err != nil {
		t.Fatal(err)
	}
	orders := numbers(t, text, `of (\d+) orders (\d+) were accepted .* (\d+) told when to come again, (\d+) neither; (\d+) amended, (\d+) cancelled, (\d+) shipped`)
	if orders[0] < 200 || orders[1]+orders[2] != orders[0] || orders[3] != 0 || orders[4] == 0 || orders[5] == 0 || orders[6] == 0 {
		t.Errorf("orders: %v, want each accepted or told when to come again, some amended, some cancelled and some shipped", orders)
	}
	copies := numbers(t, text, `ERP's copy of (\d+) documents: (\d+) missing, (\d+) twice, (\d+) different, (\d+) out of order`)
	if copies[0] < orders[1]+orders[5]+orders[6] || copies[1]+copies[2]+copies[3]+copies[4] != 0 {
		t.Errorf("the ERP's copy: %v, want all orders, closures and invoices, once and in order", copies)
	}
	calls := numbers(t, text, `at most (\d+) calls in a second and (\d+) over its limit of (\d+); (\d+) of`)
	if calls[0] > calls[2] || calls[1] != 0 || calls[3] == 0 {
		t.Errorf("calls: %v, want some that failed and none over the limit", calls)
	}
	if waited := numbers(t, text, `At most (\d+) documents waited`); waited[0] < 100 {
		t.Errorf("%d documents waited: was it away?", waited[0])
	}
}

// Ten times as many orders come as the ERP takes, and more than may be under way: each is accepted or told when to come again, those that
// come again get in, and the ERP has everything at its own rate.
func TestBurstOfOrders(t *testing.T) {
	onTestServer(t)
	text, err := run(t, 5*time.Minute, "bench", "burst", "--drain", "20", "--times", "10", "--for", "2s", "--requests", "2")
	t.Log("\n" + text)
	if err != nil {
		t.Fatal(err)
	}
	again := numbers(t, text, `(\d+) of (\d+) orders were told when to come again; (\d+) of them did so and got in`)
	if again[0] == 0 || again[2] == 0 {
		t.Errorf("%v, want some told to come again, and let in then", again)
	}
	orders := numbers(t, text, `of (\d+) orders (\d+) were accepted .* (\d+) told when to come again, (\d+) neither`)
	if orders[0] != again[1] || orders[1]+orders[2] != orders[0] || orders[3] != 0 {
		t.Errorf("orders: %v", orders)
	}
	copies := numbers(t, text, `ERP's copy of (\d+) documents: (\d+) missing, (\d+) twice`)
	if copies[0] != orders[1] || copies[1]+copies[2] != 0 {
		t.Errorf("the ERP's copy: %v", copies)
	}
	if calls := numbers(t, text, `at most (\d+) calls in a second and (\d+) over its limit of (\d+)`); calls[0] > calls[2] || calls[1] != 0 {
		t.Errorf("calls: %v", calls)
	}
}
