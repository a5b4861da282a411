package fault

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/nats-io/nats.go"

	"github.com/waybill-dev/waybill/internal/bus"
	"github.com/waybill-dev/waybill/internal/database"
)

const (
	// repeatedHeader marks events that the test published a second time.
	repeatedHeader = "Waybill-Test-Repeated"
	// stateSubjects are not repeated: a state's subject holds the newest state alone, and an older one would be a forgery.
	stateSubjects = "waybill.inventory.availability."
	reverseLimit  = 500
)

// tap hears every event as it is published, and publishes events again.
type tap struct {
	system *system
	conn   *nats.Conn

	mu        sync.Mutex
	types     []string // that were seen
	waiting   map[chan struct{}]string
	recording bool
	recorded  []*nats.Msg
	repeated  int
	reversed  int
}

func newTap(s *system) *tap {
	s.t.Helper()
	t := &tap{system: s, waiting: map[chan struct{}]string{}}
	var err error
	s.eventually("the event bus answers", func() error {
		t.conn, err = nats.Connect("nats://"+s.broker.address(), nats.MaxReconnects(-1), nats.ReconnectWait(50*time.Millisecond))
		return err
	})
	s.t.Cleanup(t.conn.Close)
	if _, err := t.conn.Subscribe("waybill.>", t.hear); err != nil {
		s.t.Fatal(err)
	}
	return t
}

func (t *tap) hear(message *nats.Msg) {
	if strings.HasPrefix(message.Subject, stateSubjects) || message.Header.Get(repeatedHeader) != "" {
		return
	}
	kind := message.Header.Get("ce-type")
	t.mu.Lock()
	defer t.mu.Unlock()
	if !slices.Contains(t.types, kind) {
		t.types = append(t.types, kind)
		slices.Sort(t.types)
	}
	for seen, wanted := range t.waiting {
		if wanted == kind {
			close(seen)
			delete(t.waiting, seen)
		}
	}
	if t.recording {
		t.recorded = append(t.recorded, message)
	}
}

// next waits for the next event of a type, which the number draws from those that were seen before.
func (t *tap) next(ctx context.Context, draw int, within time.Duration) bool {
	seen := make(chan struct{})
	t.mu.Lock()
	if len(t.types) == 0 {
		t.mu.Unlock()
		return false
	}
	t.waiting[seen] = t.types[draw%len(t.types)]
	t.mu.Unlock()
	select {
	case <-seen:
		return true
	case <-ctx.Done():
	case <-time.After(within):
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.waiting, seen)
	return false
}

// record begins to keep what is heard.
func (t *tap) record(on bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.recording = on
}

// again publishes what was kept a second time, in any order.
func (t *tap) again(random *rand.Rand) (bool, error) {
	t.mu.Lock()
	kept := t.recorded
	t.recorded, t.recording = nil, false
	t.repeated += len(kept)
	t.mu.Unlock()
	random.Shuffle(len(kept), func(i, j int) { kept[i], kept[j] = kept[j], kept[i] })
	for _, message := range kept {
		copied := &nats.Msg{Subject: message.Subject, Data: message.Data, Header: nats.Header{}}
		for name, values := range message.Header {
			if !strings.HasPrefix(name, "Nats-") { // the broker would know it by its id
				copied.Header[name] = values
			}
		}
		copied.Header.Set(repeatedHeader, "yes")
		if err := t.conn.PublishMsg(copied); err != nil {
			return false, fmt.Errorf("publish again: %w", err)
		}
	}
	return len(kept) > 0, nil
}

// reverse publishes what a role has stored and not yet told, the newest first.
func (t *tap) reverse(ctx context.Context, role string) (told int, err error) {
	url, err := database.ServiceURL(t.system.direct, role)
	if err != nil {
		return 0, err
	}
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return 0, err
	}
	defer func() { _ = conn.Close(ctx) }()
	rows, err := conn.Query(ctx, `SELECT shard, envelope FROM outbox ORDER BY id DESC LIMIT $1`, reverseLimit)
	if err != nil {
		return 0, err
	}
	type row struct {
		Shard    int32
		Envelope []byte
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[row])
	if err != nil || len(found) == 0 {
		return 0, err
	}
	limited, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	broker, err := bus.Connect(limited, "nats://"+t.system.broker.address(), "test", bus.Log(quiet))
	if err != nil {
		return 0, nil // it is being restarted: nothing is told
	}
	defer broker.Close()
	for _, one := range found {
		event, err := bus.ParseEnvelope(one.Envelope)
		if err != nil {
			return told, err
		}
		ack, err := broker.Publish(bus.Subject(event.Type, one.Shard), event)
		if err != nil {
			break // it went away; the relay tells the rest
		}
		if _, err := ack.Wait(limited); err != nil {
			break
		}
		told++
	}
	t.mu.Lock()
	t.reversed += told
	t.mu.Unlock()
	return told, nil
}

// repeatAll publishes every event a second time, a little later and in any order, until end is called.
func (t *tap) repeatAll(on bool, random *rand.Rand) (end func()) {
	if !on {
		return func() {}
	}
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for going := true; going; {
			t.record(true)
			select {
			case <-stop:
				going = false
			case <-time.After(time.Second):
			}
			_, _ = t.again(random) // while the broker is away there is nobody to tell
		}
	}()
	return func() {
		close(stop)
		<-done
	}
}
