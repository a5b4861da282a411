// Package bench measures Waybill side by side with something known, in turns on the same machine and the same database
// server, and reports ratios: absolute figures of a shared machine mean little.
package bench

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/waybill-dev/waybill/cmd/waybill/internal/access"
	commonv1 "github.com/waybill-dev/waybill/gen/waybill/common/v1"
	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
)

const (
	items    = 10_000
	accounts = 1_000
	lines    = 5
)

// Options say how long and how hard is measured.
type Options struct {
	Callers  int
	Duration time.Duration
	Rounds   int
	// Skewed prefers few items: half of the lines want one of a hundred.
	Skewed bool
	// DatabaseURL and PostgresBin are the server that both sides use, and its programs.
	DatabaseURL, PostgresBin string
	// Folder is for scratch files.
	Folder string
	// Costs has each round tell what an order took: of a server that was started with CostSettings in the folder.
	Costs bool
	// Say hears what is going on.
	Say func(format string, args ...any)
}

// Result holds one figure per round.
type Result struct {
	Waybill, Pgbench []float64 // orders a second
	Clients          int       // of pgbench, where it was fastest
	Latency          []time.Duration
}

// Ratio is the median over the rounds of Waybill's rate by pgbench's.
func (r Result) Ratio() float64 {
	var ratios []float64
	for i := range r.Waybill {
		ratios = append(ratios, r.Waybill[i]/r.Pgbench[i])
	}
	slices.Sort(ratios)
	return ratios[len(ratios)/2]
}

// Accept measures how many orders a second Waybill accepts over gRPC, with ACCEPTED in the reply, and how many times
// pgbench does the same writes, one order per transaction, statement by statement. Waybill's orders may not ship before
// next week, so that what is measured is acceptance: all of its events are published and consumed meanwhile, but no
// warehouse works.
func Accept(ctx context.Context, waybill *access.Access, options Options) (Result, error) {
	if err := (Catalogue{Items: items, Accounts: accounts}).Prepare(ctx, waybill); err != nil {
		return Result{}, err
	}
	other, err := newPgbench(ctx, options.DatabaseURL, options.PostgresBin, options.Folder)
	if err != nil {
		return Result{}, err
	}
	result := Result{}
	if result.Clients, err = bestClients(ctx, other, options); err != nil {
		return Result{}, err
	}
	if _, err := accept(ctx, waybill, options, "warm-up", nil); err != nil {
		return Result{}, err
	}
	for round := range options.Rounds {
		theirs, err := other.rate(ctx, result.Clients, options.Duration)
		if err != nil {
			return Result{}, err
		}
		ours, err := measured(ctx, waybill, options, strconv.Itoa(round), &result.Latency)
		if err != nil {
			return Result{}, err
		}
		result.Pgbench, result.Waybill = append(result.Pgbench, theirs), append(result.Waybill, ours)
		options.Say("round %d: pgbench %.0f orders/s, Waybill %.0f orders/s, ratio %.2f", round+1, theirs, ours, ours/theirs)
	}
	return result, nil
}

// bestClients finds with how many clients pgbench is fastest.
func bestClients(ctx context.Context, other *pgbench, options Options) (int, error) {
	best, bestRate := 0, 0.0
	for _, clients := range []int{8, 16, 32} {
		rate, err := other.rate(ctx, clients, max(2*time.Second, options.Duration/4))
		if err != nil {
			return 0, err
		}
		options.Say("pgbench with %d clients: %.0f orders/s", clients, rate)
		if rate > bestRate {
			best, bestRate = clients, rate
		}
	}
	return best, nil
}

// measured is accept, and tells what the orders took if that is asked for.
func measured(ctx context.Context, waybill *access.Access, options Options, round string, latency *[]time.Duration) (float64, error) {
	if !options.Costs {
		return accept(ctx, waybill, options, round, latency)
	}
	meter, err := newMeter(ctx, options.DatabaseURL, options.Folder)
	if err != nil {
		return 0, fmt.Errorf("costs: %w", err)
	}
	defer func() { _ = meter.conn.Close(ctx) }()
	before, err := meter.read(ctx)
	if err != nil {
		return 0, err
	}
	began := len(*latency)
	rate, err := accept(ctx, waybill, options, round, latency)
	if err != nil {
		return 0, err
	}
	after, err := meter.read(ctx)
	if err != nil {
		return 0, err
	}
	tell(options.Say, before, after, float64(len(*latency)-began))
	return rate, nil
}

// accept submits for the duration and returns accepted orders a second.
func accept(ctx context.Context, waybill *access.Access, options Options, round string, latency *[]time.Duration) (float64, error) {
	notBefore := time.Now().AddDate(0, 0, 7).UTC().Format(time.DateOnly)
	run := strconv.FormatInt(time.Now().UnixNano(), 36) + "-" + round
	end := time.Now().Add(options.Duration)
	start := time.Now()
	var accepted atomic.Int64
	var mu sync.Mutex
	var firstErr error
	var callers sync.WaitGroup
	for caller := range options.Callers {
		callers.Go(func() {
			var took []time.Duration
			for i := 0; time.Now().Before(end) && ctx.Err() == nil; i++ {
				began := time.Now()
				reply, err := waybill.Order.SubmitOrder(ctx, request(fmt.Sprintf("%s-%d-%d", run, caller, i), notBefore, options.Skewed))
				if err == nil && reply.GetOrder().GetState() != orderv1.OrderState_ORDER_STATE_ACCEPTED {
					err = fmt.Errorf("order %s is %s", reply.GetOrder().GetOrderId(), reply.GetOrder().GetState())
				}
				if err != nil {
					mu.Lock()
					firstErr = err
					mu.Unlock()
					return
				}
				took = append(took, time.Since(began))
				accepted.Add(1)
			}
			mu.Lock()
			defer mu.Unlock()
			if latency != nil {
				*latency = append(*latency, took...)
			}
		})
	}
	callers.Wait()
	return float64(accepted.Load()) / time.Since(start).Seconds(), firstErr
}

func request(number, notBefore string, skewed bool) *orderv1.SubmitOrderRequest {
	req := &orderv1.SubmitOrderRequest{
		RequestId: number, PartnerId: "BENCH", Channel: "api", ExternalOrderId: number,
		AccountId: AccountID(1 + rand.IntN(accounts)), CurrencyCode: "GBP", NotBefore: notBefore,
		Wait: durationpb.New(30 * time.Second), Lines: make([]*orderv1.SubmitOrderLine, lines),
	}
	for i := range req.Lines {
		item := 1 + rand.IntN(items)
		if skewed && rand.IntN(2) == 0 {
			item = 1 + rand.IntN(100)
		}
		req.Lines[i] = &orderv1.SubmitOrderLine{Sku: SKU(item), Quantity: &commonv1.Quantity{Value: "1"}}
	}
	return req
}
