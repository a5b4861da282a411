package sandbox_test

import (
	"context"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	taxv1 "github.com/waybill-dev/waybill/gen/waybill/connector/tax/v1"
	sandboxv1 "github.com/waybill-dev/waybill/gen/waybill/sandbox/v1"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/rpc"
	"github.com/waybill-dev/waybill/internal/sandbox"
)

// engine is a tax engine that takes down which documents reached it.
type engine struct {
	taxv1.UnimplementedTaxServiceServer
	mu   sync.Mutex
	seen []string
}

func (e *engine) CalculateTax(_ context.Context, req *taxv1.CalculateTaxRequest) (*taxv1.CalculateTaxResponse, error) {
	reply := &taxv1.CalculateTaxResponse{}
	e.mu.Lock()
	for _, document := range req.GetDocuments() {
		e.seen = append(e.seen, document.GetDocumentId())
		// The position tells which document an outcome belongs to.
		reply.Outcomes = append(reply.Outcomes, &taxv1.TaxOutcome{
			Lines: []*taxv1.TaxedLine{{Position: document.GetLines()[0].GetPosition()}},
		})
	}
	e.mu.Unlock()
	return reply, nil
}

func (e *engine) documents() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.seen)
}

// world is a boxed engine behind a real server, called as billing and turned as the operator.
type world struct {
	engine   *engine
	box      *sandbox.Box
	tax      taxv1.TaxServiceClient
	operator sandboxv1.SandboxServiceClient
}

func newWorld(t *testing.T, start sandbox.Dials) *world {
	t.Helper()
	server, err := rpc.NewServer(rpc.ServerConfig{StopTimeout: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{engine: &engine{}, box: sandbox.New("tax", start, time.Now)}
	taxv1.RegisterTaxServiceServer(w.box.Wrap(server), w.engine)
	sandbox.NewService(w.box).Register(server)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- server.Serve(ctx, listener) }()
	dial := func(caller string) *grpc.ClientConn {
		conn, err := rpc.Dial(rpc.ClientConfig{Addr: listener.Addr().String(), Caller: caller})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		return conn
	}
	w.tax, w.operator = taxv1.NewTaxServiceClient(dial("billing")), sandboxv1.NewSandboxServiceClient(dial("operator"))
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return w
}

func (w *world) turn(t *testing.T, dials *sandboxv1.Dials) {
	t.Helper()
	if _, err := w.operator.SetDials(t.Context(), &sandboxv1.SetDialsRequest{System: "tax", Dials: dials}); err != nil {
		t.Fatal(err)
	}
}

func (w *world) usage(t *testing.T) *sandboxv1.Usage {
	t.Helper()
	reply, err := w.operator.GetDials(t.Context(), &sandboxv1.GetDialsRequest{System: "tax"})
	if err != nil {
		t.Fatal(err)
	}
	return reply.GetUsage()
}

// ask taxes documents, each of which says its place in its line's position.
func (w *world) ask(t *testing.T, ids ...string) (*taxv1.CalculateTaxResponse, error) {
	t.Helper()
	req := &taxv1.CalculateTaxRequest{}
	for i, id := range ids {
		req.Documents = append(req.Documents, &taxv1.TaxDocument{
			DocumentId: id, Lines: []*taxv1.TaxLine{{Position: int32(i + 1), NetAmountMinor: 100}},
		})
	}
	return w.tax.CalculateTax(t.Context(), req)
}

func reason(err error) string { return fault.ReasonOf(err) }

func TestDialsOfWholeCalls(t *testing.T) {
	for name, test := range map[string]struct {
		dials  *sandboxv1.Dials
		reason string
		seen   int
	}{
		"none":       {&sandboxv1.Dials{}, "", 1},
		"error":      {&sandboxv1.Dials{ErrorBp: 10_000}, sandbox.ReasonError, 0},
		"lost reply": {&sandboxv1.Dials{LostReplyBp: 10_000}, sandbox.ReasonReplyLost, 1},
		"duplicate":  {&sandboxv1.Dials{DuplicateBp: 10_000}, "", 2},
		"outage": {
			&sandboxv1.Dials{OutageUntil: timestamppb.New(time.Now().Add(time.Hour))}, sandbox.ReasonOutage, 0,
		},
		"outage that is over": {&sandboxv1.Dials{OutageUntil: timestamppb.New(time.Now().Add(-time.Second))}, "", 1},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, sandbox.Dials{})
			w.turn(t, test.dials)
			_, err := w.ask(t, "a")
			if reason(err) != test.reason || len(w.engine.documents()) != test.seen {
				t.Errorf("got %v and %d arrivals, want reason %q and %d", err, len(w.engine.documents()), test.reason, test.seen)
			}
			w.turn(t, nil)
			if _, err := w.ask(t, "b"); err != nil {
				t.Errorf("after the reset: %v", err)
			}
		})
	}
}

