//go:build unix

package bus_test

import (
	"context"
	"log/slog"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/internal/bus"
	"github.com/waybill-dev/waybill/internal/bus/bustest"
)

// brokerToFill is the folder of the broker that the test runs in a process of its own, whose files may not grow.
const brokerToFill = "WAYBILL_TEST_BROKER_TO_FILL"

// TestBrokerToFill is no test by itself: TestBrokerComesBackFromAFullDisk runs it in a process of its own.
func TestBrokerToFill(t *testing.T) {
	dir := os.Getenv(brokerToFill)
	if dir == "" {
		t.Skip("only run by TestBrokerComesBackFromAFullDisk")
	}
	broker, err := bus.StartEmbedded(dir, slog.New(slog.NewTextHandler(os.Stdout, nil)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(broker.Stop)
	b := bustest.Connect(t, broker.URL())
	if err := b.EnsureStreams(t.Context()); err != nil {
		t.Fatal(err)
	}
	publish(t, b, 0, itemEvent(t, "A", 1))
	bound := limitFiles(t)
	bound(4 << 10)
	sequence := int64(2)
	for ; tryPublish(t, b, itemEvent(t, "A", sequence), 3*time.Second) == nil; sequence++ {
		if sequence > 10_000 {
			t.Fatal("the files grow in spite of the limit")
		}
	}
	bound(0)
	for tryPublish(t, b, itemEvent(t, "A", sequence), 3*time.Second) != nil {
		if t.Context().Err() != nil {
			t.Fatal(t.Context().Err())
		}
	}
	p := pull(t, b, 0, "masterdata.item")
	for want := int64(1); want <= sequence; want++ {
		got := next(t, p)
		if got.Event.Sequence != want {
			t.Fatalf("got %d, want %d of %d that were acknowledged", got.Event.Sequence, want, sequence)
		}
		got.Ack()
	}
}

// tryPublish publishes an event and waits a while for its being acknowledged.
func tryPublish(t *testing.T, b *bus.Bus, event bus.Event, wait time.Duration) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), wait)
	defer cancel()
	ack, err := b.Publish(bus.Subject(event.Type, 0), event)
	if err == nil {
		_, err = ack.Wait(ctx)
	}
	return err
}

// limitFiles gives a function that bounds how large the files of this process may grow; 0: as before.
func limitFiles(t *testing.T) func(int) {
	t.Helper()
	signal.Ignore(syscall.SIGXFSZ)
	var before syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &before); err != nil {
		t.Fatal(err)
	}
	return func(size int) {
		limit := before
		if size > 0 {
			limit.Cur = 0
			for range size {
				limit.Cur++ // its type differs from system to system
			}
		}
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
			t.Fatal(err)
		}
	}
}

// A disk that was full for a while costs nothing but time: the broker takes events again, and has all that it acknowledged.
func TestBrokerComesBackFromAFullDisk(t *testing.T) {
	victim := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestBrokerToFill$", "-test.v", "-test.timeout=5m")
	victim.Env = append(os.Environ(), brokerToFill+"="+t.TempDir())
	if out, err := victim.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}
