package rpc_test

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	commonv1 "github.com/waybill-dev/waybill/gen/waybill/common/v1"
	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	"github.com/waybill-dev/waybill/internal/rpc"
)

// BenchmarkUnary is a round trip over loopback of an order of five lines, validated, as the gateway makes it for a
// partner. Bare is the same over grpc-go with nothing around it: the difference is the price of this package.
func BenchmarkUnary(b *testing.B) {
	request := submitRequest()
	for i := range 4 {
		request.Lines = append(request.Lines, &orderv1.SubmitOrderLine{
			ExternalLineId: fmt.Sprint(i), Sku: fmt.Sprintf("ITEM-%d", i),
			Quantity: &commonv1.Quantity{Value: "12", Unit: "EA"}, UnitPrice: "12.50",
		})
	}
	ctx := b.Context()
	for _, variant := range []struct {
		name string
		conn func(testing.TB) grpc.ClientConnInterface
		ctx  context.Context
	}{
		{"bare", bareConnection, ctx},
		{"whole", wholeConnection, rpc.WithIdentity(ctx, rpc.Identity{Principal: "key:1", Partner: "acme", Scopes: []string{"orders.read", "orders.write"}})},
	} {
		for _, callers := range []int{1, 64} {
			b.Run(fmt.Sprintf("%s/callers=%d", variant.name, callers), func(b *testing.B) {
				client := orderv1.NewOrderServiceClient(variant.conn(b))
				call := func() {
					if _, err := client.SubmitOrder(variant.ctx, request); err != nil {
						b.Error(err)
					}
				}
				call() // connects
				b.ReportAllocs()
				b.ResetTimer()
				if callers == 1 {
					for b.Loop() {
						call()
					}
					return
				}
				b.SetParallelism(callers / 2)
				b.RunParallel(func(pb *testing.PB) {
					for pb.Next() {
						call()
					}
				})
			})
		}
	}
}

func wholeConnection(tb testing.TB) grpc.ClientConnInterface {
	tb.Helper()
	return serveLogging(tb, slog.LevelInfo, nil, withOrders).dial(tb, "gateway")
}

func bareConnection(tb testing.TB) grpc.ClientConnInterface {
	tb.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	server := grpc.NewServer()
	withOrders(server)
	stopped := make(chan error, 1)
	go func() { stopped <- server.Serve(listener) }()
	conn, err := grpc.NewClient(listener.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := conn.Close(); err != nil {
			tb.Error(err)
		}
		server.Stop()
		if err := <-stopped; err != nil {
			tb.Error(err)
		}
	})
	return conn
}
