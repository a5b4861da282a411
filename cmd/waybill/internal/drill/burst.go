package drill

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"sync"
	"time"

	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
)

// Burst is a promotion: for a while many times as many orders come as the ERP takes.
type Burst struct {
	// Drain is how many documents the ERP takes in a second. Times as many orders come in each second, For so long.
	Drain, Times int
	For          time.Duration
	// Requests is how many REST requests may be under way.
	Requests int
	// Resident is how many bytes of memory the Waybill may have.
	Resident int64
	// Folder is for data and log of the Waybill.
	Folder string
}

const (
	quiet = "before"
	burst = "burst"

	// burstCalls is in how many calls a second the ERP takes its documents.
	burstCalls = 10
	// again is how many of those that were told to come again do so, and how many at once.
	again, againAtOnce = 1000, 32
)

// Run runs the drill, prints what came of it, and reports whether every promise was kept.
func (b Burst) Run(ctx context.Context, out io.Writer) (kept bool, err error) {
	limit := headroom(burstCalls + termsCalls)
	s, err := start(ctx, b.Folder, connections, "--rest-requests", strconv.Itoa(b.Requests),
		"--erp-calls-per-second", strconv.Itoa(burstCalls), "--erp-terms-per-second", strconv.Itoa(termsCalls),
		"--erp-documents-per-call", strconv.Itoa(max(b.Drain/burstCalls, 1)),
		"--erp-sandbox-calls-per-second", strconv.Itoa(limit))
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, s.stop()) }()
	if err := catalogue.Prepare(ctx, s.Access); err != nil {
		return false, err
	}
	drain := max(b.Drain/burstCalls, 1) * burstCalls
	l := &load{system: s, catalogue: catalogue, perSecond: float64(drain) / 2, run: "burst"}
	fmt.Fprintf(out, "The ERP takes %d documents a second in %d calls; for %s come %d orders a second\n", drain, burstCalls, b.For, drain*b.Times)

	watching, stopWatching := context.WithCancel(ctx)
	defer stopWatching()
	g := &gauge{}
	go g.watch(watching, s)
	began := time.Now()
	l.send(ctx, quiet, lasting(warmUpTime))
	burstBegan := time.Now()
	l.perSecond = float64(drain * b.Times)
	l.send(ctx, burst, lasting(b.For))
	fates := l.wait()
	burstEnded := time.Now()
	backlog := g.last().waiting
	fates, err = b.comeAgain(ctx, out, l, fates)
	if err != nil {
		return false, err
	}
	kept, drained, err := judge(ctx, out, s, fates, limit)
	if err != nil {
		return false, err
	}
	most := g.most(burstBegan, drained)
	fmt.Fprintf(out, "acceptance p50 %s, p99 %s in the burst; before it p50 %s, p99 %s\n", quantile(fates, 0.5, burst).Round(time.Millisecond),
		quantile(fates, 0.99, burst).Round(time.Millisecond), quantile(fates, 0.5, quiet).Round(time.Millisecond), quantile(fates, 0.99, quiet).Round(time.Millisecond))
	fmt.Fprintf(out, "%d documents waited when the burst ended, at most %d, the oldest for %s; drained %s later\n",
		backlog, most.waiting, most.oldest.Round(time.Second), drained.Sub(burstEnded).Round(time.Second))
	half := burstBegan.Add(burstEnded.Sub(burstBegan) / 2)
	bounded := most.resident <= b.Resident
	fmt.Fprintf(out, "%s memory of the process: %s before, at most %s in the first half of the burst, %s in the second, %s while it drained; bound %s\n",
		verdict(bounded), mega(g.most(began, burstBegan).resident), mega(g.most(burstBegan, half).resident), mega(g.most(half, burstEnded).resident),
		mega(g.most(burstEnded, drained).resident), mega(b.Resident))
	return kept && bounded, nil
}

// comeAgain lets some of those that were told to come again do so, with the same keys and as patiently as they are told to.
func (b Burst) comeAgain(ctx context.Context, out io.Writer, l *load, fates []fate) ([]fate, error) {
	turns := make(chan *fate)
	var group sync.WaitGroup
	var mu sync.Mutex
	var failed error
	for range againAtOnce {
		group.Go(func() {
			for one := range turns {
				reply := &orderv1.SubmitOrderResponse{}
				if err := l.system.REST.Post(ctx, "/v1/orders", one.refused, reply); err != nil {
					mu.Lock()
					failed = errors.Join(failed, err)
					mu.Unlock()
					continue
				}
				one.refused, one.phase = nil, "again"
				one.take(reply.GetOrder())
			}
		})
	}
	refused, came := 0, 0
	for i := range fates {
		if fates[i].refused == nil {
			continue
		}
		if refused++; came < again {
			came++
			turns <- &fates[i]
		}
	}
	close(turns)
	group.Wait()
	if failed != nil {
		return nil, fmt.Errorf("orders that came again when they were told to: %w", failed)
	}
	fmt.Fprintf(out, "%d of %d orders were told when to come again; %d of them did so and got in\n", refused, len(fates), came)
	return fates, nil
}

func mega(bytes int64) string { return fmt.Sprintf("%d MiB", bytes>>20) }
