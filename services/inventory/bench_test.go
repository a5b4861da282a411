package inventory

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/internal/bus/bustest"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/internal/postgres"
	"github.com/waybill-dev/waybill/services/inventory/internal/domain"
	"github.com/waybill-dev/waybill/services/inventory/internal/store"
)

const (
	benchItems   = 10_000
	benchNodes   = 3
	benchLines   = 5
	benchSet     = 64
	benchWriters = 2
)

// BenchmarkReserve measures reservations of five lines in sets of 64 by two writers, on a server that waits for the disk
// as it does in earnest. The items are drawn uniformly, or so that a few of them are in most orders.
func BenchmarkReserve(b *testing.B) {
	s := benchService(b)
	zipf := func(r *rand.Rand) func() int {
		skewed := rand.NewZipf(r, 1.1, 10, benchItems-1)
		return func() int { return int(skewed.Uint64()) }
	}
	uniform := func(r *rand.Rand) func() int { return func() int { return r.IntN(benchItems) } }
	for name, draw := range map[string]func(*rand.Rand) func() int{"uniform": uniform, "skewed": zipf} {
		b.Run(name, func(b *testing.B) { benchReserve(b, s, draw) })
	}
}

func benchReserve(b *testing.B, s *Service, draw func(*rand.Rand) func() int) {
	b.Helper()
	b.ReportAllocs()
	var left atomic.Int64
	left.Store(int64(b.N))
	var group sync.WaitGroup
	start := time.Now()
	for writer := range benchWriters {
		group.Go(func() {
			item := draw(rand.New(rand.NewPCG(1, uint64(writer))))
			for n := left.Add(-benchSet) + benchSet; n > 0; n = left.Add(-benchSet) + benchSet {
				if _, err := s.reserve(b.Context(), benchWants(int(min(n, benchSet)), item)); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	group.Wait()
	b.ReportMetric(float64(b.N)/time.Since(start).Seconds(), "reservations/s")
}

func benchWants(n int, item func() int) []domain.Want {
	wants := make([]domain.Want, n)
	for i := range wants {
		order := id.Format(id.Order, id.New())
		wants[i] = domain.Want{
			ID: id.New(), Key: "prc_" + order + "/reserve/1", Order: domain.OrderID(order), Shortage: domain.Backorder,
			Lines: make([]domain.WantLine, benchLines),
		}
		for j := range wants[i].Lines {
			wants[i].Lines[j] = domain.WantLine{Line: int32(j + 1), SKU: benchSKU(item()), Quantity: 1}
		}
	}
	return wants
}

func benchSKU(n int) domain.SKU { return domain.SKU(fmt.Sprintf("SKU-%05d", n)) }

// benchService is the service on a fresh server with its usual settings, with ample stock in all places.
func benchService(b *testing.B) *Service {
	b.Helper()
	ctx := b.Context()
	server, err := postgres.Start(ctx, postgres.Config{DataDir: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := server.Stop(context.WithoutCancel(ctx)); err != nil {
			b.Error(err)
		}
	})
	url, err := database.ServiceURL(server.URL(), "inventory")
	if err != nil {
		b.Fatal(err)
	}
	if err := database.Migrate(ctx, url, Migrations); err != nil {
		b.Fatal(err)
	}
	db, err := database.Open(ctx, url)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(db.Close)
	s, err := New(Deps{DB: db, Bus: bustest.New(b), Clock: time.Now, Log: slog.New(slog.DiscardHandler)}, Config{})
	if err != nil {
		b.Fatal(err)
	}
	benchStock(b, s)
	return s
}

func benchStock(b *testing.B, s *Service) {
	b.Helper()
	ctx := b.Context()
	_, err := database.Tx(ctx, s.db, "seed", func(tx database.Transaction) (struct{}, error) {
		var nodes []store.NodeVersion
		for n := range benchNodes {
			nodes = append(nodes, store.NodeVersion{Node: domain.Node{ID: domain.NodeID(fmt.Sprintf("N%d", n))}, Version: 1})
		}
		_, err := store.SaveNodes(ctx, tx, nodes, s.now())
		return struct{}{}, err
	})
	if err != nil {
		b.Fatal(err)
	}
	for first := 0; first < benchItems; first += 1000 {
		var flows []domain.Flow
		for n := first; n < first+1000; n++ {
			for node := range benchNodes {
				flows = append(flows, domain.Adjustment{
					StockKey: domain.StockKey{SKU: benchSKU(n), Node: domain.NodeID(fmt.Sprintf("N%d", node))},
					Quantity: 1_000_000, Reason: "OPENING_STOCK", OccurredAt: s.now(),
				}.Flow())
			}
		}
		_, err := database.Tx(ctx, s.db, "seed", func(tx database.Transaction) (struct{}, error) {
			shelf, err := s.flow(ctx, tx, flows, s.now(), "flows[%d]")
			if err != nil {
				return struct{}{}, err
			}
			return struct{}{}, s.settle(ctx, tx, shelf, s.now())
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	if _, err := s.db.Pool().Exec(ctx, "ANALYZE"); err != nil {
		b.Fatal(err)
	}
}