func TestDelayTakesTime(t *testing.T) {
	w := newWorld(t, sandbox.Dials{})
	w.turn(t, &sandboxv1.Dials{Delay: durationpb.New(30 * time.Millisecond)})
	start := time.Now()
	if _, err := w.ask(t, "a"); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(start); took < 30*time.Millisecond {
		t.Errorf("it took %s", took)
	}
}

// What is refused never reaches the system, keeps its place in the answer, and is refused again.
func TestRefusalsArePerElementAndFinal(t *testing.T) {
	w := newWorld(t, sandbox.Dials{})
	w.turn(t, &sandboxv1.Dials{RefusalBp: 5000, Seed: 7})
	ids := make([]string, 40)
	for i := range ids {
		ids[i] = string(rune('A' + i))
	}
	refusals := func() []bool {
		reply, err := w.ask(t, ids...)
		if err != nil {
			t.Fatal(err)
		}
		var no []bool
		for i, outcome := range reply.GetOutcomes() {
			no = append(no, outcome.GetRefusal() != nil)
			if outcome.GetRefusal() == nil && outcome.GetLines()[0].GetPosition() != int32(i+1) {
				t.Fatalf("outcome %d is that of document %d", i+1, outcome.GetLines()[0].GetPosition())
			}
		}
		return no
	}
	first := refusals()
	asked := len(w.engine.documents())
	if len(first) != len(ids) || asked == 0 || asked == len(ids) {
		t.Fatalf("%d outcomes to %d documents, %d reached the system", len(first), len(ids), asked)
	}
	if again := refusals(); !slices.Equal(first, again) {
		t.Error("the same documents were answered differently")
	}
	w.turn(t, &sandboxv1.Dials{RefusalBp: 10_000})
	before := len(w.engine.documents())
	if reply, err := w.ask(t, ids...); err != nil || len(reply.GetOutcomes()) != len(ids) || len(w.engine.documents()) != before {
		t.Errorf("all refused: %v, %d outcomes, %d reached the system", err, len(reply.GetOutcomes()), len(w.engine.documents())-before)
	}
}

// A held-back call goes on when a later one has passed.
func TestReorderLetsALaterCallPass(t *testing.T) {
	w := newWorld(t, sandbox.Dials{})
	w.turn(t, &sandboxv1.Dials{ReorderBp: 10_000})
	first := make(chan error, 1)
	go func() {
		_, err := w.ask(t, "first")
		first <- err
	}()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for w.usage(t).GetReordered() == 0 { // until it is held back
		<-tick.C
	}
	w.turn(t, &sandboxv1.Dials{})
	if _, err := w.ask(t, "second"); err != nil {
		t.Fatal(err)
	}
	if err := <-first; err != nil {
		t.Fatal(err)
	}
	if seen := w.engine.documents(); !slices.Equal(seen, []string{"second", "first"}) {
		t.Errorf("they arrived as %v", seen)
	}
}

