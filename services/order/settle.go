package order

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/outbox"
	"github.com/waybill-dev/waybill/internal/shard"
	"github.com/waybill-dev/waybill/services/order/internal/domain"
	"github.com/waybill-dev/waybill/services/order/internal/process"
	"github.com/waybill-dev/waybill/services/order/internal/store"
)

// settled is what a settling transaction has stored.
type settled struct {
	decided []*domain.Order
	next    []*process.Work
}

// Settle stores what the calls of a set brought: outcomes, orders, events, and the processes that follow, in one
// transaction. At first it trusts the orders that the driver got in memory; when one was changed since, all are loaded and decided anew.
func (b backend) Settle(ctx context.Context, leases shard.Leases, set []*process.Work) ([]*process.Work, error) {
	if err := b.at("before settle"); err != nil {
		return nil, err
	}
	now := b.now()
	for trust := true; ; trust = false {
		done, err := database.Tx(ctx, b.db, "settle", func(tx database.Transaction) (settled, error) {
			return b.settleIn(ctx, tx, leases, set, trust, now)
		})
		if errors.Is(err, store.ErrStale) && trust {
			continue
		}
		if err != nil {
			return nil, err
		}
		b.waiters.tell(done.decided)
		return done.next, b.at("after settle")
	}
}

func (b backend) settleIn(
	ctx context.Context, tx database.Transaction, leases shard.Leases, set []*process.Work, trust bool, now time.Time,
) (settled, error) {
	set, orders, err := loadSet(ctx, tx, set, trust)
	if err != nil {
		return settled{}, err
	}
	c := newChanges(orders, now)
	c.handOver = true
	for _, w := range set {
		c.book(w)
	}
	if err := c.decideAnew(ctx, tx); err != nil {
		return settled{}, err
	}
	if err := c.follow(ctx, tx); err != nil {
		return settled{}, err
	}
	writes := database.NewPipeline(tx)
	if err := leases.Check(ctx, writes); err != nil {
		return settled{}, err
	}
	return c.save(ctx, tx, writes)
}

// loadSet gives the works whose rows are as they were, and the orders on which their outcomes are booked: copies of those
// in memory while they are trusted, else the stored ones, locked.
func loadSet(
	ctx context.Context, tx database.Transaction, set []*process.Work, trust bool,
) ([]*process.Work, map[uuid.UUID]*domain.Order, error) {
	var check, load []uuid.UUID
	checked := make(map[uuid.UUID]bool)
	orders := make(map[uuid.UUID]*domain.Order, len(set))
	for _, w := range set {
		order := w.Process.OrderID
		fresh := trust && w.Fresh
		if !fresh {
			check = append(check, w.Process.ID)
			checked[w.Process.ID] = true
		}
		switch {
		case w.Quiet():
		case fresh && orders[order] == nil:
			orders[order] = w.Order.Clone()
		default:
			load = append(load, order)
		}
	}
	// Orders first, then processes: whoever locks both does it in this order.
	loaded, err := store.LockOrders(ctx, tx, load)
	if err != nil {
		return nil, nil, err
	}
	versions, err := store.LockProcesses(ctx, tx, check)
	if err != nil {
		return nil, nil, err
	}
	set = slices.DeleteFunc(slices.Clone(set), func(w *process.Work) bool {
		return checked[w.Process.ID] && versions[w.Process.ID] != w.Process.Version
	})
	for id, order := range loaded {
		orders[id] = order
	}
	return set, orders, nil
}

// changes is what one settling transaction stores.
type changes struct {
	now time.Time
	// handOver: what follows goes on in memory, else it is left to be found in the table.
	handOver bool
	orders   map[uuid.UUID]*domain.Order
	changed  map[uuid.UUID]bool
	// snapshots are those of the orders as they are; a work may have brought one that is no more.
	snapshots map[uuid.UUID]*snapshot
	// prepared are the snapshots of amendments, taken those of the revisions that orders have taken.
	prepared map[uuid.UUID]*snapshot
	taken    map[version]*snapshot

	// undecided are orders whose acceptance is to go on, or to start.
	undecided []uuid.UUID

	updated    []*process.Process
	finished   []uuid.UUID
	started    []*process.Process
	recovered  []uuid.UUID
	resolved   []uuid.UUID
	exceptions []store.Exception
	events     []outbox.Event
}

func newChanges(orders map[uuid.UUID]*domain.Order, now time.Time) *changes {
	return &changes{
		now: now, orders: orders, changed: map[uuid.UUID]bool{}, snapshots: map[uuid.UUID]*snapshot{},
		prepared: map[uuid.UUID]*snapshot{}, taken: map[version]*snapshot{},
	}
}

