package process

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/waybill-dev/waybill/internal/databasetest"
	"github.com/waybill-dev/waybill/internal/pace"
	"github.com/waybill-dev/waybill/internal/shard"
	"github.com/waybill-dev/waybill/services/order/internal/domain"
)

// fakeBackend answers every call with yes, but fails every set in which a poisoned order stands.
type fakeBackend struct {
	mu       sync.Mutex
	poisoned uuid.UUID
	settled  map[uuid.UUID]error // by order: the error of its first step
	done     chan struct{}
	want     int

	// due are processes of the order; loaded says how many of them were loaded at a time.
	due    []*Process
	order  *domain.Order
	loaded []int

	// again is what is due besides, in each read. It takes a while, and is told.
	again []*Process
	took  time.Duration
	reads chan struct{}

	// silent is an action that is answered only when its caller has no time left; halves counts how often it was called.
	silent Action
	halves int
}

func (f *fakeBackend) Without(_ Call, err error) *Answer { return &Answer{Missing: err.Error()} }

func (f *fakeBackend) Due(ctx context.Context, _ []int32, _ []KindName, _ Cursor, limit int) ([]*Process, error) {
	if f.reads != nil {
		pace.Sleep(ctx, f.took)
		select {
		case f.reads <- struct{}{}:
		case <-ctx.Done():
		}
		return f.again, nil
	}
	due := f.due[:min(limit, len(f.due))]
	f.due = f.due[len(due):]
	return due, nil
}

func (f *fakeBackend) Load(_ context.Context, due []*Process) ([]*Work, error) {
	works := make([]*Work, 0, len(due))
	for _, p := range due {
		works = append(works, &Work{Process: p, Order: f.order})
	}
	f.loaded = append(f.loaded, len(due))
	return works, nil
}

func (f *fakeBackend) Call(ctx context.Context, action Action, calls []Call) error {
	if action == f.silent {
		f.mu.Lock()
		f.halves++
		f.mu.Unlock()
		select {
		case <-ctx.Done():
		case <-time.After(10 * BestEffort.Budget):
		}
		return errors.New("no time")
	}
	for _, call := range calls {
		if call.Work.Process.OrderID == f.poisoned {
			return errors.New("a defect")
		}
	}
	for _, call := range calls {
		call.Step.Answer = &Answer{}
	}
	return nil
}

func (f *fakeBackend) Settle(_ context.Context, _ shard.Leases, set []*Work) ([]*Work, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, w := range set {
		if w.Process.OrderID == f.poisoned && len(set) > 1 {
			return nil, errors.New("cannot be stored")
		}
		f.settled[w.Process.OrderID] = w.Process.Steps[0].Err
	}
	if len(f.settled) == f.want {
		close(f.done)
	}
	return nil, nil
}

// owner owns all shards of a database of its own.
func owner(t *testing.T) *shard.Owner {
	t.Helper()
	o := shard.NewOwner(databasetest.New(t, nil), "test")
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- o.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	for {
		changed := o.Changed()
		if !o.Leases().Empty() {
			return o
		}
		<-changed
	}
}

func TestOneBadProcessFailsAlone(t *testing.T) {
	const orders = 50
	f := &fakeBackend{settled: map[uuid.UUID]error{}, done: make(chan struct{}), want: orders}
	d := NewDriver(f, owner(t), nil, slog.New(slog.DiscardHandler))
	var works []*Work
	for i := range orders {
		o := newOrder(domain.ShipPartial)
		works = append(works, &Work{Process: Accept(o, now), Order: o})
		if i == orders/3 {
			f.poisoned = o.ID
		}
	}
	d.Offer(works...)
	d.Offer(works...) // in hands already: passed over
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- d.Run(ctx) }()
	select {
	case <-f.done:
	case <-time.After(20 * time.Second):
		t.Errorf("%d of %d settled", len(f.settled), orders)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	for order, err := range f.settled {
		if (err != nil) != (order == f.poisoned) {
			t.Errorf("order %s: %v", order, err)
		}
	}
}

func TestLargeOrdersGoInSmallSetsAndAreLeftInTheTable(t *testing.T) {
	const lines = 10_000
	large := make([]domain.Line, lines)
	works := make([]*Work, 100)
	for i := range works {
		works[i] = &Work{Process: &Process{}, Order: &domain.Order{Lines: large}}
	}
	l := newLane()
	if left := l.add(works); len(works)-len(left) != maxQueuedWeight/lines || l.room() != 0 {
		t.Errorf("%d of %d wait in memory, room for %d more", len(works)-len(left), len(works), l.room())
	}
	for range maxQueuedWeight / lines / (maxSetWeight / lines) {
		if set := l.take(t.Context()); len(set) != maxSetWeight/lines {
			t.Fatalf("a set of %d orders, want %d", len(set), maxSetWeight/lines)
		}
	}
	if l.room() != maxQueued || len(l.add([]*Work{{Process: &Process{}, Order: &domain.Order{Lines: make([]domain.Line, 2*maxQueuedWeight)}}})) > 0 {
		t.Error("one that is larger than everything that fits is never taken")
	}
}

