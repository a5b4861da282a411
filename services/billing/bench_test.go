package billing

import (
	"context"
	"fmt"
	"log/slog"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	taxv1 "github.com/waybill-dev/waybill/gen/waybill/connector/tax/v1"
	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/databasetest"
	"github.com/waybill-dev/waybill/internal/inbox"
	"github.com/waybill-dev/waybill/internal/shard"
)

// benchWorld is a world whose transactions run once, without a broker.
func benchWorld(b *testing.B, accounts int) *world {
	b.Helper()
	w := &world{t: b, engine: &fakeEngine{}}
	var err error
	if w.db, err = database.Open(b.Context(), databasetest.URL(b, Migrations)); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(w.db.Close)
	w.tax = taxv1.NewTaxServiceClient(serve(b, "billing", func(on grpc.ServiceRegistrar) { taxv1.RegisterTaxServiceServer(on, w.engine) }))
	w.service, err = New(Deps{DB: w.db, Clock: time.Now, Log: slog.New(slog.DiscardHandler), Tax: w.tax}, Config{})
	if err != nil {
		b.Fatal(err)
	}
	for i := range accounts {
		w.account(fmt.Sprintf("ACC-%d", i), func(account *masterdataAccount) { account.UnlimitedCredit = true })
	}
	return w
}

// benchOrders makes orders of some lines, spread over the accounts.
func benchOrders(n, accounts, lines int) []*orderv1.PricedOrder {
	prices := make([]string, lines)
	for i := range prices {
		prices[i] = fmt.Sprintf("%d.99", i+1)
	}
	orders := make([]*orderv1.PricedOrder, n)
	for i := range orders {
		orders[i] = priced(fmt.Sprintf("ACC-%d", (i*7919)%accounts), prices...)
	}
	return orders
}

// BenchmarkClaimCredit is one claim for an order of five lines, in sets of 64 from four callers over gRPC.
func BenchmarkClaimCredit(b *testing.B) {
	for _, accounts := range []int{1000, 1} {
		b.Run(fmt.Sprintf("accounts=%d", accounts), func(b *testing.B) {
			const set = 64
			w := benchWorld(b, accounts)
			client := billingv1.NewBillingServiceClient(serve(b, "order", w.service.Register))
			orders := benchOrders(b.N+set, accounts, 5)
			var next atomic.Int64
			b.SetParallelism(max(1, 4/runtime.GOMAXPROCS(0)))
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				for {
					req := &billingv1.ClaimCreditRequest{}
					for len(req.Claims) < set && pb.Next() {
						order := orders[next.Add(1)-1]
						req.Claims = append(req.Claims, claimOf(order.GetOrderId(), order))
					}
					if len(req.Claims) == 0 {
						return
					}
					reply, err := client.ClaimCredit(b.Context(), req)
					if err != nil {
						b.Error(err)
						return
					}
					if refusal := reply.GetOutcomes()[0].GetRefusal(); refusal != nil {
						b.Errorf("refused: %v", refusal)
						return
					}
				}
			})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "claims/s")
		})
	}
}

// BenchmarkInvoice is one shipment of ten lines to its issued invoice: drafted in batches of 256 as the consumer does it,
// then taxed over gRPC and issued in sets.
func BenchmarkInvoice(b *testing.B) {
	const accounts, lines, batch = 1000, 10, 256
	w := benchWorld(b, accounts)
	orders := benchOrders(b.N, accounts, lines)
	for at := 0; at < len(orders); at += maxSet {
		wants, err := claimsFromProto(&billingv1.ClaimCreditRequest{Claims: convertAll(
			orders[at:min(at+maxSet, len(orders))], func(order *orderv1.PricedOrder) *billingv1.CreditClaim { return claimOf(order.GetOrderId(), order) })})
		if err != nil {
			b.Fatal(err)
		}
		if results := w.service.claimSet(b.Context(), []claimCall{{wants}}); results[0].Err != nil {
			b.Fatal(results[0].Err)
		}
	}
	var pairs []int64
	for line := range lines {
		pairs = append(pairs, int64(line+1), 10)
	}
	shipments := convertAll(orders, func(order *orderv1.PricedOrder) *fulfillmentv1.ShipmentShipped { return shipped(order, pairs...) })
	owning, stop := context.WithCancel(b.Context())
	defer stop()
	go func() { _ = w.service.owner.Run(owning) }()
	w.eventually("it owns all", func() bool { return len(w.service.owner.Leases().Shards()) == shard.Count })
	leases := w.service.owner.Leases()

	b.ResetTimer()
	var drafting, issuing time.Duration
	for at := 0; at < len(shipments); at += batch {
		start := time.Now()
		messages := convertAll(shipments[at:min(at+batch, len(shipments))], func(one *fulfillmentv1.ShipmentShipped) inbox.Message {
			return inbox.Message{ID: one.GetShipmentId(), Payload: proto.Message(one)}
		})
		_, err := database.Tx(b.Context(), w.db, "draft", func(tx database.Transaction) (struct{}, error) {
			return struct{}{}, w.service.onShipmentShipped(b.Context(), tx, messages)
		})
		if err != nil {
			b.Fatal(err)
		}
		drafting += time.Since(start)
		start = time.Now()
		for more := true; more; {
			if more, err = w.service.issueDue(b.Context(), leases, time.Second); err != nil {
				b.Fatal(err)
			}
		}
		issuing += time.Since(start)
	}
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "invoices/s")
	b.ReportMetric(float64(drafting.Microseconds())/float64(b.N), "draft-µs")
	b.ReportMetric(float64(issuing.Microseconds())/float64(b.N), "issue-µs")
	if issued := w.count("invoice WHERE state = 'ISSUED'"); issued != b.N {
		b.Errorf("%d of %d are issued", issued, b.N)
	}
}
