package bus_test

import (
	"bufio"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/waybill-dev/waybill/internal/bus"
	"github.com/waybill-dev/waybill/internal/bus/bustest"
)

// brokerToKill is the folder of the broker that the test runs in a process of its own.
const brokerToKill = "WAYBILL_TEST_BROKER_TO_KILL"

// TestBrokerToKill is no test by itself: TestAcknowledgedSurvivesKill runs it in a process of its own, and kills it.
func TestBrokerToKill(t *testing.T) {
	dir := os.Getenv(brokerToKill)
	if dir == "" {
		t.Skip("only run by TestAcknowledgedSurvivesKill")
	}
	broker, err := bus.StartEmbedded(dir, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	b := bustest.Connect(t, broker.URL())
	if err := b.EnsureStreams(t.Context()); err != nil {
		t.Fatal(err)
	}
	for sequence := int64(1); ; sequence++ {
		publish(t, b, 0, itemEvent(t, "A", sequence))
		fmt.Println("acknowledged", sequence)
	}
}

// What the broker has acknowledged is there after kill -9 of its process.
func TestAcknowledgedSurvivesKill(t *testing.T) {
	dir := t.TempDir()
	victim := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestBrokerToKill$")
	victim.Env = append(os.Environ(), brokerToKill+"="+dir)
	out, err := victim.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := victim.Start(); err != nil {
		t.Fatal(err)
	}
	acknowledged := int64(0)
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if !strings.HasPrefix(lines.Text(), "acknowledged ") {
			continue
		}
		if _, err := fmt.Sscanf(lines.Text(), "acknowledged %d", &acknowledged); err != nil {
			t.Fatal(err)
		}
		if acknowledged == 200 {
			if err := victim.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	_ = victim.Wait() // killed
	if acknowledged < 200 {
		t.Fatalf("the broker came to %d events only", acknowledged)
	}
	broker, err := bus.StartEmbedded(dir, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(broker.Stop)
	p := pull(t, bustest.Connect(t, broker.URL()), 0, "masterdata.item")
	for sequence := int64(1); sequence <= acknowledged; sequence++ {
		if got := next(t, p); got.Event.Sequence != sequence {
			t.Fatalf("got sequence %d, want %d of %d acknowledged", got.Event.Sequence, sequence, acknowledged)
		} else {
			got.Ack()
		}
	}
}
