package process

import (
	"context"
	"sync"
	"time"
)

const (
	// maxSet bounds the processes of one set, maxSetWeight the lines of their orders: they are stored in one transaction.
	maxSet       = 256
	maxSetWeight = maxCallWeight
	// maxQueued bounds what waits in memory per kind, and maxQueuedWeight its lines; the table keeps the rest.
	maxQueued       = 4096
	maxQueuedWeight = 200_000
	// gatherTime is for how long works gather behind a set that is under way, unless they make a full set before. A set costs
	// other services and the database nearly the same for one process as for a hundred, so one behind the other takes less than
	// two of half the size side by side; but a set that waits for an outside system must not hold up the next one.
	gatherTime = 100 * time.Millisecond
)

// lane is a queue of works of one kind. What gathers while a set is under way becomes the next one.
type lane struct {
	mu    sync.Mutex
	queue []*Work
	// weight is that of the queue.
	weight int
	// underWay counts the sets that were taken and are not done, and since is when the last one was taken.
	underWay int
	since    time.Time
	ready    chan struct{}
	// gathered makes the lane ready when a set that is under way takes long.
	gathered *time.Timer
}

func newLane() *lane {
	l := &lane{ready: make(chan struct{}, 1)}
	l.gathered = time.AfterFunc(gatherTime, l.signal)
	l.gathered.Stop() // until something gathers
	return l
}

// add queues works and gives back those for which there was no room.
func (l *lane) add(works []*Work) []*Work {
	l.mu.Lock()
	taken := 0
	for taken < len(works) && len(l.queue) < maxQueued && (l.weight == 0 || l.weight+works[taken].weight() <= maxQueuedWeight) {
		l.queue = append(l.queue, works[taken])
		l.weight += works[taken].weight()
		taken++
	}
	l.mu.Unlock()
	l.signal()
	return works[taken:]
}

// room is how many more works of a line or so fit.
func (l *lane) room() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.weight >= maxQueuedWeight {
		return 0
	}
	return maxQueued - len(l.queue)
}

func (l *lane) signal() {
	select {
	case l.ready <- struct{}{}:
	default:
	}
}

// take waits for works and takes as many as make a set, which is under way until done is called; nil when ctx has ended. What
// waits behind another set gathers first.
func (l *lane) take(ctx context.Context) []*Work {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-l.ready:
		}
		l.mu.Lock()
		if l.gathers() {
			l.mu.Unlock()
			continue
		}
		n, weight := l.next()
		l.weight -= weight
		if n > 0 {
			l.underWay++
			l.since = time.Now()
		}
		set := append([]*Work(nil), l.queue[:n]...)
		rest := copy(l.queue, l.queue[n:])
		clear(l.queue[rest:])
		l.queue = l.queue[:rest]
		l.mu.Unlock()
		if rest > 0 {
			l.signal()
		}
		if n > 0 {
			return set
		}
	}
}

// done ends a set that was taken.
func (l *lane) done() {
	l.mu.Lock()
	l.underWay--
	l.mu.Unlock()
	l.signal()
}

// gathers reports whether what is queued had better wait for the set that is under way. It sees to it that the lane becomes ready
// when that has gone on for long enough.
func (l *lane) gathers() bool {
	if l.underWay == 0 || len(l.queue) == 0 {
		return false
	}
	if n, weight := l.next(); n < len(l.queue) || n == maxSet || weight >= maxSetWeight {
		return false
	}
	left := gatherTime - time.Since(l.since)
	if left > 0 {
		l.gathered.Reset(left)
	}
	return left > 0
}

// next is how many works make the next set, and their weight.
func (l *lane) next() (n, weight int) {
	for n < min(len(l.queue), maxSet) && (n == 0 || weight+l.queue[n].weight() <= maxSetWeight) {
		weight += l.queue[n].weight()
		n++
	}
	return n, weight
}

// weight is about how much memory and storing a work takes, in lines. It stays the same while the work waits.
func (w *Work) weight() int {
	if w.Order != nil {
		return max(len(w.Order.Lines), 1)
	}
	weight := 1
	for i := range w.Process.Steps {
		weight += len(w.Process.Steps[i].Parts)
	}
	return weight
}