// book books the outcome of one work.
func (c *changes) book(w *process.Work) {
	order := c.orders[w.Process.OrderID]
	if w.Quiet() {
		order = nil
	}
	outcome := process.Advance(w, order, c.now)
	if held, ok := w.Snapshot.(*snapshot); ok {
		if w.Process.Kind == process.Amendment.Name {
			c.prepared[w.Process.OrderID] = held
		}
		if order == nil || order.Revision == held.revision {
			c.snapshots[w.Process.OrderID] = held
		}
	}
	if outcome.Finished {
		c.finished = append(c.finished, w.Process.ID)
	} else {
		c.updated = append(c.updated, outcome.Process)
	}
	if outcome.Recovered {
		c.recovered = append(c.recovered, w.Process.ID)
	}
	if outcome.Stuck {
		c.exceptions = append(c.exceptions, store.Exception{
			Order: w.Process.OrderID, Process: w.Process.ID, Reason: "PROCESS_STUCK", Message: outcome.Reason,
		})
	}
	if order == nil {
		return
	}
	c.started = append(c.started, outcome.Started...)
	if outcome.OrderChanged {
		c.changed[order.ID] = true
	}
	if outcome.Undecided {
		c.undecided = append(c.undecided, order.ID)
	}
}

// decideAnew starts the acceptance of the orders that may be decided again. One that is still taking things back finds the order
// undecided when it is done.
func (c *changes) decideAnew(ctx context.Context, tx database.Transaction) error {
	if len(c.undecided) == 0 {
		return nil
	}
	ids := make([]uuid.UUID, len(c.undecided))
	for i, order := range c.undecided {
		ids[i] = process.AcceptanceID(order)
	}
	live, err := store.HurryProcesses(ctx, tx, ids, c.now)
	if err != nil {
		return err
	}
	for i, order := range c.undecided {
		if !live[ids[i]] {
			c.started = append(c.started, process.Accept(c.orders[order], c.now))
		}
	}
	return nil
}

// follow turns what happened to the orders into revisions, events and exceptions.
func (c *changes) follow(ctx context.Context, tx database.Transaction) error {
	if err := c.revise(ctx, tx); err != nil {
		return err
	}
	for _, id := range sortedIDs(c.changed) {
		order := c.orders[id]
		for _, surprise := range order.Errands.Surprises {
			c.exceptions = append(c.exceptions, store.Exception{
				Order: id, Reason: surprise.Reason, Message: surprise.Message, Key: surprise.Key,
			})
		}
		for _, key := range order.Errands.Resolved {
			c.resolved = append(c.resolved, store.ExceptionID(id, key))
		}
		events, err := tellAll(order, c.paper, c.now)
		if err != nil {
			return err
		}
		c.events = append(c.events, events...)
	}
	return nil
}

// save stores the changes, with what was collected before, and gives what is to be called next.
func (c *changes) save(ctx context.Context, tx database.Transaction, writes *database.Pipeline) (settled, error) {
	var done settled
	changed := make([]*domain.Order, 0, len(c.changed))
	for _, id := range sortedIDs(c.changed) {
		changed = append(changed, c.orders[id])
	}
	if err := store.SaveStates(ctx, writes, changed); err != nil {
		return done, err
	}
	if err := store.UpdateProcesses(ctx, writes, c.updated); err != nil {
		return done, err
	}
	if err := store.DeleteProcesses(ctx, writes, c.finished); err != nil {
		return done, err
	}
	if c.handOver {
		done.next = c.next()
	}
	if len(done.next) < len(c.started) {
		tx.Notify(topicProcess)
	}
	if err := c.saveDecided(ctx, writes, changed); err != nil {
		return done, err
	}
	if err := store.InsertProcesses(ctx, writes, c.started); err != nil {
		return done, err
	}
	exceptions, err := c.saveExceptions(ctx, tx)
	if err != nil {
		return done, err
	}
	if err := outbox.Add(ctx, writes, slices.Concat(c.events, exceptions)...); err != nil {
		return done, err
	}
	done.decided = changed
	return done, writes.Flush(ctx)
}

// next are the works that can go on at once, with what they need, so that the driver need not read them back. Their rows
// stay out of sight of the poll for a while.
func (c *changes) next() []*process.Work {
	var works []*process.Work
	hand := func(p *process.Process) {
		held := c.snapshots[p.OrderID]
		if (held == nil && p.Kind != process.Withdraw.Name) || !p.Hand(c.now) {
			return
		}
		work := &process.Work{
			Process: p.Clone(), Order: c.orders[p.OrderID],
			// A lifted hold changes an order without this process: what is being undone is decided on a fresh look.
			Fresh: p.Kind != process.Acceptance.Name,
		}
		if held != nil {
			work.Snapshot = held
		}
		works = append(works, work)
	}
	for _, p := range c.updated {
		hand(p)
	}
	for _, p := range c.started {
		hand(p)
	}
	return works
}

func sortedIDs(set map[uuid.UUID]bool) []uuid.UUID {
	ids := make([]uuid.UUID, 0, len(set))
	for id := range set {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) })
	return ids
}
