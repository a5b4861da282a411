package drill

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/waybill-dev/waybill/cmd/waybill/internal/bench"
	"github.com/waybill-dev/waybill/cmd/waybill/internal/console"
	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	sandboxv1 "github.com/waybill-dev/waybill/gen/waybill/sandbox/v1"
)

// Outage is an outage of the ERP in accelerated time: all pauses are shorter in the same measure.
type Outage struct {
	// Orders are submitted, evenly, while the ERP is away for Lasts, which passes within In.
	Orders    int
	Lasts, In time.Duration
	// Normal is how long is measured before and after.
	Normal time.Duration
	// CallsPerSecond and DocumentsPerCall are how the ERP is told; it takes a fifth more calls.
	CallsPerSecond, DocumentsPerCall int
	// Every ShipEvery-th order ships at once, every AmendEvery-th is amended, every CancelEvery-th cancelled.
	ShipEvery, AmendEvery, CancelEvery int
	// Folder is for data and log of the Waybill.
	Folder string
}

const (
	warmUp   = "warm-up"
	before   = "normal, before"
	away     = "the ERP is away"
	recovery = "it is back, the queue drains"
	after    = "normal, after"

	warmUpTime = 3 * time.Second
	// termsCalls is in how many calls a second the ERP is asked about customers' terms.
	termsCalls = 5
	// normalFirstPause and normalMaxPause are how long an ERP that does not answer is left alone in real time.
	normalFirstPause, normalMaxPause = time.Second, 30 * time.Second
)

// Run runs the drill, prints what came of it, and reports whether every promise was kept. Times are printed only.
func (o Outage) Run(ctx context.Context, out io.Writer) (kept bool, err error) {
	faster := float64(o.Lasts) / float64(o.In)
	shorter := func(d time.Duration) string { return max(time.Duration(float64(d)/faster), time.Millisecond).String() }
	limit := headroom(o.CallsPerSecond + termsCalls)
	s, err := start(ctx, o.Folder, connections,
		"--erp-calls-per-second", strconv.Itoa(o.CallsPerSecond), "--erp-terms-per-second", strconv.Itoa(termsCalls),
		"--erp-documents-per-call", strconv.Itoa(o.DocumentsPerCall),
		"--erp-sandbox-calls-per-second", strconv.Itoa(limit),
		"--erp-first-pause", shorter(normalFirstPause), "--erp-max-pause", shorter(normalMaxPause))
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, s.stop()) }()
	l := &load{
		system: s, catalogue: catalogue, perSecond: float64(o.Orders) / o.In.Seconds(),
		shipEvery: o.ShipEvery, amendEvery: o.AmendEvery, cancelEvery: o.CancelEvery, run: "outage",
	}
	if err := l.catalogue.Prepare(ctx, s.Access); err != nil {
		return false, err
	}
	fmt.Fprintf(out, "The ERP is away for %s, which passes in %s (%.0f times as fast): %d orders, %.0f a second; it takes %d calls a second; %d of them tell it %d documents each, %d ask about terms\n",
		o.Lasts, o.In, faster, o.Orders, l.perSecond, limit, o.CallsPerSecond, o.DocumentsPerCall, termsCalls)

	watching, stopWatching := context.WithCancel(ctx)
	defer stopWatching()
	g := &gauge{}
	go g.watch(watching, s)
	l.send(ctx, warmUp, lasting(warmUpTime))
	l.send(ctx, before, lasting(o.Normal))
	begun := time.Now()
	if err := s.away(ctx, begun.Add(o.In), limit); err != nil {
		return false, err
	}
	l.send(ctx, away, func(sent int, _ time.Duration) bool { return sent == o.Orders })
	back := begun.Add(o.In)
	l.send(ctx, recovery, func(int, time.Duration) bool {
		return time.Now().After(back.Add(2*look)) && float64(g.last().waiting) <= l.perSecond
	})
	drained := time.Now()
	l.send(ctx, after, lasting(o.Normal))
	fates := l.wait()
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	o.printTimes(out, fates)
	printTerms(out, fates)
	most := g.most(begun, drained)
	fmt.Fprintf(out, "At most %d documents waited, the oldest for %s (%s in real time); drained %s after the ERP was back, while orders went on\n",
		most.waiting, most.oldest.Round(100*time.Millisecond), time.Duration(float64(most.oldest)*faster).Round(time.Minute), drained.Sub(back).Round(time.Second))
	kept, _, err = judge(ctx, out, s, fates, limit)
	return kept, err
}

