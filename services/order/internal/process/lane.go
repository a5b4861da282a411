package process

import (
	"context"
	"sync"
)

const (
	// maxSet bounds the processes of one set, maxSetWeight the lines of their orders: they are stored in one transaction.
	maxSet       = 256
	maxSetWeight = maxCallWeight
	// maxQueued bounds what waits in memory per kind, and maxQueuedWeight its lines; the table keeps the rest.
	maxQueued       = 4096
	maxQueuedWeight = 200_000
)

// lane is a queue of works of one kind. What gathers while its workers are busy becomes their next set.
type lane struct {
	mu    sync.Mutex
	queue []*Work
	// weight is that of the queue.
	weight int
	ready  chan struct{}
}

func newLane() *lane { return &lane{ready: make(chan struct{}, 1)} }

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

// take waits for works and takes as many as make a set; nil when ctx has ended.
func (l *lane) take(ctx context.Context) []*Work {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-l.ready:
		}
		l.mu.Lock()
		n := l.next()
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

// next is how many works make the next set, whose weight it takes off the queue's.
func (l *lane) next() int {
	n, weight := 0, 0
	for n < min(len(l.queue), maxSet) && (n == 0 || weight+l.queue[n].weight() <= maxSetWeight) {
		weight += l.queue[n].weight()
		n++
	}
	l.weight -= weight
	return n
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
