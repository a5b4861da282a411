package process

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/waybill-dev/waybill/internal/observe"
	"github.com/waybill-dev/waybill/internal/pace"
	"github.com/waybill-dev/waybill/internal/shard"
)

const (
	// Grace is how long a process that was handed over in memory stays out of sight of the poll.
	Grace = 3 * time.Second

	pollEvery = 200 * time.Millisecond
	pollPage  = 512
	// loadPage is how many of a page are loaded at once: their orders may have 10,000 lines each.
	loadPage = 32
	// wastedShare is which part of the time reading what is in hands already may take: one in so many. Under overload that is all
	// that is due. maxPollPause bounds what that holds up.
	wastedShare  = 10
	maxPollPause = time.Second
	// settlePause is how long a set whose outcome could not be stored is left alone.
	settlePause = 500 * time.Millisecond
)

// Call is one call of one step.
type Call struct {
	Work *Work
	Step *Step
}

// Cursor is where a page of due processes ended.
type Cursor struct {
	DueAt time.Time
	ID    uuid.UUID
}

// Backend is what a driver needs of its service.
type Backend interface {
	// Due gives a page of the processes of these shards and kinds that are due, in the order of their time.
	Due(ctx context.Context, shards []int32, kinds []KindName, after Cursor, limit int) ([]*Process, error)
	// Load gives processes with what their calls need.
	Load(ctx context.Context, due []*Process) ([]*Work, error)
	// Call makes the call of an action for a set and sets each step's answer. An error means that no step has one.
	Call(ctx context.Context, action Action, calls []Call) error
	// Without gives what takes the place of the answer to a best-effort step that has none, and why it has none: err, which is
	// nil where the call brought answers to others.
	Without(call Call, err error) *Answer
	// Settle stores what the calls of a set brought, in one transaction that checks the leases, and gives what is to be
	// called next. A work whose row has changed meanwhile is left out.
	Settle(ctx context.Context, leases shard.Leases, set []*Work) (next []*Work, err error)
}

// Owner says which shards are ours.
type Owner interface {
	Leases() shard.Leases
	Changed() <-chan struct{}
}

// Driver drives the processes of the owned shards: one per replica.
type Driver struct {
	backend Backend
	owner   Owner
	wake    <-chan struct{}
	log     *slog.Logger
	// budget is what the steps with a budget have.
	budget time.Duration
	lanes  map[KindName]*lane
	tracer *observe.Tracer

	mu       sync.Mutex
	inFlight map[uuid.UUID]struct{}
}

// NewDriver makes a driver. Wake says that there may be something due.
func NewDriver(backend Backend, owner Owner, wake <-chan struct{}, log *slog.Logger) *Driver {
	d := &Driver{
		backend: backend, owner: owner, wake: wake, log: log, budget: BestEffort.Budget,
		lanes: map[KindName]*lane{}, inFlight: map[uuid.UUID]struct{}{},
	}
	for _, kind := range Kinds() {
		d.lanes[kind.Name] = newLane()
	}
	return d
}

// Trace makes spans of the calls from now on. It is to be called before Run.
func (d *Driver) Trace(tracer *observe.Tracer) { d.tracer = tracer }

// Spend lets best-effort steps have that time from now on, in place of BestEffort.Budget. It is to be called before Run.
func (d *Driver) Spend(budget time.Duration) { d.budget = budget }

// lanesWide is how many sets of a kind may be under way: when one set's calls wait for an outside system, the next one's run.
// Each kind has lanes of its own, so that a slow warehouse does not hold up the taking of orders.
const lanesWide = 2

// Run drives until ctx ends. What is under way then is left to the rows.
func (d *Driver) Run(ctx context.Context) error {
	var group sync.WaitGroup
	for _, l := range d.lanes {
		for range lanesWide {
			group.Go(func() { d.work(ctx, l) })
		}
	}
	d.poll(ctx)
	group.Wait()
	return nil
}

// Offer hands over processes that were just stored, with everything their calls need. It is a short cut: when there is
// no room they are found in the table.
func (d *Driver) Offer(works ...*Work) { d.offer(works) }

// offer passes over what is in hands already.
func (d *Driver) offer(works []*Work) {
	byKind := map[KindName][]*Work{}
	d.mu.Lock()
	for _, w := range works {
		if _, busy := d.inFlight[w.Process.ID]; !busy {
			d.inFlight[w.Process.ID] = struct{}{}
			byKind[w.Process.Kind] = append(byKind[w.Process.Kind], w)
		}
	}
	d.mu.Unlock()
	for kind, works := range byKind {
		d.forget(d.lanes[kind].add(works))
	}
}

