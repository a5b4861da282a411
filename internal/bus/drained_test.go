package bus_test

import (
	"slices"
	"testing"

	"github.com/waybill-dev/waybill/internal/bus/bustest"
)

// A consumer is behind a mark until it has acknowledged everything up to it; what comes after the mark does not count.
func TestBehindAMark(t *testing.T) {
	b := bustest.New(t)
	behind := func(want ...string) {
		t.Helper()
		mark, err := b.Mark(soon(t))
		if err != nil || mark["WAYBILL_MASTERDATA"] == 0 {
			t.Fatalf("mark %v, %v", mark, err)
		}
		eventually(t, func() bool {
			found, err := b.Behind(soon(t), mark)
			return err == nil && slices.Equal(found, want)
		})
	}
	publish(t, b, 1, itemEvent(t, "A", 1))
	taking := pull(t, b, 1, "masterdata.item")
	delivery := next(t, taking)
	behind("test_1")
	mark, err := b.Mark(soon(t))
	if err != nil {
		t.Fatal(err)
	}
	delivery.Ack()
	behind()
	publish(t, b, 1, itemEvent(t, "A", 2))
	next(t, taking)
	if found, err := b.Behind(soon(t), mark); err != nil || len(found) > 0 {
		t.Errorf("what came after the mark counts: %v, %v", found, err)
	}
	behind("test_1")
	taking.Stop()
}
