package wms_test

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"

	commonv1 "github.com/waybill-dev/waybill/gen/waybill/common/v1"
	wmsv1 "github.com/waybill-dev/waybill/gen/waybill/connector/wms/v1"
	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/databasetest"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/internal/rpc"
	"github.com/waybill-dev/waybill/services/connector/wms"
)

// ledger is a fulfilment service that takes down what it is told, and answers as it is told to.
type ledger struct {
	fulfillmentv1.UnimplementedFulfillmentServiceServer
	mu sync.Mutex
	// told are the reports of each order, by their kinds.
	told      map[string][]string
	picks     map[string]*fulfillmentv1.PickReport
	manifests map[string]*fulfillmentv1.ManifestReport
	shipments map[string][]*fulfillmentv1.ShipmentReport
	// fail is the error of a whole call, refuse the refusal of one report; both by kind.
	fail   func(kind string) error
	refuse func(kind, id string) *commonv1.Refusal
}

func newLedger() *ledger {
	return &ledger{
		told: map[string][]string{}, picks: map[string]*fulfillmentv1.PickReport{},
		manifests: map[string]*fulfillmentv1.ManifestReport{}, shipments: map[string][]*fulfillmentv1.ShipmentReport{},
		fail: func(string) error { return nil }, refuse: func(string, string) *commonv1.Refusal { return nil },
	}
}

// record takes reports down unless it was told otherwise.
func record[T interface{ GetFulfillmentId() string }](l *ledger, kind string, set []T, keep func(T)) ([]*commonv1.Refusal, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.fail(kind); err != nil {
		return nil, err
	}
	var refusals []*commonv1.Refusal
	for _, one := range set {
		refusal := l.refuse(kind, one.GetFulfillmentId())
		refusals = append(refusals, refusal)
		if refusal == nil {
			l.told[one.GetFulfillmentId()] = append(l.told[one.GetFulfillmentId()], kind)
			keep(one)
		}
	}
	return refusals, nil
}

func (l *ledger) RecordAcknowledgement(
	_ context.Context, req *fulfillmentv1.RecordAcknowledgementRequest,
) (*fulfillmentv1.RecordAcknowledgementResponse, error) {
	refusals, err := record(l, "acknowledgement", req.GetAcknowledgements(), func(*fulfillmentv1.Acknowledgement) {})
	return &fulfillmentv1.RecordAcknowledgementResponse{Outcomes: outcomes(refusals)}, err
}

func (l *ledger) RecordPick(
	_ context.Context, req *fulfillmentv1.RecordPickRequest,
) (*fulfillmentv1.RecordPickResponse, error) {
	refusals, err := record(l, "pick", req.GetReports(), func(one *fulfillmentv1.PickReport) { l.picks[one.GetFulfillmentId()] = one })
	return &fulfillmentv1.RecordPickResponse{Outcomes: outcomes(refusals)}, err
}

func (l *ledger) RecordManifest(
	_ context.Context, req *fulfillmentv1.RecordManifestRequest,
) (*fulfillmentv1.RecordManifestResponse, error) {
	refusals, err := record(l, "manifest", req.GetManifests(), func(one *fulfillmentv1.ManifestReport) {
		l.manifests[one.GetFulfillmentId()] = one
	})
	reply := &fulfillmentv1.RecordManifestResponse{}
	for range refusals {
		reply.Outcomes = append(reply.Outcomes, &fulfillmentv1.ShipmentOutcome{})
	}
	return reply, err
}

// RecordMilestone keeps what arrived under the order that its number names.
func (l *ledger) RecordMilestone(
	_ context.Context, req *fulfillmentv1.RecordMilestoneRequest,
) (*fulfillmentv1.RecordMilestoneResponse, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, one := range req.GetMilestones() {
		id := "ful_" + strings.TrimPrefix(one.GetWarehouseShipmentId(), "sandbox-")
		l.told[id] = append(l.told[id], one.GetNodeId()+" "+one.GetState().String())
	}
	return &fulfillmentv1.RecordMilestoneResponse{Outcomes: outcomes(make([]*commonv1.Refusal, len(req.GetMilestones())))}, nil
}

func (l *ledger) RecordShipment(
	_ context.Context, req *fulfillmentv1.RecordShipmentRequest,
) (*fulfillmentv1.RecordShipmentResponse, error) {
	refusals, err := record(l, "shipment", req.GetShipments(), func(one *fulfillmentv1.ShipmentReport) {
		l.shipments[one.GetFulfillmentId()] = append(l.shipments[one.GetFulfillmentId()], one)
	})
	reply := &fulfillmentv1.RecordShipmentResponse{}
	for _, refusal := range refusals {
		outcome := &fulfillmentv1.ShipmentOutcome{Outcome: &fulfillmentv1.ShipmentOutcome_ShipmentId{ShipmentId: "shp_1"}}
		if refusal != nil {
			outcome.Outcome = &fulfillmentv1.ShipmentOutcome_Refusal{Refusal: refusal}
		}
		reply.Outcomes = append(reply.Outcomes, outcome)
	}
	return reply, err
}

func (l *ledger) RecordCancellation(
	_ context.Context, req *fulfillmentv1.RecordCancellationRequest,
) (*fulfillmentv1.RecordCancellationResponse, error) {
	refusals, err := record(l, "cancellation", req.GetReports(), func(one *fulfillmentv1.CancellationReport) {
		l.told[one.GetFulfillmentId()] = append(l.told[one.GetFulfillmentId()], fmt.Sprint(one.GetAccepted()))
	})
	return &fulfillmentv1.RecordCancellationResponse{Outcomes: outcomes(refusals)}, err
}

