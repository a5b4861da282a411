package rpc_test

import (
	"context"
	"net"
	"sync"
	"testing"
	"time"

	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/rpc"
)

// Of each method so many calls may be under way; what is more is told how long to wait, and other methods have their own room.
func TestCallsUnderWayAreBounded(t *testing.T) {
	entered, gate := make(chan struct{}, 10), make(chan struct{})
	service := &masterdata{getItem: func(ctx context.Context, _ *masterdatav1.GetItemRequest) (*masterdatav1.GetItemResponse, error) {
		entered <- struct{}{}
		select {
		case <-gate:
		case <-ctx.Done():
		}
		return &masterdatav1.GetItemResponse{}, nil
	}}
	server, err := rpc.NewServer(rpc.ServerConfig{MaxCalls: 2, StopTimeout: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	masterdatav1.RegisterMasterDataServiceServer(server, service)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- server.Serve(ctx, listener) }()
	t.Cleanup(func() {
		cancel()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	client := masterdatav1.NewMasterDataServiceClient(dial(t, rpc.ClientConfig{Addr: listener.Addr().String(), Caller: "operator"}))
	get := func() error {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		_, err := client.GetItem(ctx, &masterdatav1.GetItemRequest{Sku: "A"})
		return err
	}
	var group sync.WaitGroup
	for range 2 {
		group.Go(func() {
			if err := get(); err != nil {
				t.Error(err)
			}
		})
		<-entered
	}
	for range 3 { // a refused call gives its place back
		told, ok := fault.As(get())
		if !ok || told.Kind != fault.Exhausted || told.Reason != rpc.ReasonBusy || told.RetryAfter <= 0 {
			t.Errorf("the third call: %v", told)
		}
	}
	if _, err := client.UpsertItems(t.Context(), &masterdatav1.UpsertItemsRequest{Items: []*masterdatav1.Item{{
		Sku: "A", Kind: masterdatav1.ItemKind_ITEM_KIND_GOODS, BaseUnit: "EA",
	}}}); err != nil {
		t.Errorf("another method: %v", err)
	}
	close(gate)
	group.Wait()
	if err := get(); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}
