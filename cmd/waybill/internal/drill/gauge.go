package drill

import (
	"context"
	"sync"
	"time"

	backofficev1 "github.com/waybill-dev/waybill/gen/waybill/backoffice/v1"
	sandboxv1 "github.com/waybill-dev/waybill/gen/waybill/sandbox/v1"
)

var queueRequest = &backofficev1.GetQueueRequest{}

// look is how often a gauge looks.
const look = 500 * time.Millisecond

// reading is how a Waybill stands at a moment.
type reading struct {
	at       time.Time
	waiting  int64         // documents for the ERP
	oldest   time.Duration // of them
	resident int64         // bytes
}

// gauge keeps looking at the queue for the ERP and at the memory of the process.
type gauge struct {
	mu       sync.Mutex
	readings []reading
	err      error
}

// watch looks until ctx ends. What cannot be read is passed over, and told in the end when nothing could.
func (g *gauge) watch(ctx context.Context, s *system) {
	tick := time.NewTicker(look)
	defer tick.Stop()
	for ctx.Err() == nil {
		one, err := s.read(ctx)
		g.mu.Lock()
		if err == nil {
			g.readings = append(g.readings, one)
		} else if ctx.Err() == nil {
			g.err = err
		}
		g.mu.Unlock()
		select {
		case <-ctx.Done():
		case <-tick.C:
		}
	}
}

func (s *system) read(ctx context.Context) (reading, error) {
	queue, err := s.BackOffice.GetQueue(ctx, queueRequest)
	if err != nil {
		return reading{}, err
	}
	one := reading{at: time.Now(), waiting: queue.GetWaiting()}
	if queue.GetWaiting() > 0 {
		one.oldest = max(time.Since(queue.GetOldestSince().AsTime()), 0)
	}
	one.resident, err = s.resident(ctx)
	return one, err
}

// last is the newest reading.
func (g *gauge) last() reading {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.readings) == 0 {
		return reading{}
	}
	return g.readings[len(g.readings)-1]
}

// most is the greatest of each between two moments.
func (g *gauge) most(from, to time.Time) reading {
	g.mu.Lock()
	defer g.mu.Unlock()
	var most reading
	for _, one := range g.readings {
		if !one.at.Before(from) && !one.at.After(to) {
			most.waiting, most.oldest = max(most.waiting, one.waiting), max(most.oldest, one.oldest)
			most.resident = max(most.resident, one.resident)
		}
	}
	return most
}

// usage is what the sandbox ERP has counted.
func (s *system) usage(ctx context.Context) (*sandboxv1.Usage, error) {
	reply, err := s.Sandbox.GetDials(ctx, &sandboxv1.GetDialsRequest{System: "erp"})
	return reply.GetUsage(), err
}
