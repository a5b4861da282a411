// Package bustest gives tests a broker of their own, inside the test process.
package bustest

import (
	"log/slog"
	"testing"

	"github.com/waybill-dev/waybill/internal/bus"
)

// New starts a broker with the streams of all linked events, connects to it, and ends both at the end of the test.
func New(t testing.TB) *bus.Bus {
	t.Helper()
	b := Connect(t, Start(t).URL())
	if err := b.EnsureStreams(t.Context()); err != nil {
		t.Fatalf("streams: %v", err)
	}
	return b
}

// Start starts a broker without streams and ends it at the end of the test.
func Start(t testing.TB) *bus.Embedded {
	t.Helper()
	broker, err := bus.StartEmbedded(t.TempDir(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(broker.Stop)
	return broker
}

// Connect connects to a broker and closes the connection at the end of the test.
func Connect(t testing.TB, url string) *bus.Bus {
	t.Helper()
	b, err := bus.Connect(t.Context(), url, t.Name(), bus.Log(slog.New(slog.DiscardHandler)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return b
}
