package inbox

import (
	"context"
	"errors"
	"math"
	"slices"

	"github.com/google/uuid"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/internal/outbox"
)

// Trial is what the effect of an event would be.
type Trial struct {
	// Tried is false of an event behind one that fails or is on its way already, and past the bound.
	Tried bool
	// Err is what Handle returned.
	Err error
	// Announced is what it would tell.
	Announced []outbox.Notice
	// Rows is how many rows it would add, change or delete, without those of the outbox.
	Rows int64
}

// Failure is what went wrong as people are told it; empty when nothing did.
func (t Trial) Failure() string {
	if t.Err == nil {
		return ""
	}
	return shortened(database.Storable(t.Err.Error(), math.MaxInt))
}

// Rehearse runs the effects of events in transactions that are taken back: one for each aggregate, whose events see each other's
// effects, and those of no other one. At most limit are tried. While ctx lasts: what was not reached is not tried, which is no
// error.
func Rehearse(ctx context.Context, db *database.DB, sub Subscription, events []Kept, limit int) ([]Trial, error) {
	items := keptItems(events)
	trials := make(map[*item]Trial, len(items))
	arranged := slices.Clone(items)
	arrange(arranged)
	var places []place
	groups := make(map[place][]*item)
	for _, it := range arranged {
		if len(trials) == limit {
			break
		}
		if groups[it.place()] == nil {
			places = append(places, it.place())
		}
		groups[it.place()] = append(groups[it.place()], it)
		trials[it] = Trial{}
	}
	for _, at := range places {
		found, err := sub.rehearse(ctx, db, groups[at])
		if ctx.Err() != nil {
			break
		}
		if err != nil {
			return nil, err
		}
		for i, trial := range found {
			trials[groups[at][i]] = trial
		}
	}
	all := make([]Trial, len(items))
	for i, it := range items {
		all[i] = trials[it]
	}
	return all, nil
}

// takenBackError ends a rehearsal: as an error it makes the transaction roll back.
type takenBackError struct{ trials []Trial }

func (*takenBackError) Error() string { return "a rehearsal, taken back" }

// rehearse tries events of one aggregate, in order, up to the first that fails.
func (s Subscription) rehearse(ctx context.Context, db *database.DB, items []*item) ([]Trial, error) {
	_, err := database.Tx(ctx, db, "inbox_rehearse", func(tx database.Transaction) (struct{}, error) {
		cursors, err := loadCursors(ctx, tx, s.Consumer, items)
		if err != nil {
			return struct{}{}, err
		}
		next := cursors[items[0].place()].sequence + 1
		trials, err := s.tryInOrder(ctx, tx, items, next)
		if err != nil {
			return struct{}{}, err
		}
		return struct{}{}, &takenBackError{trials: trials}
	})
	if done, ok := errors.AsType[*takenBackError](err); ok {
		return done.trials, nil
	}
	return nil, err
}

func (s Subscription) tryInOrder(ctx context.Context, tx database.Transaction, items []*item, next int64) ([]Trial, error) {
	floor := id.New() // made after the snapshot of the transaction: what others told has older ids, but for their clocks
	told := make(map[uuid.UUID]bool)
	if _, err := newlyTold(ctx, tx, floor, told); err != nil {
		return nil, err
	}
	var trials []Trial
	for _, it := range items {
		if it.event.Sequence < next { // the same event twice
			trials = append(trials, Trial{})
			continue
		}
		if it.event.Sequence > next {
			break
		}
		next++
		trial := s.tryOne(ctx, tx, it, floor, told)
		trials = append(trials, trial)
		if trial.Err != nil {
			break // the transaction may be lost, and what follows would wait behind it
		}
	}
	return trials, nil //nolint:nilerr // that an event fails is what its trial says
}

// tryOne runs the effect of one event.
func (s Subscription) tryOne(ctx context.Context, tx database.Transaction, it *item, floor uuid.UUID, told map[uuid.UUID]bool) Trial {
	trial := Trial{Tried: true, Err: it.broken}
	if trial.Err != nil {
		return trial
	}
	counting := &countingTransaction{Transaction: tx}
	if trial.Err = s.effect(ctx, counting, []*item{it}); trial.Err != nil {
		return trial
	}
	known := len(told)
	trial.Announced, trial.Err = newlyTold(ctx, tx, floor, told) // fails where a statement failed and its error was dropped
	trial.Rows = counting.rows - int64(len(told)-known)
	return trial
}

// newlyTold is what stands in the outbox from an id on and is not known yet. It is known then.
func newlyTold(ctx context.Context, tx database.Transaction, floor uuid.UUID, known map[uuid.UUID]bool) ([]outbox.Notice, error) {
	all, err := outbox.Added(ctx, tx, floor)
	if err != nil {
		return nil, err
	}
	fresh := slices.DeleteFunc(all, func(one outbox.Notice) bool { return known[one.ID] })
	for _, one := range fresh {
		known[one.ID] = true
	}
	return fresh, nil
}
