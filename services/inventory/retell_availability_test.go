package inventory

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"google.golang.org/protobuf/proto"

	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
)

// picture is what somebody sees who begins to watch availability now: the bytes of each stock.
func (w *world) picture() map[string]string {
	w.t.Helper()
	watch, err := w.bus.WatchState(w.t.Context(), &inventoryv1.AvailabilityChanged{})
	if err != nil {
		w.t.Fatal(err)
	}
	defer watch.Close()
	seen := map[string]string{}
	for {
		state, err := watch.Next(w.t.Context())
		if err != nil {
			w.t.Fatal(err)
		}
		data, err := proto.MarshalOptions{Deterministic: true}.Marshal(state.Payload)
		if err != nil {
			w.t.Fatal(err)
		}
		seen[state.Payload.(*inventoryv1.AvailabilityChanged).GetStockKey()] = string(data)
		if state.Pending == 0 {
			return seen
		}
	}
}

// told waits until everything that is announced has been told.
func (w *world) allTold() {
	w.t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for range 4000 {
		var left int
		if err := w.db.Pool().QueryRow(w.t.Context(), "SELECT count(*) FROM outbox_state").Scan(&left); err != nil {
			w.t.Fatal(err)
		}
		if left == 0 {
			return
		}
		<-tick.C
	}
	w.t.Fatal("states are not told")
}

// The bus has lost its picture of availability, while the relay believes that all is told: told anew it is the same, byte for
// byte.
func TestRetoldAvailabilityIsTheSameBytes(t *testing.T) {
	w := newWorld(t)
	w.stock("A", "N1", "3")
	w.stock("A", "N2", "4")
	w.stock("kg", "N1", "2.500")
	w.reserve(request("ord_1", 4))
	w.run()
	w.allTold()
	before := w.picture()
	if len(before) != 3 {
		t.Fatalf("%d stocks are told", len(before))
	}
	conn, err := nats.Connect(w.broker)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	stream, err := js.Stream(t.Context(), "WAYBILL_INVENTORY_STATE")
	if err != nil {
		t.Fatal(err)
	}
	if err := stream.Purge(t.Context()); err != nil {
		t.Fatal(err)
	}
	reply, err := w.operator.RetellAvailability(t.Context(), &inventoryv1.RetellAvailabilityRequest{})
	if err != nil || reply.GetStocks() != 3 {
		t.Fatalf("got %v, %v", reply, err)
	}
	w.allTold()
	if diff := cmp.Diff(before, w.picture()); diff != "" {
		t.Errorf("(-before +after):\n%s", diff)
	}
}