func outcomes(refusals []*commonv1.Refusal) []*fulfillmentv1.ReportOutcome {
	var all []*fulfillmentv1.ReportOutcome
	for _, refusal := range refusals {
		all = append(all, &fulfillmentv1.ReportOutcome{Refusal: refusal})
	}
	return all
}

// behave changes how it answers.
func (l *ledger) behave(change func(*ledger)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	change(l)
}

// reports are what was told of an order so far.
func (l *ledger) reports(id string) []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.told[id])
}

// world is a warehouse on a real database, and the ledger that it reports to over real gRPC.
type world struct {
	t      testing.TB
	db     *database.DB
	ledger *ledger
	client wmsv1.WarehouseServiceClient
	config wms.Config
	// rests: it takes orders and does nothing about them.
	rests bool
	stop  func()
}

func newWorld(t testing.TB, config wms.Config) *world {
	t.Helper()
	config.Pace, config.Poll = time.Millisecond, 20*time.Millisecond
	config.FirstDelay, config.MaxDelay = 5*time.Millisecond, 20*time.Millisecond
	w := &world{t: t, db: databasetest.New(t, wms.Migrations), ledger: newLedger(), config: config}
	w.start()
	t.Cleanup(func() { w.stop() })
	return w
}

// quick is a warehouse without delays.
var quick = wms.Config{AcknowledgeDelay: wms.None, PickDelay: wms.None, ShipDelay: wms.None}

func (w *world) start() {
	w.t.Helper()
	reports, closeReports := w.serve("connector-wms", func(on grpc.ServiceRegistrar) {
		fulfillmentv1.RegisterFulfillmentServiceServer(on, w.ledger)
	})
	service, err := wms.New(wms.Deps{
		DB: w.db, Clock: time.Now, Log: slog.New(slog.DiscardHandler),
		Fulfillment: fulfillmentv1.NewFulfillmentServiceClient(reports),
	}, w.config)
	if err != nil {
		w.t.Fatal(err)
	}
	orders, closeOrders := w.serve("fulfillment", service.Register)
	w.client = wmsv1.NewWarehouseServiceClient(orders)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		if w.rests {
			done <- nil
			return
		}
		done <- service.Run(ctx)
	}()
	w.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			w.t.Errorf("run: %v", err)
		}
		closeOrders()
		closeReports()
	})
}

// serve runs a server and connects to it as a caller; both end with the function that it returns.
func (w *world) serve(caller string, register func(grpc.ServiceRegistrar)) (*grpc.ClientConn, func()) {
	w.t.Helper()
	server, err := rpc.NewServer(rpc.ServerConfig{StopTimeout: time.Millisecond})
	if err != nil {
		w.t.Fatal(err)
	}
	register(server)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		w.t.Fatal(err)
	}
	conn, err := rpc.Dial(rpc.ClientConfig{Addr: listener.Addr().String(), Caller: caller})
	if err != nil {
		w.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- server.Serve(ctx, listener) }()
	return conn, func() {
		conn.Close()
		cancel()
		if err := <-done; err != nil {
			w.t.Errorf("serve: %v", err)
		}
	}
}

// order is an order of goods; negative quantities are services.
func order(quantities ...int64) *fulfillmentv1.Fulfillment {
	one := &fulfillmentv1.Fulfillment{FulfillmentId: id.Format(id.Fulfillment, id.New()), NodeId: "LEEDS"}
	for i, quantity := range quantities {
		one.Lines = append(one.Lines, &fulfillmentv1.FulfillmentLine{
			LineNumber: int32(i + 1), Sku: fmt.Sprintf("SKU-%d", i+1), Requested: max(quantity, -quantity), Service: quantity < 0,
		})
	}
	return one
}

// send hands orders over and gives the reasons of refusals.
func (w *world) send(orders ...*fulfillmentv1.Fulfillment) []string {
	w.t.Helper()
	reply, err := w.client.SendFulfillments(w.t.Context(), &wmsv1.SendFulfillmentsRequest{Fulfillments: orders})
	if err != nil {
		w.t.Fatal(err)
	}
	var reasons []string
	for _, outcome := range reply.GetOutcomes() {
		reasons = append(reasons, outcome.GetRefusal().GetReason())
	}
	return reasons
}

func (w *world) cancel(ids ...string) {
	w.t.Helper()
	if _, err := w.client.RequestCancellations(w.t.Context(), &wmsv1.RequestCancellationsRequest{FulfillmentIds: ids}); err != nil {
		w.t.Fatal(err)
	}
}

// until waits until exactly these reports were made of an order.
func (w *world) until(id string, want ...string) {
	w.t.Helper()
	deadline := time.NewTimer(20 * time.Second)
	defer deadline.Stop()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !slices.Equal(w.ledger.reports(id), want) {
		select {
		case <-tick.C:
		case <-deadline.C:
			w.t.Fatalf("reports are %v, want %v", w.ledger.reports(id), want)
		}
	}
}

// idle waits until nothing is left to be done.
func (w *world) idle() {
	w.t.Helper()
	deadline := time.NewTimer(20 * time.Second)
	defer deadline.Stop()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for rows := 1; rows > 0; {
		if err := w.db.Pool().QueryRow(w.t.Context(), "SELECT count(*) FROM work").Scan(&rows); err != nil {
			w.t.Fatal(err)
		}
		select {
		case <-tick.C:
		case <-deadline.C:
			w.t.Fatalf("%d tasks are left", rows)
		}
	}
}
