package rpc_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/rpc"
)

// failing is a server whose GetItem ends with *err.
func failing(t *testing.T, err *error) *running {
	t.Helper()
	return serve(t, nil, withMasterdata(&masterdata{
		getItem: func(context.Context, *masterdatav1.GetItemRequest) (*masterdatav1.GetItemResponse, error) {
			return &masterdatav1.GetItemResponse{}, *err
		},
	}))
}

func getItem(ctx context.Context, conn grpc.ClientConnInterface) error {
	_, err := masterdatav1.NewMasterDataServiceClient(conn).GetItem(ctx, &masterdatav1.GetItemRequest{Sku: "A"})
	return err
}

func TestFaultsTravelWhole(t *testing.T) {
	var sent error
	conn := failing(t, &sent).dial(t, "operator")
	for kind := fault.Invalid; kind <= fault.Unauthenticated; kind++ {
		want := fault.New(kind, "SOME_REASON", "what a person reads: 100 %% ü").
			WithField("lines[2].quantity.value", "FIELD_REASON", "what is wrong with it").
			WithField("sku", "OTHER", "and with this").
			WithRetryAfter(1500*time.Millisecond).
			WithMeta("available", "7")
		for _, sent = range []error{want, fmt.Errorf("select secret_table: %w", want)} {
			err := getItem(t.Context(), conn)
			got, ok := fault.As(err)
			if !ok {
				t.Fatalf("%v: %v is no fault", kind, err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%v (-want +got):\n%s", kind, diff)
			}
			if strings.Contains(err.Error(), "secret_table") {
				t.Errorf("%v: the wrapping came out: %v", kind, err)
			}
		}
	}
	want := fault.New(fault.NotFound, "BARE", "nothing else")
	sent = want
	if got, _ := fault.As(getItem(t.Context(), conn)); !cmp.Equal(want, got) {
		t.Errorf("a bare fault: %+v", got)
	}
}

func TestManyFieldsAreCut(t *testing.T) {
	refused := fault.New(fault.Invalid, "MANY", "many")
	for i := range 250 {
		refused = refused.WithField(fmt.Sprintf("lines[%d].sku", i), "UNKNOWN_ITEM", "no such item")
	}
	var sent error = refused
	got, ok := fault.As(getItem(t.Context(), failing(t, &sent).dial(t, "operator")))
	if !ok || len(got.Fields) != 100 || got.Meta["fields_omitted"] != "150" || got.Fields[99].Path != "lines[99].sku" {
		t.Errorf("%d fields, meta %v; want 100 and how many are left out", len(got.Fields), got.Meta)
	}
}

func TestWhatIsNoFaultStaysInside(t *testing.T) {
	var sent error
	server := failing(t, &sent)
	conn := server.dial(t, "operator")
	for _, sent = range []error{
		errors.New("dial tcp 10.1.2.3: secret"),
		fault.New(fault.Internal, "BROKEN", "secret"),
		status.Error(codes.NotFound, "secret"),
		fmt.Errorf("no stub: %w", status.Error(codes.Unimplemented, "secret")),
	} {
		err := getItem(t.Context(), conn)
		got, ok := fault.As(err)
		if !ok || got.Kind != fault.Internal || got.Reason != rpc.ReasonInternal || strings.Contains(err.Error(), "secret") {
			t.Fatalf("%v came out as %v", sent, err)
		}
		id := got.Meta[rpc.MetaErrorID]
		if id == "" || !strings.Contains(got.Message, id) {
			t.Errorf("no error id in %+v", got)
		}
		if count := strings.Count(server.log.String(), id); count != 1 {
			t.Errorf("the id %q stands in %d lines of the log, want 1", id, count)
		}
	}
	if count := strings.Count(server.log.String(), "secret"); count != 4 {
		t.Errorf("%d whole errors in the log, want 4:\n%s", count, server.log)
	}
}

// An internal error of a service behind keeps its id and is not an error of this service too.
func TestAnInternalErrorBehindKeepsItsID(t *testing.T) {
	behind := errors.New("deep down")
	back := failing(t, &behind)
	backConn := back.dial(t, "operator")
	front := serve(t, nil, withMasterdata(&masterdata{
		getItem: func(ctx context.Context, _ *masterdatav1.GetItemRequest) (*masterdatav1.GetItemResponse, error) {
			return nil, getItem(ctx, backConn)
		},
	}))
	got, ok := fault.As(getItem(t.Context(), front.dial(t, "operator")))
	if !ok || got.Kind != fault.Internal || got.Meta[rpc.MetaErrorID] == "" {
		t.Fatalf("got %+v", got)
	}
	id := got.Meta[rpc.MetaErrorID]
	if !strings.Contains(back.log.String(), id) || !strings.Contains(back.log.String(), "deep down") {
		t.Errorf("the service behind does not log %s:\n%s", id, back.log)
	}
	if log := front.log.String(); !strings.Contains(log, id) || strings.Contains(log, `"level":"ERROR"`) {
		t.Errorf("the service in front logs\n%s", log)
	}
}

func TestContextErrorsOfAHandler(t *testing.T) {
	sent := fmt.Errorf("query: %w", context.DeadlineExceeded)
	conn := failing(t, &sent).dial(t, "operator")
	if err := getItem(t.Context(), conn); fault.KindOf(err) != fault.Deadline || fault.ReasonOf(err) != rpc.ReasonDeadline {
		t.Errorf("deadline: %v", err)
	}
	sent = fmt.Errorf("query: %w", context.Canceled)
	if err := getItem(t.Context(), conn); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("cancelled, but not by the caller: %v, want Unavailable", err)
	}
}

