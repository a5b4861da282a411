package outbox

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/waybill-dev/waybill/internal/bus"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/pace"
	"github.com/waybill-dev/waybill/internal/policy"
	"github.com/waybill-dev/waybill/internal/shard"
)

const (
	// statePage is how many rows, of one transaction each, are joined at most.
	statePage = 2048
	// stateChunk is how many states are read and published at a time.
	stateChunk = 512
	// stateAttempts bounds how often a state is read again in one pass because another replica was faster.
	stateAttempts = 8
	// lookUps is how many last messages are asked for side by side.
	lookUps = 16
	// maxKnown bounds the memory for what the broker holds; past it everything is looked up anew.
	maxKnown = 500_000
)

// stateLoop relays state events. It belongs to one goroutine.
type stateLoop struct {
	*Relay
	leases shard.Leases
	// known is what the broker holds, by subject: what this relay published or looked up last. It may be outdated,
	// which the broker then says.
	known map[string]told
}

// told is the last message of a subject.
type told struct {
	sequence uint64
	version  int64
}

// stateRow is a row of outbox_state.
type stateRow struct {
	shard int32
	id    uuid.UUID
	event protoreflect.FullName
	keys  []string
}

func newStateLoop(r *Relay) *stateLoop {
	return &stateLoop{Relay: r, known: make(map[string]told)}
}

// pass joins the keys of all rows, publishes their newest states and deletes the rows. A row stays when its event fails.
func (l *stateLoop) pass(ctx context.Context, leases shard.Leases) (progress, error) {
	ctx, cancel := pace.Outlive(ctx, stopTime)
	defer cancel()
	if leases != l.leases || len(l.known) > maxKnown {
		l.leases = leases
		clear(l.known)
	}
	rows, err := l.read(ctx)
	if err != nil {
		return progress{stuck: true, silent: true}, err
	}
	keys := make(map[protoreflect.FullName]map[string]bool) // true: to be told in any case
	for _, r := range rows {
		if keys[r.event] == nil {
			keys[r.event] = make(map[string]bool)
		}
		for _, key := range r.keys {
			key, marked := strings.CutPrefix(key, retellMark)
			keys[r.event][key] = keys[r.event][key] || marked
		}
	}
	var failure error
	done := make(map[protoreflect.FullName]bool)
	for event, changed := range keys {
		if err := l.tell(ctx, event, changed); err != nil {
			failure = errors.Join(failure, fmt.Errorf("state %s: %w", event, err))
			continue
		}
		done[event] = true
	}
	byShard := make(map[int32][]uuid.UUID)
	for _, r := range rows {
		if done[r.event] {
			byShard[r.shard] = append(byShard[r.shard], r.id)
		}
	}
	if len(byShard) > 0 {
		if err := remove(ctx, l.db, leases, "outbox_state", byShard); err != nil {
			return progress{stuck: true, silent: true}, errors.Join(failure, err)
		}
	}
	stuck := failure != nil && len(byShard) == 0
	return progress{more: len(rows) == statePage && !stuck, stuck: stuck, silent: stuck && l.bus.Healthy() != nil}, failure
}

func (l *stateLoop) read(ctx context.Context) ([]stateRow, error) {
	found, err := l.db.Pool().Query(ctx, `SELECT shard, id, event, keys FROM outbox_state
		WHERE shard = ANY($1::INT8[]) ORDER BY shard, id LIMIT $2`, l.leases.Shards(), statePage)
	if err != nil {
		return nil, fmt.Errorf("read outbox_state: %w", database.Fault(ctx, err))
	}
	rows, err := pgx.CollectRows(found, func(from pgx.CollectableRow) (stateRow, error) {
		var r stateRow
		err := from.Scan(&r.shard, &r.id, &r.event, &r.keys)
		return r, err
	})
	if err != nil {
		return nil, fmt.Errorf("read outbox_state: %w", database.Fault(ctx, err))
	}
	return rows, nil
}