// printTerms tells on which terms orders were accepted while the ERP could not be asked.
func printTerms(out io.Writer, fates []fate) {
	var confirmed, cached int
	var oldest time.Duration
	for i := range fates {
		switch one := &fates[i]; {
		case one.phase != away:
		case one.terms.GetBasis() == orderv1.TermsBasis_TERMS_BASIS_CONFIRMED:
			confirmed++
		case one.terms.GetBasis() == orderv1.TermsBasis_TERMS_BASIS_CACHED:
			cached++
			oldest = max(oldest, one.terms.GetAge().AsDuration())
		}
	}
	fmt.Fprintf(out, "While it was away %d orders were taken on terms that it had confirmed shortly before, %d on those that were known, at most %s old\n",
		confirmed, cached, oldest.Round(100*time.Millisecond))
}

func (o Outage) printTimes(out io.Writer, fates []fate) {
	rows := [][]string{{"acceptance, over REST", "orders", "p50", "p99"}}
	for _, phase := range []string{before, away, recovery, after} {
		n := 0
		for i := range fates {
			if fates[i].phase == phase {
				n++
			}
		}
		rows = append(rows, []string{
			phase, strconv.Itoa(n), quantile(fates, 0.5, phase).Round(100 * time.Microsecond).String(),
			quantile(fates, 0.99, phase).Round(100 * time.Microsecond).String(),
		})
	}
	console.Table(out, rows...)
	normal, bad := quantile(fates, 0.99, before, after), quantile(fates, 0.99, away)
	fmt.Fprintf(out, "p99 during the outage is %.2f times its normal value (p50: %.2f times)\n", bad.Seconds()/max(normal.Seconds(), 1e-9),
		quantile(fates, 0.5, away).Seconds()/max(quantile(fates, 0.5, before, after).Seconds(), 1e-9))
}

// away turns the ERP off until a moment.
func (s *system) away(ctx context.Context, until time.Time, limit int) error {
	_, err := s.Sandbox.SetDials(ctx, &sandboxv1.SetDialsRequest{System: "erp", Dials: &sandboxv1.Dials{
		OutageUntil: timestamppb.New(until), CallsPerSecond: int32(limit),
	}})
	return err
}

// connections is how many idle connections to REST are kept.
const connections = 1000

// catalogue is what orders are about.
var catalogue = bench.Catalogue{Items: 500, Accounts: 100}

// maxShown is how many orders without a good answer are shown.
const maxShown = 10

// headroom is how many calls an ERP takes that is called so often: calls that begin evenly do not arrive quite so.
func headroom(callsPerSecond int) int { return callsPerSecond + max(callsPerSecond/5, 2) }

func lasting(d time.Duration) func(int, time.Duration) bool {
	return func(_ int, since time.Duration) bool { return since >= d }
}

// judge prints what became of the orders, waits until the ERP has them, and reports whether every promise was kept, and when the ERP had
// all.
func judge(ctx context.Context, out io.Writer, s *system, fates []fate, limit int) (kept bool, drained time.Time, err error) {
	var broken, taken, later, refused, ships, amended, cancelled int
	for i := range fates {
		switch one := &fates[i]; {
		case one.err != nil:
			if broken++; broken <= maxShown {
				fmt.Fprintf(out, "BROKEN an order was neither accepted nor told when to come again: %v\n", one.err)
			}
		case one.refused != nil:
			refused++
		default:
			taken++
			later += count(!one.accepted)
			ships += count(one.ships)
			cancelled += count(one.cancelled)
			amended += count(len(one.documents) > 1 && !one.cancelled)
		}
	}
	fmt.Fprintf(out, "%s of %d orders %d were accepted (%d of them stored first and decided later), %d told when to come again, %d neither; %d amended, %d cancelled, %d shipped at once\n",
		verdict(broken == 0), len(fates), taken, later, refused, broken, amended, cancelled, ships)
	came, err := s.agree(ctx, fates)
	if err != nil {
		return false, time.Time{}, err
	}
	fmt.Fprintf(out, "%s the ERP's copy of %d documents: %s\n", verdict(came.breaks.none()), came.documents, came.breaks)
	usage := came.usage
	within := usage.GetOverLimit() == 0 && usage.GetMostInASecond() <= int64(limit)
	fmt.Fprintf(out, "%s the ERP counts at most %d calls in a second and %d over its limit of %d; %d of %d failed\n", verdict(within),
		usage.GetMostInASecond(), usage.GetOverLimit(), limit, usage.GetFailed(), usage.GetCalls())
	return broken == 0 && came.breaks.none() && within, came.drained, nil
}

func verdict(kept bool) string {
	if kept {
		return "ok    "
	}
	return "BROKEN"
}

func count(so bool) int {
	if so {
		return 1
	}
	return 0
}
