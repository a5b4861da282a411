package e2e

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// TestKilledDayGoesOn kills everything in the middle of a day, twice, and runs the same day again: nothing is lost,
// nothing is doubled, every order comes to rest, and the invariants hold.
func TestKilledDayGoesOn(t *testing.T) {
	if testing.Short() {
		t.Skip("runs the whole system")
	}
	onTestServer(t)
	folder := t.TempDir()
	day := []string{"demo", "--exit", "--orders", "400", "--data-dir", folder,
		"--listen", "127.0.0.1:0", "--rest-listen", "127.0.0.1:0", "--health-listen", "127.0.0.1:0"}
	for _, after := range []time.Duration{1500 * time.Millisecond, 500 * time.Millisecond} {
		killDuringOrders(t, day, after)
	}
	output, err := run(t, 5*time.Minute, day...)
	// What the day is made to contain may have happened before the kill, so only the invariants count here.
	if err != nil && !strings.Contains(output, "never happened") {
		t.Fatalf("%v\n%s", err, output)
	}
	output, err = run(t, 2*time.Minute, "check", "--data-dir", folder)
	if err != nil {
		t.Fatalf("check: %v\n%s", err, output)
	}
	s := up(t, folder)
	counted := s.call(t, "GET", "/v1/orders:count?filter.partnerId=DEMO", "")
	total := 0
	list, _ := counted.body["counts"].([]any)
	for _, one := range list {
		var n int
		entry, _ := one.(map[string]any)
		if _, err := fmt.Sscan(fmt.Sprint(entry["orders"]), &n); err != nil {
			t.Fatal(err)
		}
		total += n
	}
	if total != 400 || fmt.Sprint(counted.body["moving"]) != "0" {
		t.Errorf("after the kills: %s", counted.text)
	}
	s.stop(t)
}

// killDuringOrders ends the process without warning some time after it began to submit orders.
func killDuringOrders(t *testing.T, args []string, after time.Duration) {
	t.Helper()
	command := exec.Command(binary, args...)
	output := &lockedBuffer{}
	command.Stdout, command.Stderr = output, output
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	exited := make(chan error, 1)
	go func() { exited <- command.Wait() }()
	// The line about opening stock is the last before the orders.
	eventually(t, 2*time.Minute, "orders are submitted", func() bool {
		return strings.Contains(output.String(), "opening stock")
	})
	select {
	case err := <-exited:
		t.Fatalf("the day ended before it was killed: %v\n%s", err, output)
	case <-time.After(after):
	}
	if err := command.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-exited
}