func TestACallerWhoBreaksOff(t *testing.T) {
	entered := make(chan struct{})
	server := serve(t, nil, withMasterdata(&masterdata{
		getItem: func(ctx context.Context, _ *masterdatav1.GetItemRequest) (*masterdatav1.GetItemResponse, error) {
			close(entered)
			<-ctx.Done()
			return nil, ctx.Err()
		},
	}))
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	conn := server.dial(t, "operator")
	go func() { done <- getItem(ctx, conn) }()
	<-entered
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
	if err := server.wait(); err != nil {
		t.Error(err)
	}
	if log := server.log.String(); !strings.Contains(log, `"code":"Canceled"`) || strings.Contains(log, "ERROR") {
		t.Errorf("log:\n%s", log)
	}
}

func TestAnswersThatCarryNoFault(t *testing.T) {
	tests := []struct {
		err    error
		kind   fault.Kind
		reason string
	}{
		{status.Error(codes.Unavailable, "connection error: 10.1.2.3"), fault.Unavailable, "UNAVAILABLE"},
		{status.Error(codes.DeadlineExceeded, "context deadline exceeded"), fault.Deadline, rpc.ReasonDeadline},
		{status.Error(codes.ResourceExhausted, "grpc: received message larger than max (9 vs. 4)"), fault.Invalid, rpc.ReasonTooLarge},
		{status.Error(codes.ResourceExhausted, "quota"), fault.Exhausted, "RESOURCE_EXHAUSTED"},
		{status.Error(codes.Unimplemented, "unknown method"), fault.Internal, "UNIMPLEMENTED"},
		{status.Error(codes.Canceled, "context canceled"), fault.Unavailable, "CANCELLED"},
		{status.Error(codes.Unknown, "boom"), fault.Internal, rpc.ReasonInternal},
		{status.Error(codes.DataLoss, "boom"), fault.Internal, rpc.ReasonInternal},
		{fmt.Errorf("call: %w", status.Error(codes.Aborted, "race")), fault.Conflict, "ABORTED"},
	}
	for _, test := range tests {
		got, ok := fault.As(rpc.FaultOf(test.err))
		if !ok || got.Kind != test.kind || got.Reason != test.reason {
			t.Errorf("%v: %+v, want %v %s", test.err, got, test.kind, test.reason)
			continue
		}
		if strings.Contains(got.Message, status.Convert(test.err).Message()) {
			t.Errorf("%v: its text came into the message %q", test.err, got.Message)
		}
		if !strings.Contains(rpc.FaultOf(test.err).Error(), test.err.Error()) {
			t.Errorf("%v: its text is lost for the log", test.err)
		}
	}
	foreign, err := status.New(codes.NotFound, "elsewhere").WithDetails(&errdetails.ErrorInfo{Reason: "THEIRS", Domain: "other.example"})
	if err != nil {
		t.Fatal(err)
	}
	if got, ok := fault.As(rpc.FaultOf(foreign.Err())); !ok || got.Reason != "NOT_FOUND" || got.Message == "elsewhere" {
		t.Errorf("a reason of another domain is taken for ours: %+v", got)
	}
	plain := fault.New(fault.Denied, "MINE", "mine")
	for _, same := range []error{nil, io.EOF, plain} {
		if got := rpc.FaultOf(same); got != same { //nolint:errorlint // the very same
			t.Errorf("FaultOf(%v) = %v", same, got)
		}
	}
}

func TestNobodyListens(t *testing.T) {
	server := serve(t, nil, withMasterdata(&masterdata{}))
	if err := server.wait(); err != nil {
		t.Fatal(err)
	}
	err := getItem(t.Context(), dial(t, rpc.ClientConfig{Addr: server.addr, Caller: "operator"}))
	if f, ok := fault.As(err); !ok || f.Kind != fault.Unavailable || strings.Contains(f.Message, server.addr) {
		t.Errorf("got %v", err)
	}
}

// What a client of another make sees on the wire.
func TestTheStatusOnTheWire(t *testing.T) {
	var sent error = fault.New(fault.Precondition, "FROZEN", "frozen").WithField("sku", "FROZEN", "frozen too")
	server := failing(t, &sent)
	conn, err := grpc.NewClient(server.addr, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	ctx := metadata.AppendToOutgoingContext(t.Context(), "waybill-caller", "operator")
	got := status.Convert(getItem(ctx, conn))
	text := fmt.Sprint(got.Proto())
	if got.Code() != codes.FailedPrecondition || got.Message() != "frozen" {
		t.Errorf("status %v", got)
	}
	for _, want := range []string{"google.rpc.ErrorInfo", "google.rpc.BadRequest", "waybill.dev", "FROZEN", "frozen too"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in %s", want, text)
		}
	}
}
