package operations

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"

	booksv1 "github.com/waybill-dev/waybill/gen/waybill/books/v1"
	erpv1 "github.com/waybill-dev/waybill/gen/waybill/connector/erp/v1"
	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
	operationsv1 "github.com/waybill-dev/waybill/gen/waybill/operations/v1"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/id"
)

// fakeBooks are the books of all services: figures by name, with what was not published. They answer as real ones do.
type fakeBooks struct {
	booksv1.BooksServiceClient
	mu sync.Mutex
	// figures are quantities by figure and order.
	figures map[string]map[string]string
	// broken are breaks of the one rule that each service has, by service.
	broken map[string][]*booksv1.BookBreak
	// away is who does not answer, inFlight whether events wait to be published; looked is called with each figure read.
	away     string
	inFlight bool
	looked   func(figure string)
}

func (f *fakeBooks) ListRules(_ context.Context, req *booksv1.ListRulesRequest, _ ...grpc.CallOption) (*booksv1.ListRulesResponse, error) {
	return &booksv1.ListRulesResponse{Rules: []*booksv1.BookRule{{Name: req.GetService() + ".I3", Rule: "a = b"}}}, f.gone(req.GetService())
}

func (f *fakeBooks) CheckRule(_ context.Context, req *booksv1.CheckRuleRequest, _ ...grpc.CallOption) (*booksv1.CheckRuleResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return &booksv1.CheckRuleResponse{Examined: 7, Breaks: f.broken[req.GetService()]}, nil
}

func (f *fakeBooks) ReadFigure(_ context.Context, req *booksv1.ReadFigureRequest, _ ...grpc.CallOption) (*booksv1.ReadFigureResponse, error) {
	if f.looked != nil {
		f.looked(req.GetFigure())
	}
	if err := f.gone(req.GetService()); err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	reply := &booksv1.ReadFigureResponse{}
	for order, value := range f.figures[req.GetFigure()] {
		reply.Entries = append(reply.Entries, &booksv1.FigureEntry{Subject: order, LineNumber: 1, NodeId: "EAST", Value: value, OrderId: order, Sku: "A"})
	}
	slices.SortFunc(reply.Entries, func(a, b *booksv1.FigureEntry) int { return slices.Compare([]byte(a.Subject), []byte(b.Subject)) })
	return reply, nil
}

func (f *fakeBooks) CheckPublished(context.Context, *booksv1.CheckPublishedRequest, ...grpc.CallOption) (*booksv1.CheckPublishedResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.inFlight {
		return &booksv1.CheckPublishedResponse{Waiting: 1}, nil
	}
	return &booksv1.CheckPublishedResponse{}, nil
}

func (f *fakeBooks) gone(service string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if service == f.away {
		return fault.New(fault.Unavailable, "AWAY", "%s does not answer", service)
	}
	return nil
}

func (f *fakeBooks) change(change func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change()
}

// noERP has nothing.
type noERP struct{ erpv1.ErpServiceClient }

func (noERP) ListPostings(context.Context, *erpv1.ListPostingsRequest, ...grpc.CallOption) (*erpv1.ListPostingsResponse, error) {
	return &erpv1.ListPostingsResponse{}, nil
}

// fakeStock notes what it is asked to give back, and answers with fail while that is set.
type fakeStock struct {
	inventoryv1.InventoryServiceClient
	given []*inventoryv1.ReservationCancellation
	fail  error
}

func (f *fakeStock) CancelReservation(
	_ context.Context, req *inventoryv1.CancelReservationRequest, _ ...grpc.CallOption,
) (*inventoryv1.CancelReservationResponse, error) {
	f.given = append(f.given, req.GetCancellations()...)
	return &inventoryv1.CancelReservationResponse{}, f.fail
}

// ledger is the service over fake books.
type ledger struct {
	*world
	books  *fakeBooks
	stock  *fakeStock
	client operationsv1.ReconciliationServiceClient
	stop   func()
}

func newLedger(t *testing.T, config Config) *ledger {
	t.Helper()
	l := &ledger{world: newWorld(t), books: &fakeBooks{figures: map[string]map[string]string{}, broken: map[string][]*booksv1.BookBreak{}}, stock: &fakeStock{}}
	deps := l.deps(l.db)
	deps.Books, deps.ERP, deps.Stock = map[string]booksv1.BooksServiceClient{}, noERP{}, l.stock
	for _, name := range []string{"order", "inventory", "billing", "fulfillment", "backoffice"} {
		deps.Books[name] = l.books
	}
	service, err := New(deps, config)
	if err != nil {
		t.Fatal(err)
	}
	l.service = service
	l.client = operationsv1.NewReconciliationServiceClient(l.serve("operator"))
	return l
}

// run runs the service until its end, or the test's.
func (l *ledger) run() {
	l.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- l.service.Run(ctx) }()
	l.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			l.t.Errorf("run: %v", err)
		}
	})
	l.t.Cleanup(l.stop)
}

func (l *ledger) until(what string, so func() bool) {
	l.t.Helper()
	late := time.NewTimer(time.Minute)
	defer late.Stop()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !so() {
		select {
		case <-tick.C:
		case <-late.C:
			l.t.Fatalf("never: %s", what)
		}
	}
}

// look asks for a reconciliation and waits for it.
func (l *ledger) look() *operationsv1.Reconciliation {
	l.t.Helper()
	started, err := l.client.StartReconciliation(l.t.Context(), &operationsv1.StartReconciliationRequest{RequestId: id.New().String(), Actor: "ann"})
	if err != nil {
		l.t.Fatal(err)
	}
	return l.await(started.GetReconciliation().GetReconciliationId())
}

func (l *ledger) await(name string) (run *operationsv1.Reconciliation) {
	l.t.Helper()
	l.until("the reconciliation is done", func() bool {
		reply, err := l.client.GetReconciliation(l.t.Context(), &operationsv1.GetReconciliationRequest{ReconciliationId: name})
		run = reply.GetReconciliation()
		return err == nil && run.GetState() == operationsv1.ReconciliationState_RECONCILIATION_STATE_DONE
	})
	return run
}

func (l *ledger) open() []*operationsv1.ReconciliationBreak {
	l.t.Helper()
	reply, err := l.client.ListBreaks(l.t.Context(), &operationsv1.ListBreaksRequest{})
	if err != nil {
		l.t.Fatal(err)
	}
	return reply.GetBreaks()
}

func resultOf(run *operationsv1.Reconciliation, equation string) *operationsv1.ReconciliationResult {
	for _, result := range run.GetResults() {
		if result.GetEquation() == equation {
			return result
		}
	}
	return nil
}

const quick = 2 * time.Second

// promised has inventory promise four more to an order than that counts on.
func (l *ledger) promised() (order string) {
	order = newID(id.Order)
	l.books.change(func() { l.books.figures["inventory.reserved"] = map[string]string{order: "4"} })
	return order
}
