package fault

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

// lanes is how many faults are under way at once.
const lanes = 3

// trouble is a kind of fault.
type trouble struct {
	name string
	// weight is how often it is drawn, compared with the others.
	weight int
	// inject brings it about, and ends it. It returns false when there was nothing to break.
	inject func(ctx context.Context, on *lane) (bool, error)
}

// tally counts faults by kind.
type tally struct {
	mu     sync.Mutex
	counts map[string]int
	first  error
}

func (c *tally) add(name string, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.counts[name]++
	if c.first == nil && err != nil {
		c.first = fmt.Errorf("%s: %w", name, err)
	}
}

func (c *tally) String() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var parts []string
	sum := 0
	for _, name := range slices.Sorted(maps.Keys(c.counts)) {
		parts = append(parts, fmt.Sprintf("%s %d", name, c.counts[name]))
		sum += c.counts[name]
	}
	return fmt.Sprintf("%d faults: %s", sum, strings.Join(parts, ", "))
}

// injector breaks a system.
type injector struct {
	system *system
	kinds  []trouble
	roles  []string
	seed   uint64
	tally  *tally
	tap    *tap
	end    chan struct{}
	once   sync.Once
}

// newInjector breaks the roles; all of the system when none is named.
func newInjector(s *system, seed uint64, kinds []trouble, roles ...string) *injector {
	if len(roles) == 0 {
		roles = s.roles()
	}
	return &injector{
		system: s, kinds: kinds, roles: roles, seed: seed, tally: &tally{counts: map[string]int{}}, tap: newTap(s),
		end: make(chan struct{}),
	}
}

// stop ends inject early.
func (i *injector) stop() { i.once.Do(func() { close(i.end) }) }

func (i *injector) stopped() bool {
	select {
	case <-i.end:
		return true
	default:
		return false
	}
}

// lane injects one fault after the other, drawn from its own part of the seed.
type lane struct {
	*injector
	random *rand.Rand
}

// inject injects n faults. Those of one lane follow each other as the seed says; how lanes meet is up to the machine.
func (i *injector) inject(ctx context.Context, n int) {
	var group errgroup.Group
	for number := range lanes {
		on := &lane{injector: i, random: rand.New(rand.NewPCG(i.seed, 1000+uint64(number)))}
		group.Go(func() error {
			for done := 0; done < share(n, number) && !i.stopped() && ctx.Err() == nil; {
				kind := on.draw()
				happened, err := kind.inject(ctx, on)
				if happened || err != nil {
					i.tally.add(kind.name, err)
					done++
				}
				on.pause(50, 300)
			}
			return nil
		})
	}
	_ = group.Wait() // they return no errors
}

// share is a lane's part of n.
func share(n, number int) int { return (n + lanes - 1 - number) / lanes }

func (l *lane) draw() trouble {
	sum := 0
	for _, kind := range l.kinds {
		sum += kind.weight
	}
	at := l.random.IntN(sum)
	for _, kind := range l.kinds {
		if at -= kind.weight; at < 0 {
			return kind
		}
	}
	panic("weights do not add up")
}

// millis draws a time between the bounds.
func (l *lane) millis(least, most int) time.Duration {
	return time.Duration(least+l.random.IntN(most-least+1)) * time.Millisecond
}

func (l *lane) pause(least, most int) {
	select {
	case <-time.After(l.millis(least, most)):
	case <-l.end:
	}
}

func (l *lane) role() string { return l.roles[l.random.IntN(len(l.roles))] }

func (l *lane) replica() *replica {
	return l.system.replicas[l.role()][l.random.IntN(2)]
}

// with draws a replica that has what is asked for.
func (l *lane) with(has func(*replica) bool) *replica {
	for {
		if one := l.replica(); has(one) {
			return one
		}
	}
}

func (l *lane) onDatabase() *replica {
	return l.with(func(r *replica) bool { return r.database != nil })
}

func (l *lane) onBus() *replica { return l.with(func(r *replica) bool { return r.bus != nil }) }

// pour adds the counts to others.
func (c *tally) pour(into *tally) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for name, n := range c.counts {
		into.counts[name] += n
	}
}
