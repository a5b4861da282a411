package rpc_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"google.golang.org/grpc"

	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/rpc"
)

type availability = grpc.ServerStreamingServer[inventoryv1.WatchAvailabilityResponse]

// watch opens a stream and reads to its end.
func watch(ctx context.Context, conn grpc.ClientConnInterface, req *inventoryv1.WatchAvailabilityRequest) (int, error) {
	stream, err := inventoryv1.NewInventoryServiceClient(conn).WatchAvailability(ctx, req)
	if err != nil {
		return 0, err
	}
	for count := 0; ; count++ {
		if _, err := stream.Recv(); err != nil {
			if errors.Is(err, io.EOF) {
				err = nil
			}
			return count, err
		}
	}
}

func watchRequest() *inventoryv1.WatchAvailabilityRequest {
	return &inventoryv1.WatchAvailabilityRequest{}
}

func TestAStream(t *testing.T) {
	var got rpc.Identity
	var limited bool
	server := serve(t, nil, withInventory(&inventory{
		watch: func(_ *inventoryv1.WatchAvailabilityRequest, stream availability) error {
			got = rpc.IdentityFrom(stream.Context())
			_, limited = stream.Context().Deadline()
			for range 3 {
				if err := stream.Send(&inventoryv1.WatchAvailabilityResponse{}); err != nil {
					return err
				}
			}
			return nil
		},
	}))
	count, err := watch(asPartner(t, "availability.read"), server.dial(t, "gateway"), watchRequest())
	if err != nil || count != 3 {
		t.Errorf("%d messages, %v", count, err)
	}
	if got.Partner != "acme" || !limited {
		t.Errorf("the handler saw %+v, a deadline: %t", got, limited)
	}
	if got := calls(t, server, "watch_availability", "OK"); got != 1 {
		t.Errorf("%d good calls counted", got)
	}
}

func TestAStreamThatIsRefused(t *testing.T) {
	server := serve(t, nil, withInventory(&inventory{
		watch: func(*inventoryv1.WatchAvailabilityRequest, availability) error {
			t.Error("the handler runs")
			return nil
		},
	}))
	_, err := watch(t.Context(), server.dial(t, "billing"), watchRequest())
	wantDenied(t, "another service", err, "CALLER_NOT_ALLOWED")
	_, err = watch(asPartner(t, "orders.read"), server.dial(t, "gateway"), watchRequest())
	wantDenied(t, "another scope", err, "SCOPE_MISSING")

	bad := watchRequest()
	bad.NodeIds = make([]string, 101)
	_, err = watch(t.Context(), server.dial(t, "operator"), bad)
	if f, ok := fault.As(err); !ok || f.Reason != rpc.ReasonInvalid || f.Fields[0].Path != "node_ids" {
		t.Errorf("a request that breaks a rule: %v", err)
	}
}

func TestHowAStreamFails(t *testing.T) {
	refused := fault.New(fault.Exhausted, "TOO_MANY_WATCHERS", "too many").WithMeta("limit", "3")
	var end func() error
	server := serve(t, nil, withInventory(&inventory{
		watch: func(_ *inventoryv1.WatchAvailabilityRequest, stream availability) error {
			if err := stream.Send(&inventoryv1.WatchAvailabilityResponse{}); err != nil {
				return err
			}
			return end()
		},
	}))
	conn := server.dial(t, "operator")
	end = func() error { return fmt.Errorf("secret: %w", refused) }
	count, err := watch(t.Context(), conn, watchRequest())
	if got, ok := fault.As(err); count != 1 || !ok || !errors.Is(got, refused) || got.Meta["limit"] != "3" ||
		strings.Contains(err.Error(), "secret") {
		t.Errorf("a fault: %d messages, %v", count, err)
	}
	end = func() error { panic("secret") }
	if _, err = watch(t.Context(), conn, watchRequest()); fault.KindOf(err) != fault.Internal || strings.Contains(err.Error(), "secret") {
		t.Errorf("a panic: %v", err)
	}
	if !strings.Contains(server.log.String(), "stream_test.go") {
		t.Errorf("no stack in the log:\n%s", server.log)
	}
}

func TestTheServersStopEndsStreams(t *testing.T) {
	entered := make(chan struct{})
	server := serve(t, nil, withInventory(&inventory{
		watch: func(_ *inventoryv1.WatchAvailabilityRequest, stream availability) error {
			close(entered)
			<-stream.Context().Done()
			return stream.Context().Err()
		},
	}))
	done := make(chan error, 1)
	conn := server.dial(t, "operator")
	go func() {
		_, err := watch(t.Context(), conn, watchRequest())
		done <- err
	}()
	<-entered
	if err := server.wait(); err != nil {
		t.Errorf("Serve: %v", err)
	}
	if err := <-done; fault.KindOf(err) != fault.Unavailable || fault.ReasonOf(err) != rpc.ReasonClosing {
		t.Errorf("the watcher got %v, want SHUTTING_DOWN", err)
	}
}

// A caller who goes away is nobody's failure: the handler's next Send says that its context is over.
func TestAWatcherWhoGoesAway(t *testing.T) {
	sending := make(chan error, 1)
	server := serve(t, nil, withInventory(&inventory{
		watch: func(_ *inventoryv1.WatchAvailabilityRequest, stream availability) error {
			for {
				if err := stream.Send(&inventoryv1.WatchAvailabilityResponse{}); err != nil {
					sending <- err
					return err
				}
			}
		},
	}))
	ctx, cancel := context.WithCancel(t.Context())
	stream, err := inventoryv1.NewInventoryServiceClient(server.dial(t, "operator")).WatchAvailability(ctx, watchRequest())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := stream.Recv(); err != nil {
		t.Fatal(err)
	}
	cancel()
	for err == nil {
		_, err = stream.Recv()
	}
	if !errors.Is(err, context.Canceled) {
		t.Errorf("the watcher got %v", err)
	}
	if err := <-sending; !errors.Is(err, context.Canceled) {
		t.Errorf("the handler got %v", err)
	}
	if err := server.wait(); err != nil {
		t.Error(err)
	}
	if log := server.log.String(); strings.Contains(log, "ERROR") || !strings.Contains(log, `"code":"Canceled"`) {
		t.Errorf("log:\n%s", log)
	}
}
