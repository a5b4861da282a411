package outbox

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	"github.com/waybill-dev/waybill/internal/bus"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/databasetest"
)

var availability = (&inventoryv1.AvailabilityChanged{}).ProtoReflect().Descriptor().FullName()

// shelf is the state that is told: a version per key, in memory.
type shelf struct {
	mu       sync.Mutex
	versions map[string]int64
	// before is called with each question before the states are read, after once they are.
	before, after func()
	asked         int
}

func newShelf() *shelf {
	return &shelf{versions: make(map[string]int64), before: func() {}, after: func() {}}
}

func (s *shelf) source(_ context.Context, keys []StateKey) ([]State, error) {
	s.before()
	defer func() { s.after() }()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked++
	var states []State
	for _, key := range keys {
		if version := s.versions[key.encode()]; version > 0 {
			states = append(states, State{Key: key, Version: version, OccurredAt: time.Now(), Payload: &inventoryv1.AvailabilityChanged{
				StockKey: strings.Join(key.Parts, "|"), Sku: key.Parts[0], NodeId: key.Parts[1], Version: version,
			}})
		}
	}
	return states, nil
}

func (s *shelf) options() Options {
	return Options{Log: quiet, StateSources: map[protoreflect.FullName]StateSource{availability: s.source}}
}

// change raises the versions and announces it, as a service would in one transaction.
func (s *shelf) change(t testing.TB, db *database.DB, keys ...StateKey) {
	t.Helper()
	s.mu.Lock()
	for _, key := range keys {
		s.versions[key.encode()]++
	}
	s.mu.Unlock()
	_, err := database.Tx(context.Background(), db, "change", func(tx database.Transaction) (struct{}, error) {
		return struct{}{}, AddState(context.Background(), tx, &inventoryv1.AvailabilityChanged{}, keys...)
	})
	if err != nil {
		t.Error(err)
	}
}

func key(parts ...string) StateKey { return StateKey{Parts: parts} }

