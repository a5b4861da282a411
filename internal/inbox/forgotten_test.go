package inbox

import (
	"net/url"
	"strconv"
	"testing"

	"github.com/waybill-dev/waybill/internal/bus"
	"github.com/waybill-dev/waybill/internal/databasetest"
)

// The broker starts again while events come, and with that forgets what consumers have acknowledged, and all followers:
// nothing is lost, and nothing done twice.
func TestBrokerStartsAgain(t *testing.T) {
	for name, begin := range map[string]func(w *world){
		"consumer": func(w *world) { w.consume(fast(), noteAll) },
		"follower": func(w *world) { w.follow(noteAll) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			broker, err := bus.StartEmbedded(dir, quiet)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { broker.Stop() })
			address, err := url.Parse(broker.URL())
			if err != nil {
				t.Fatal(err)
			}
			port, err := strconv.Atoi(address.Port())
			if err != nil {
				t.Fatal(err)
			}
			w := worldAt(t, databasetest.New(t, effects), broker.URL())
			begin(w)
			var want []int64
			for sequence := int64(1); sequence <= 30; sequence++ {
				eventually(t, func() bool {
					_, err := w.js.PublishMsg(t.Context(), raw(itemEvent("A", sequence)))
					return err == nil
				})
				want = append(want, sequence)
				if sequence%10 != 0 {
					continue
				}
				broker.Stop()
				if broker, err = bus.StartEmbedded(dir, quiet, bus.Port(port)); err != nil {
					t.Fatal(err)
				}
			}
			w.want("A", want...)
		})
	}
}
