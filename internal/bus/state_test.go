package bus_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	"github.com/waybill-dev/waybill/internal/bus"
	"github.com/waybill-dev/waybill/internal/bus/bustest"
	"github.com/waybill-dev/waybill/internal/policy"
)

func TestStateIsPublishedOverWhatIsKnown(t *testing.T) {
	b := bustest.New(t)
	entry, err := policy.EventOf(&inventoryv1.AvailabilityChanged{})
	if err != nil {
		t.Fatal(err)
	}
	subject := bus.StateSubject(availability, "A.1", "N")
	if sequence, version, err := b.LastState(t.Context(), entry, subject); err != nil || sequence != 0 || version != 0 {
		t.Fatalf("got %d, %d, %v of nothing", sequence, version, err)
	}
	first := publishState(t, b, 1, 0, "A.1", "N")
	if _, err := tryPublishState(t, b, 1, 0, "A.1", "N"); !errors.Is(err, bus.ErrOutdated) {
		t.Fatalf("got %v, want ErrOutdated", err)
	}
	second := publishState(t, b, 2, first, "A.1", "N")
	if sequence, version, err := b.LastState(t.Context(), entry, subject); err != nil || sequence != second || version != 2 {
		t.Fatalf("got %d, %d, %v, want %d, 2", sequence, version, err, second)
	}
}

func TestWatchState(t *testing.T) {
	b := bustest.New(t)
	last := publishState(t, b, 1, 0, "A", "N")
	publishState(t, b, 2, last, "A", "N")
	publishState(t, b, 1, 0, "A", "M")
	publishState(t, b, 1, 0, "B b", "N")

	all, err := b.WatchState(t.Context(), &inventoryv1.AvailabilityChanged{})
	if err != nil {
		t.Fatal(err)
	}
	defer all.Close()
	see := func(watch *bus.StateWatch, parts []string, version int64, pending uint64) {
		t.Helper()
		got, err := watch.Next(soon(t))
		if err != nil {
			t.Fatal(err)
		}
		payload, ok := got.Payload.(*inventoryv1.AvailabilityChanged)
		if !ok || !slices.Equal(got.Parts, parts) || got.Version != version || payload.GetVersion() != version || got.Pending != pending {
			t.Fatalf("got %+v, want %v version %d with %d behind it", got, parts, version, pending)
		}
	}
	see(all, []string{"A", "N"}, 2, 2) // version 1 is outdated and gone
	see(all, []string{"A", "M"}, 1, 1)
	see(all, []string{"B b", "N"}, 1, 0)
	some, err := b.WatchState(t.Context(), &inventoryv1.AvailabilityChanged{}, []string{"B b", ""}, []string{"", "M"})
	if err != nil {
		t.Fatal(err)
	}
	defer some.Close()
	see(some, []string{"A", "M"}, 1, 1)
	see(some, []string{"B b", "N"}, 1, 0)
	publishState(t, b, 1, 0, "C", "N")
	publishState(t, b, 1, 0, "C", "M")
	see(some, []string{"C", "M"}, 1, 0)

	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := some.Next(ended); !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v, want the context's error", err)
	}
	if _, err := b.WatchState(t.Context(), &masterdatav1.ItemChanged{}); err == nil {
		t.Fatal("an event without state can be watched")
	}
}
