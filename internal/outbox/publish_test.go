package outbox

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"github.com/waybill-dev/waybill/internal/bus"
)

// fakeAck is an answer that is known beforehand.
type fakeAck struct {
	err    error
	waited func()
}

func (a fakeAck) Wait(context.Context) (uint64, error) {
	a.waited()
	return 1, a.err
}

// Whatever fails and whenever the relay is stopped: an event is sent only after the one before it in its aggregate was
// acknowledged, and exactly the acknowledged ones are reported.
func TestPublishKeepsOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var rows []row
		for i := range rapid.IntRange(0, 40).Draw(t, "rows") {
			aggregate := fmt.Sprint("a", rapid.IntRange(0, 6).Draw(t, "aggregate"))
			rows = append(rows, row{aggregate: aggregate, sequence: int64(rapid.IntRange(0, 1000).Draw(t, "sequence"))*100 + int64(i)})
		}
		window := rapid.IntRange(1, 8).Draw(t, "window")
		stopAfter := rapid.IntRange(0, 60).Draw(t, "stop after")
		fates := rapid.SampledFrom([]string{"", "", "", "", "", "refused", "not sent", "broken", "silent"})

		flying := map[string]bool{}
		ended := map[string]bool{}
		lastAcked := map[string]int64{}
		ackedCount, sentCount := 0, 0
		silent := false
		send := func(r row) (acknowledgement, error) {
			sentCount++
			switch {
			case len(flying) >= window:
				t.Fatalf("%d events on their way, the window is %d", len(flying)+1, window)
			case flying[r.aggregate]:
				t.Fatalf("%s %d was sent while the one before it was on its way", r.aggregate, r.sequence)
			case ended[r.aggregate]:
				t.Fatalf("%s %d was sent though an earlier one failed", r.aggregate, r.sequence)
			case r.sequence < lastAcked[r.aggregate]:
				t.Fatalf("%s %d was sent after %d", r.aggregate, r.sequence, lastAcked[r.aggregate])
			case silent:
				t.Fatalf("%s %d was sent though the broker does not answer", r.aggregate, r.sequence)
			}
			fate := fates.Draw(t, "fate")
			switch fate {
			case "not sent":
				ended[r.aggregate], silent = true, true
				return nil, errors.New(fate)
			case "broken":
				ended[r.aggregate] = true
				return nil, errBroken
			}
			flying[r.aggregate] = true
			ack := fakeAck{waited: func() {
				delete(flying, r.aggregate)
				switch fate {
				case "":
					lastAcked[r.aggregate] = r.sequence
					ackedCount++
				case "silent":
					silent = true
					fallthrough
				default:
					ended[r.aggregate] = true
				}
			}}
			switch fate {
			case "refused":
				ack.err = bus.ErrRefused
			case "silent":
				ack.err = errors.New("timeout")
			}
			return ack, nil
		}
		result := publish(t.Context(), chains(rows), window, send, func() bool { return sentCount >= stopAfter })
		if len(flying) != 0 {
			t.Fatalf("%d answers were not waited for", len(flying))
		}
		if len(result.acked) != ackedCount || (result.failure == nil) != (len(ended) == 0) || result.silent != silent {
			t.Fatalf("reported %+v after %d acknowledgements, failures %v, silent %v", result, ackedCount, ended, silent)
		}
		if result.failure == nil && sentCount < stopAfter && ackedCount != len(rows) {
			t.Fatalf("%d of %d rows went though nothing failed", ackedCount, len(rows))
		}
	})
}