// After a crash everything is due at once.
func TestABacklogOfLargeOrdersIsLoadedBitByBit(t *testing.T) {
	const lines = 10_000
	f := &fakeBackend{order: &domain.Order{Lines: make([]domain.Line, lines)}}
	for range 1000 {
		f.due = append(f.due, Accept(newOrder(domain.ShipPartial), now))
	}
	if wasted, err := NewDriver(f, owner(t), nil, slog.New(slog.DiscardHandler)).collect(t.Context()); err != nil || wasted != 0 {
		t.Fatalf("wasted %v, error %v", wasted, err)
	}
	total := 0
	for _, n := range f.loaded {
		total += n
	}
	if slices.Max(f.loaded) > loadPage || total > maxQueuedWeight/lines+loadPage {
		t.Errorf("loaded %v", f.loaded)
	}
}

// Under load whole pages are due of which some processes are in hands already.
func TestTheNextPageIsReadAfterOneThatIsPartlyInHands(t *testing.T) {
	f := &fakeBackend{order: newOrder(domain.ShipPartial, 1)}
	for range pollPage + 10 {
		f.due = append(f.due, Accept(newOrder(domain.ShipPartial), now))
	}
	d := NewDriver(f, owner(t), nil, slog.New(slog.DiscardHandler))
	d.Offer(&Work{Process: f.due[0], Order: f.order}, &Work{Process: f.due[pollPage-1], Order: f.order})
	all := len(f.due)
	if _, err := d.collect(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := len(d.lanes[Acceptance.Name].queue); got != all {
		t.Errorf("%d of %d wait for their calls", got, all)
	}
}

// Under overload all that is due is in hands, and nudges never end.
func TestWhatIsInHandsIsReadAgainWithPauses(t *testing.T) {
	const reads, took = 4, 10 * time.Millisecond
	busy := &Work{Process: Accept(newOrder(domain.ShipPartial), now), Order: newOrder(domain.ShipPartial, 1)}
	f := &fakeBackend{again: []*Process{busy.Process}, took: took, reads: make(chan struct{})}
	wake := make(chan struct{})
	close(wake)
	d := NewDriver(f, owner(t), wake, slog.New(slog.DiscardHandler))
	d.Offer(busy)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); d.poll(ctx) }()
	<-f.reads
	begun := time.Now()
	for range reads {
		<-f.reads
	}
	if all, least := time.Since(begun), reads*wastedShare*took-wastedShare*took; all < least {
		t.Errorf("read %d times more in %v, less than %v", reads, all, least)
	}
	cancel()
	<-ended
}

// Whoever is slow costs a set of orders one budget, whatever its size, and the orders are decided without.
func TestABestEffortStepEndsWithItsBudget(t *testing.T) {
	const orders = 3 * maxSet / 2
	budget := 2 * BestEffort.Budget
	f := &fakeBackend{silent: CheckTerms}
	d := NewDriver(f, nil, nil, slog.New(slog.DiscardHandler))
	d.Spend(budget)
	var works []*Work
	for range orders {
		o := newOrder(domain.ShipPartial)
		o.Asks = domain.AskTerms
		works = append(works, &Work{Process: Accept(o, now), Order: o})
	}
	began := time.Now()
	d.call(t.Context(), works)
	if took := time.Since(began); took < budget || took > 4*budget {
		t.Errorf("it took %s, want the budget of %s once", took, budget)
	}
	if f.halves != 2 {
		t.Errorf("asked in %d sets, want 2", f.halves)
	}
	for _, w := range works {
		if terms := w.Process.step(StepTerms); terms.Answer == nil || terms.Answer.Missing != "no time" || terms.Err != nil {
			t.Fatalf("the step has %+v, %v", terms.Answer, terms.Err)
		}
		if out := Advance(w, w.Order, now); w.Order.State != domain.Accepted || !out.OrderChanged {
			t.Fatalf("the order is %s", w.Order.State)
		}
	}
}

// While a set is under way the next one gathers, until it is full or that set takes long.
func TestTheNextSetGathersBehindTheOneUnderWay(t *testing.T) {
	works := func(n int) []*Work {
		made := make([]*Work, n)
		for i := range made {
			made[i] = &Work{Process: &Process{}}
		}
		return made
	}
	gathers := func(l *lane) bool {
		l.mu.Lock()
		defer l.mu.Unlock()
		return l.gathers()
	}
	l := newLane()
	l.add(works(1))
	if set := l.take(t.Context()); len(set) != 1 {
		t.Fatalf("a lone process waits for %d others", len(set)-1)
	}
	l.add(works(3))
	if !gathers(l) {
		t.Error("a set is begun beside one that has just begun")
	}
	l.done()
	if set := l.take(t.Context()); len(set) != 3 {
		t.Errorf("a set of %d when the one before is done, want the 3 that gathered", len(set))
	}
	l.add(works(maxSet - 1))
	if !gathers(l) {
		t.Error("a set that is not full is begun")
	}
	l.add(works(2))
	if set := l.take(t.Context()); len(set) != maxSet {
		t.Errorf("a full set of %d waits", len(set))
	}
	if !gathers(l) {
		t.Error("what is left over is begun at once")
	}
	// Nobody signals from here on: the lane becomes ready by itself.
	patience, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if set := l.take(patience); len(set) != 1 {
		t.Errorf("a set of %d behind one that takes long", len(set))
	}
}