// The system counts the calls of a second and takes no more than its limit, which says how long to wait.
func TestRateLimit(t *testing.T) {
	clock := time.Now()
	box := sandbox.New("x", sandbox.Dials{CallsPerSecond: 3}, func() time.Time { return clock })
	call := func() error {
		return sandbox.CallForTest(t.Context(), box)
	}
	for range 3 {
		if err := call(); err != nil {
			t.Fatal(err)
		}
		clock = clock.Add(100 * time.Millisecond)
	}
	told, _ := fault.As(call())
	if told == nil || told.Reason != sandbox.ReasonRateLimit || told.RetryAfter != 700*time.Millisecond {
		t.Fatalf("the fourth: %+v", told)
	}
	clock = clock.Add(700 * time.Millisecond)
	if err := call(); err != nil {
		t.Errorf("a second after the first: %v", err)
	}
	if usage := box.Usage(); usage.MostInASecond != 3 || usage.OverLimit != 1 || usage.Calls != 5 {
		t.Errorf("counted %+v", usage)
	}
}

// The same seed gives the same luck, whatever the dials let through.
func TestSeedDecides(t *testing.T) {
	fates := func() (all []string) {
		box := sandbox.New("x", sandbox.Dials{ErrorBP: 3000, LostReplyBP: 3000, Seed: 42}, time.Now)
		for range 50 {
			all = append(all, reason(sandbox.CallForTest(t.Context(), box)))
		}
		return all
	}
	first := fates()
	if !slices.Equal(first, fates()) {
		t.Error("two runs differ")
	}
	for _, want := range []string{"", sandbox.ReasonError, sandbox.ReasonReplyLost} {
		if !slices.Contains(first, want) {
			t.Errorf("none of 50 calls ended with %q", want)
		}
	}
}

// What a sandbox reports passes the same dials.
func TestReportsPassTheBox(t *testing.T) {
	w := newWorld(t, sandbox.Dials{})
	box := sandbox.New("wms", sandbox.Dials{DuplicateBP: 10_000, CallsPerSecond: 1}, time.Now)
	client := taxv1.NewTaxServiceClient(box.Reports(connOf{w.tax}))
	req := &taxv1.CalculateTaxRequest{Documents: []*taxv1.TaxDocument{{DocumentId: "a", Lines: []*taxv1.TaxLine{{Position: 1}}}}}
	for range 2 { // the limit is for who calls the system
		if _, err := client.CalculateTax(t.Context(), req); err != nil {
			t.Fatal(err)
		}
	}
	if seen := w.engine.documents(); len(seen) != 4 {
		t.Errorf("arrived: %v", seen)
	}
	box.Set(sandbox.Dials{OutageUntil: time.Now().Add(time.Hour)})
	if _, err := client.CalculateTax(t.Context(), req); reason(err) != sandbox.ReasonOutage || len(w.engine.documents()) != 4 {
		t.Errorf("away: %v", err)
	}
}

// connOf is a connection that asks a client.
type connOf struct{ client taxv1.TaxServiceClient }

func (c connOf) Invoke(ctx context.Context, _ string, request, reply any, _ ...grpc.CallOption) error {
	_, err := c.client.CalculateTax(ctx, request.(*taxv1.CalculateTaxRequest))
	return err
}

func (connOf) NewStream(context.Context, *grpc.StreamDesc, string, ...grpc.CallOption) (grpc.ClientStream, error) {
	panic("no streams")
}

func TestUnknownSandbox(t *testing.T) {
	w := newWorld(t, sandbox.Dials{})
	if _, err := w.operator.GetDials(t.Context(), &sandboxv1.GetDialsRequest{System: "erp"}); reason(err) != "SANDBOX_UNKNOWN" {
		t.Errorf("got %v", err)
	}
	if _, err := w.operator.SetDials(t.Context(), &sandboxv1.SetDialsRequest{System: "tax", Dials: &sandboxv1.Dials{ErrorBp: 10_001}}); fault.KindOf(err) != fault.Invalid {
		t.Errorf("more than all: %v", err)
	}
}
