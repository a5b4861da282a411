package process

import (
	"context"
	"sync"
)

// maxSet bounds the processes of one set.
const maxSet = 256

// lane is a queue of works of one kind. What gathers while its workers are busy becomes their next set.
type lane struct {
	mu    sync.Mutex
	queue []*Work
	ready chan struct{}
}

func newLane() *lane { return &lane{ready: make(chan struct{}, 1)} }

// add queues works and gives back those for which there was no room.
func (l *lane) add(works []*Work) []*Work {
	l.mu.Lock()
	room := min(max(maxQueued-len(l.queue), 0), len(works))
	l.queue = append(l.queue, works[:room]...)
	l.mu.Unlock()
	l.signal()
	return works[room:]
}

func (l *lane) room() int {
	l.mu.Lock()
	defer l.mu.Unlock()
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
		n := min(len(l.queue), maxSet)
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