func (d *Driver) forget(works []*Work) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, w := range works {
		delete(d.inFlight, w.Process.ID)
	}
}

// poll looks for due processes on a nudge, on a change of leases, and every now and then.
func (d *Driver) poll(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		changed := d.owner.Changed()
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		case <-d.wake:
		case <-changed:
		}
		wasted, err := d.collect(ctx)
		if err != nil && ctx.Err() == nil {
			d.log.WarnContext(ctx, "due processes not read", "error", err)
		}
		pace.Sleep(ctx, min(wasted*(wastedShare-1), maxPollPause))
		timer.Reset(pollEvery)
	}
}

// collect hands over what is due, and tells how long it took to read what was in hands already.
func (d *Driver) collect(ctx context.Context) (wasted time.Duration, err error) {
	leases := d.owner.Leases()
	var cursor Cursor
	for !leases.Empty() {
		kinds := d.kindsWithRoom()
		if len(kinds) == 0 {
			return wasted, nil
		}
		begun := time.Now()
		page, err := d.backend.Due(ctx, leases.Shards(), kinds, cursor, pollPage)
		if err != nil || len(page) == 0 {
			return wasted, err
		}
		idle := d.idle(page)
		wasted += time.Since(begun) * time.Duration(len(page)-len(idle)) / time.Duration(len(page))
		for due := range slices.Chunk(idle, loadPage) {
			works, err := d.backend.Load(ctx, d.fitting(due))
			if err != nil {
				return wasted, err
			}
			d.offer(works)
		}
		if len(page) < pollPage {
			return wasted, nil
		}
		last := page[len(page)-1]
		cursor = Cursor{DueAt: last.DueAt, ID: last.ID}
	}
	return wasted, nil
}

// kindsWithRoom are the kinds of which more fits into memory.
func (d *Driver) kindsWithRoom() []KindName {
	var kinds []KindName
	for kind, l := range d.lanes {
		if l.room() >= pollPage {
			kinds = append(kinds, kind)
		}
	}
	return kinds
}

// fitting leaves out those of which no more fit into memory.
func (d *Driver) fitting(due []*Process) []*Process {
	kinds := d.kindsWithRoom()
	return slices.DeleteFunc(slices.Clone(due), func(p *Process) bool { return !slices.Contains(kinds, p.Kind) })
}

// idle is a page without what is in hands already. The page itself stays as it was: its end is where the next one begins.
func (d *Driver) idle(page []*Process) []*Process {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(page), func(p *Process) bool {
		_, busy := d.inFlight[p.ID]
		return busy
	})
}

// work takes set after set of one lane.
func (d *Driver) work(ctx context.Context, l *lane) {
	for {
		set := l.take(ctx)
		if set == nil {
			return
		}
		leases := d.owner.Leases()
		set = d.owned(leases, set)
		d.call(ctx, set)
		d.settle(ctx, leases, set)
		l.done()
	}
}

// owned drops the works of shards that another replica has taken over.
func (d *Driver) owned(leases shard.Leases, set []*Work) []*Work {
	kept := set[:0:0]
	var lost []*Work
	for _, w := range set {
		if leases.Holds(w.Process.Shard) {
			kept = append(kept, w)
		} else {
			lost = append(lost, w)
		}
	}
	d.forget(lost)
	return kept
}

// settle stores the outcome of a set. A set that cannot be stored is stored in halves, until the one that spoils it
// stands alone and is left for later.
func (d *Driver) settle(ctx context.Context, leases shard.Leases, set []*Work) {
	if len(set) == 0 {
		return
	}
	next, err := d.backend.Settle(ctx, leases.Only(shardsOf(set)...), set)
	switch {
	case err == nil:
		d.forget(set)
		d.offer(next)
	case ctx.Err() != nil || lost(err):
		d.forget(set)
	case len(set) > 1 && !passing(err):
		d.settle(ctx, leases, set[:len(set)/2])
		d.settle(ctx, leases, set[len(set)/2:])
	default:
		d.log.ErrorContext(ctx, "outcome of calls not stored; they are made again", "error", err, "processes", len(set), "order_ids", ordersOf(set))
		time.AfterFunc(settlePause, func() { d.forget(set) })
	}
}

func shardsOf(set []*Work) []int32 {
	var shards []int32
	var seen [shard.Count]bool
	for _, w := range set {
		if !seen[w.Process.Shard] {
			seen[w.Process.Shard] = true
			shards = append(shards, w.Process.Shard)
		}
	}
	return shards
}