func watch(t testing.TB, b *bus.Bus) *bus.StateWatch {
	t.Helper()
	w, err := b.WatchState(t.Context(), &inventoryv1.AvailabilityChanged{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	return w
}

func nextState(t testing.TB, w *bus.StateWatch) bus.State {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	state, err := w.Next(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return state
}

func TestStatesAreToldAfterCommit(t *testing.T) {
	db := databasetest.New(t, nil)
	b := newBroker(t)
	o, _ := owner(t, db, time.Minute)
	s := newShelf()
	options := s.options()
	options.Poll = time.Hour // the nudge alone
	start(t, NewRelay(db, b.Bus, o, options).Run)
	w := watch(t, b.Bus)
	for version := int64(1); version <= 3; version++ {
		s.change(t, db, key("A 1", "LONDON"))
		got := nextState(t, w)
		payload := got.Payload.(*inventoryv1.AvailabilityChanged)
		if got.Version != version || payload.GetVersion() != version || payload.GetSku() != "A 1" ||
			fmt.Sprint(got.Parts) != "[A 1 LONDON]" || got.OccurredAt.IsZero() || got.RecordedAt.IsZero() {
			t.Fatalf("got %+v, want version %d", got, version)
		}
	}
	eventually(t, func() bool { return count(t, db, "outbox_state") == 0 })
}

// A hundred changes of one key that wait together are one message, and one row holds all keys of a transaction.
func TestStatesAreJoined(t *testing.T) {
	db := databasetest.New(t, nil)
	b := newBroker(t)
	o, _ := owner(t, db, time.Minute)
	s := newShelf()
	for range 100 {
		s.change(t, db, key("A", "N"), key("B", "N"), key("A", "N"))
	}
	if n := count(t, db, "outbox_state"); n != 100 {
		t.Fatalf("%d rows of 100 transactions", n)
	}
	relay := NewRelay(db, b.Bus, o, s.options())
	if _, err := newStateLoop(relay).pass(t.Context(), o.Leases()); err != nil {
		t.Fatal(err)
	}
	if n, told := count(t, db, "outbox_state"), testutil.ToFloat64(relay.metrics.states); n != 0 || told != 2 || s.asked != 1 {
		t.Fatalf("%d rows left, %v messages, %d questions, want 0, 2, 1", n, told, s.asked)
	}
	if got := nextState(t, watch(t, b.Bus)); got.Version != 200 { // A twice per transaction
		t.Fatalf("got version %d, want 200", got.Version)
	}
	// Nothing has changed since: nothing is told again.
	_, err := database.Tx(t.Context(), db, "again", func(tx database.Transaction) (struct{}, error) {
		return struct{}{}, AddState(t.Context(), tx, &inventoryv1.AvailabilityChanged{}, key("A", "N"), key("gone", "N"))
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := newStateLoop(relay).pass(t.Context(), o.Leases()); err != nil {
		t.Fatal(err)
	}
	if n, told := count(t, db, "outbox_state"), testutil.ToFloat64(relay.metrics.states); n != 0 || told != 2 {
		t.Fatalf("%d rows left, %v messages, want 0 and still 2", n, told)
	}
}

// A broker holds something else under the version that is told, or nothing any more: to say that it changed is not enough, and
// to have it told is.
func TestRetoldStates(t *testing.T) {
	db := databasetest.New(t, nil)
	b := newBroker(t)
	o, _ := owner(t, db, time.Minute)
	s := newShelf()
	loop := newStateLoop(NewRelay(db, b.Bus, o, s.options()))
	pass := func() {
		t.Helper()
		if _, err := loop.pass(t.Context(), o.Leases()); err != nil {
			t.Fatal(err)
		}
	}
	again := func(announce func(context.Context, database.Transaction, proto.Message, ...StateKey) error) {
		t.Helper()
		_, err := database.Tx(t.Context(), db, "again", func(tx database.Transaction) (struct{}, error) {
			return struct{}{}, announce(t.Context(), tx, &inventoryv1.AvailabilityChanged{}, key("A", "N"))
		})
		if err != nil {
			t.Fatal(err)
		}
		pass()
	}
	s.change(t, db, key("A", "N"))
	pass()
	told := func() float64 { return testutil.ToFloat64(loop.metrics.states) }
	stream, err := b.js.Stream(t.Context(), "WAYBILL_INVENTORY_STATE")
	if err != nil {
		t.Fatal(err)
	}
	if err := stream.Purge(t.Context()); err != nil {
		t.Fatal(err)
	}
	again(AddState)
	if told() != 1 {
		t.Fatalf("told %v times: this test shows nothing", told())
	}
	again(RetellState)
	if got := nextState(t, watch(t, b.Bus)); told() != 2 || got.Version != 1 {
		t.Fatalf("told %v times, got %+v", told(), got)
	}
	again(RetellState) // what the broker holds has the version already
	if told() != 3 {
		t.Errorf("told %v times", told())
	}
	if n := count(t, db, "outbox_state"); n != 0 {
		t.Errorf("%d rows are left", n)
	}
}

// A relay has read a state and is held up; another publishes a newer one. The late relay must not leave the old one.
func TestLateRelayReadsAgain(t *testing.T) {
	db := databasetest.New(t, nil)
	b := newBroker(t)
	o, _ := owner(t, db, time.Minute)
	s := newShelf()
	relay := NewRelay(db, b.Bus, o, s.options())
	s.change(t, db, key("A", "N"))
	once := sync.OnceFunc(func() {
		s.change(t, db, key("A", "N"))
		if _, err := newStateLoop(relay).pass(t.Context(), o.Leases()); err != nil {
			t.Error(err)
		}
		s.change(t, db, key("A", "N"))
	})
	s.after = func() {
		s.after = func() {}
		once()
	}
	if _, err := newStateLoop(relay).pass(t.Context(), o.Leases()); err != nil {
		t.Fatal(err)
	}
	if got := testutil.ToFloat64(relay.metrics.outdated); got != 1 {
		t.Fatalf("read again %v times, want once", got)
	}
	if got := nextState(t, watch(t, b.Bus)); got.Version != 3 {
		t.Fatalf("the last state has version %d, want 3", got.Version)
	}
}

// Several relays, none of them knowing of the others, over the same changes: a subscriber never sees a version after a
// newer one, and the last it sees is the newest.
func TestStatesNeverGoBack(t *testing.T) {
	db := databasetest.New(t, nil)
	b := newBroker(t)
	o, _ := owner(t, db, time.Minute)
	s := newShelf()
	jitter := func() { <-time.After(time.Duration(rand.IntN(3)) * time.Millisecond) }
	s.before, s.after = jitter, jitter
	w := watch(t, b.Bus)
	relay := NewRelay(db, b.Bus, o, s.options())
	for range 3 {
		loop := newStateLoop(relay)
		start(t, func(ctx context.Context) error {
			for ctx.Err() == nil {
				_, _ = loop.pass(ctx, o.Leases()) // a row that another loop has taken, a conflict: the next pass settles it
			}
			return nil
		})
	}
	const keys, changes = 5, 60
	for i := range changes {
		s.change(t, db, key(fmt.Sprint("ITEM-", i%keys), "N"), key("HOT", "N"))
	}
	last := map[string]int64{}
	for last["HOT"] < changes || len(last) < keys+1 {
		got := nextState(t, w)
		name := got.Parts[0]
		if got.Version <= last[name] {
			t.Fatalf("%s version %d came after %d", name, got.Version, last[name])
		}
		last[name] = got.Version
	}
	eventually(t, func() bool { return count(t, db, "outbox_state") == 0 })
	for name := range last {
		if last[name] < s.versions[name+".N"] {
			last[name] = nextState(t, w).Version
		}
	}
}

// A state that cannot be told stays announced, and does not keep the others.
func TestStateThatFailsStays(t *testing.T) {
	db := databasetest.New(t, nil)
	b := newBroker(t)
	o, _ := owner(t, db, time.Minute)
	s := newShelf()
	s.change(t, db, key("A", "N"), key("B", "N"))
	broken := errors.New("the shelf does not answer")
	options := s.options()
	options.StateSources = map[protoreflect.FullName]StateSource{
		availability: func(context.Context, []StateKey) ([]State, error) { return nil, broken },
	}
	loop := newStateLoop(NewRelay(db, b.Bus, o, options))
	if end, err := loop.pass(t.Context(), o.Leases()); !errors.Is(err, broken) || !end.stuck || end.silent {
		t.Fatalf("got %+v, %v", end, err)
	}
	if n := count(t, db, "outbox_state"); n != 1 {
		t.Fatalf("%d rows, want the one that failed", n)
	}
	options.StateSources[availability] = func(ctx context.Context, keys []StateKey) ([]State, error) {
		states, err := s.source(ctx, keys)
		states[0].Version = 0 // a defect of one
		return states, err
	}
	if _, err := loop.pass(t.Context(), o.Leases()); err == nil {
		t.Fatal("a state without a version was told")
	}
	if got := nextState(t, watch(t, b.Bus)); got.Parts[0] != "B" {
		t.Fatalf("got %v, want the sound state", got.Parts)
	}
	delete(options.StateSources, availability)
	if _, err := loop.pass(t.Context(), o.Leases()); err == nil || !strings.Contains(err.Error(), "no StateSource") {
		t.Fatalf("got %v", err)
	}
}

func TestAddStateRefusesDefects(t *testing.T) {
	db := databasetest.New(t, nil)
	for want, call := range map[string]func(tx database.Transaction) error{
		"no state event": func(tx database.Transaction) error {
			return AddState(t.Context(), tx, &masterdatav1.ItemChanged{}, key("A"))
		},
		"no event": func(tx database.Transaction) error {
			return AddState(t.Context(), tx, &masterdatav1.Item{}, key("A"))
		},
		"no parts": func(tx database.Transaction) error {
			return AddState(t.Context(), tx, &inventoryv1.AvailabilityChanged{}, key())
		},
	} {
		_, err := database.Tx(t.Context(), db, "add", func(tx database.Transaction) (struct{}, error) { return struct{}{}, call(tx) })
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want an error with %q", err, want)
		}
	}
}
