package batch_test

import (
	"context"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/waybill-dev/waybill/internal/batch"
)

// BenchmarkDo is the price of the coalescer itself: run does nothing.
func BenchmarkDo(b *testing.B) {
	for _, callers := range []struct {
		name        string
		parallelism int
	}{{"1", 0}, {"64", 32}, {"512", 256}} {
		b.Run("callers="+callers.name, func(b *testing.B) {
			results := make([]result, 256)
			c := batch.New(batch.Config{Name: "bench", Registerer: prometheus.NewRegistry()},
				func(_ context.Context, reqs []int) []result { return results[:len(reqs):len(reqs)] })
			ctx, cancel := context.WithTimeout(b.Context(), time.Hour)
			defer cancel()
			b.ReportAllocs()
			if callers.parallelism == 0 {
				for b.Loop() {
					if _, err := c.Do(ctx, 1); err != nil {
						b.Fatal(err)
					}
				}
			} else {
				b.SetParallelism(callers.parallelism)
				b.RunParallel(func(pb *testing.PB) {
					for pb.Next() {
						if _, err := c.Do(ctx, 1); err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			if err := c.Close(ctx); err != nil {
				b.Fatal(err)
			}
		})
	}
}
