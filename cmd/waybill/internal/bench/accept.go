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
	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
)

const (
	items    = 10_000
	accounts = 1_000
	lines    = 5
	place    = "MAIN"
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
	if err := prepare(ctx, waybill); err != nil {
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
		ours, err := accept(ctx, waybill, options, strconv.Itoa(round), &result.Latency)
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
		AccountId: fmt.Sprintf("ACC-%04d", 1+rand.IntN(accounts)), CurrencyCode: "GBP", NotBefore: notBefore,
		Wait: durationpb.New(30 * time.Second), Lines: make([]*orderv1.SubmitOrderLine, lines),
	}
	for i := range req.Lines {
		item := 1 + rand.IntN(items)
		if skewed && rand.IntN(2) == 0 {
			item = 1 + rand.IntN(100)
		}
		req.Lines[i] = &orderv1.SubmitOrderLine{Sku: fmt.Sprintf("ITM-%06d", item), Quantity: &commonv1.Quantity{Value: "1"}}
	}
	return req
}

// prepare makes as many items and customers as pgbench's database has, with stock for everybody.
func prepare(ctx context.Context, waybill *access.Access) error {
	if _, err := waybill.MasterData.UpsertNodes(ctx, &masterdatav1.UpsertNodesRequest{Nodes: []*masterdatav1.Node{{NodeId: place}}}); err != nil {
		return err
	}
	var wanted []*masterdatav1.Item
	var prices []*masterdatav1.Price
	var customers []*masterdatav1.Account
	var stock []*inventoryv1.StockAdjustment
	for i := 1; i <= items; i++ {
		sku := fmt.Sprintf("ITM-%06d", i)
		wanted = append(wanted, &masterdatav1.Item{Sku: sku, Kind: masterdatav1.ItemKind_ITEM_KIND_GOODS, BaseUnit: "EA"})
		prices = append(prices, &masterdatav1.Price{PriceList: "BASE", Sku: sku, CurrencyCode: "GBP", UnitPrice: "10"})
		stock = append(stock, &inventoryv1.StockAdjustment{Sku: sku, NodeId: place, Quantity: "1000000000", Reason: "OPENING_STOCK"})
	}
	for i := 1; i <= accounts; i++ {
		customers = append(customers, &masterdatav1.Account{AccountId: fmt.Sprintf("ACC-%04d", i), CurrencyCode: "GBP", CreditLimitMinor: 1_000_000_000_000})
	}
	for set := range slices.Chunk(wanted, 1000) {
		if _, err := waybill.MasterData.UpsertItems(ctx, &masterdatav1.UpsertItemsRequest{Items: set}); err != nil {
			return err
		}
	}
	for set := range slices.Chunk(prices, 1000) {
		if _, err := waybill.MasterData.UpsertPrices(ctx, &masterdatav1.UpsertPricesRequest{Prices: set}); err != nil {
			return err
		}
	}
	if _, err := waybill.MasterData.UpsertAccounts(ctx, &masterdatav1.UpsertAccountsRequest{Accounts: customers}); err != nil {
		return err
	}
	if err := awaitCopies(ctx, waybill, wanted, customers); err != nil {
		return err
	}
	for i, set := range slices.Collect(slices.Chunk(stock, 1000)) {
		request := &inventoryv1.AdjustStockRequest{RequestId: fmt.Sprintf("bench-stock-%d", i), Adjustments: set}
		if _, err := waybill.Inventory.AdjustStock(ctx, request); err != nil {
			return err
		}
	}
	return nil
}

// awaitCopies returns when the services that answer from copies know everything, prices too.
func awaitCopies(ctx context.Context, waybill *access.Access, wanted []*masterdatav1.Item, customers []*masterdatav1.Account) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	quote := &orderv1.QuoteOrderRequest{AccountId: customers[0].GetAccountId(), CurrencyCode: "GBP"}
	check := &orderv1.CheckMasterDataRequest{}
	stock := &inventoryv1.CheckMasterDataRequest{NodeIds: []string{place}}
	for _, item := range wanted {
		check.Skus, stock.Skus = append(check.Skus, item.GetSku()), append(stock.Skus, item.GetSku())
		quote.Lines = append(quote.Lines, &orderv1.SubmitOrderLine{Sku: item.GetSku(), Quantity: &commonv1.Quantity{Value: "1"}})
	}
	for _, customer := range customers {
		check.AccountIds = append(check.AccountIds, customer.GetAccountId())
	}
	for {
		orders, err := waybill.Order.CheckMasterData(ctx, check)
		if err != nil {
			return err
		}
		known, err := waybill.Inventory.CheckMasterData(ctx, stock)
		if err != nil {
			return err
		}
		if len(orders.GetUnknownSkus())+len(orders.GetUnknownAccountIds())+len(known.GetUnknownSkus())+len(known.GetUnknownNodeIds()) == 0 {
			if _, err := waybill.Order.QuoteOrder(ctx, quote); err == nil {
				return nil // every item has its price
			}
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("master data has not reached the services: %w", ctx.Err())
		case <-time.After(50 * time.Millisecond):
		}
	}
}