// tell publishes the newest states of keys, of those that are true in any case.
func (l *stateLoop) tell(ctx context.Context, event protoreflect.FullName, keys map[string]bool) error {
	source, ok := l.options.StateSources[event]
	if !ok {
		return errors.New("it has no StateSource")
	}
	entry, err := entryOf(event)
	if err != nil {
		return err
	}
	for chunk := range slices.Chunk(slices.Sorted(maps.Keys(keys)), stateChunk) {
		open := chunk
		for attempt := 0; len(open) > 0; attempt++ {
			if attempt == stateAttempts {
				return fmt.Errorf("%d states changed again and again while they were published", len(open))
			}
			if open, err = l.round(ctx, entry, source, open, keys); err != nil {
				return err
			}
			l.metrics.outdated.Add(float64(len(open)))
		}
	}
	return nil
}

// entryOf is the place in the taxonomy of the event that a message is.
func entryOf(message protoreflect.FullName) (policy.Event, error) {
	kind, err := protoregistry.GlobalTypes.FindMessageByName(message)
	if err != nil {
		return policy.Event{}, err
	}
	return policy.EventOf(kind.Zero().Interface())
}

// round publishes the newest states of keys once and returns the keys to do again, because another replica has published
// theirs in between. What the broker holds is looked up before the states are read: so a state that passes the broker's
// comparison is at least as new as what it replaces.
func (l *stateLoop) round(
	ctx context.Context, entry policy.Event, source StateSource, keys []string, anyway map[string]bool,
) (again []string, err error) {
	if err := l.lookUp(ctx, entry, keys); err != nil {
		return nil, err
	}
	asked := make([]StateKey, len(keys))
	for i, key := range keys {
		if asked[i], err = decodeKey(key); err != nil {
			return nil, err
		}
	}
	states, err := source(ctx, asked)
	if err != nil {
		return nil, err
	}
	type flight struct {
		key     string
		version int64
		since   time.Time
		ack     bus.Ack
	}
	var flying []flight
	now := time.Now()
	for _, state := range states {
		key := state.Key.encode()
		subject := entry.Type + "." + key
		last := l.known[subject]
		if state.Version > 0 && (state.Version < last.version || state.Version == last.version && !anyway[key]) {
			l.metrics.skipped.Inc()
			continue
		}
		event, stateErr := state.event(entry, now)
		if stateErr != nil {
			err = errors.Join(err, stateErr) // a defect of this state alone
			continue
		}
		ack, sendErr := l.bus.PublishState(subject, event, last.sequence)
		if sendErr != nil {
			return nil, errors.Join(err, sendErr)
		}
		flying = append(flying, flight{key: key, version: state.Version, since: state.OccurredAt, ack: ack})
	}
	for _, f := range flying {
		subject := entry.Type + "." + f.key
		sequence, waitErr := f.ack.Wait(ctx)
		switch {
		case waitErr == nil:
			l.known[subject] = told{sequence: sequence, version: f.version}
			l.metrics.states.Inc()
			l.metrics.stateDelay.Observe(max(time.Since(f.since).Seconds(), 0))
		case errors.Is(waitErr, bus.ErrOutdated):
			delete(l.known, subject)
			again = append(again, f.key)
		default:
			delete(l.known, subject)
			err = errors.Join(err, waitErr)
		}
	}
	return again, err
}

// lookUp asks the broker for the last messages of subjects that this relay knows nothing of.
func (l *stateLoop) lookUp(ctx context.Context, entry policy.Event, keys []string) error {
	var unknown []string
	for _, key := range keys {
		if _, ok := l.known[entry.Type+"."+key]; !ok {
			unknown = append(unknown, entry.Type+"."+key)
		}
	}
	found := make([]told, len(unknown))
	failed := make([]error, len(unknown))
	var workers sync.WaitGroup
	for worker := range min(lookUps, len(unknown)) {
		workers.Go(func() {
			for i := worker; i < len(unknown); i += lookUps {
				found[i].sequence, found[i].version, failed[i] = l.bus.LastState(ctx, entry, unknown[i])
			}
		})
	}
	workers.Wait()
	for i, subject := range unknown {
		if failed[i] == nil {
			l.known[subject] = found[i]
		}
	}
	return errors.Join(failed...)
}
