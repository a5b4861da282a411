package masterdata_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	erpv1 "github.com/waybill-dev/waybill/gen/waybill/connector/erp/v1"
	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	"github.com/waybill-dev/waybill/internal/bus"
	"github.com/waybill-dev/waybill/internal/bus/bustest"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/databasetest"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/outside"
	"github.com/waybill-dev/waybill/internal/rpc"
	"github.com/waybill-dev/waybill/internal/sandbox"
	"github.com/waybill-dev/waybill/internal/shard"
	"github.com/waybill-dev/waybill/services/masterdata"
)

// feedWorld is the service between a real database and an ERP with dials.
type feedWorld struct {
	t   testing.TB
	db  *database.DB
	bus *bus.Bus
	erp *ledger
	box *sandbox.Box
	// masters and feed call a replica as the operator.
	masters masterdatav1.MasterDataServiceClient
	feed    masterdatav1.MasterFeedServiceClient
	stop    func()
	config  masterdata.Config
	// dial serves the ERP and connects to it.
	dial func(register func(grpc.ServiceRegistrar)) (*grpc.ClientConn, func())

	// asks counts the calls of each replica, in the order in which they were made.
	asks []*atomic.Int64

	mu    sync.Mutex
	ahead time.Duration
	heard []told
}

func newFeedWorld(t testing.TB, config masterdata.Config) *feedWorld {
	t.Helper()
	w := &feedWorld{
		t: t, db: databasetest.New(t, masterdata.Migrations), bus: bustest.New(t), erp: &ledger{},
		box: sandbox.New("erp", sandbox.Dials{}, time.Now), config: config,
	}
	w.dial = func(register func(grpc.ServiceRegistrar)) (*grpc.ClientConn, func()) {
		return w.serve("masterdata", register)
	}
	w.follow()
	w.start()
	t.Cleanup(func() { w.stop() })
	return w
}

// now is the service's clock: the real one, and what forward has added.
func (w *feedWorld) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return time.Now().Add(w.ahead)
}

func (w *feedWorld) forward(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ahead += d
}

// start starts a replica that asks all the time, with a guard that tries again soon.
func (w *feedWorld) start() {
	w.t.Helper()
	service, closeERP := w.replica()
	operator, closeOperator := w.serve("operator", service.Register)
	w.masters, w.feed = masterdatav1.NewMasterDataServiceClient(operator), masterdatav1.NewMasterFeedServiceClient(operator)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- service.Run(ctx) }()
	w.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			w.t.Errorf("run: %v", err)
		}
		closeOperator()
		closeERP()
	})
}

// replica makes a replica that does nothing yet.
func (w *feedWorld) replica() (*masterdata.Service, func()) {
	w.t.Helper()
	conn, closeERP := w.dial(func(on grpc.ServiceRegistrar) { erpv1.RegisterErpServiceServer(w.box.Wrap(on), w.erp) })
	guard, err := outside.New("masterdata", "connector-erp",
		outside.Config{MinCalls: 2, OpenFor: 5 * time.Millisecond, MaxOpenFor: 10 * time.Millisecond}, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	config := w.config
	config.Poll, config.FirstDelay, config.MaxDelay = 5*time.Millisecond, time.Millisecond, 10*time.Millisecond
	config.Lease = 400 * time.Millisecond
	asks := &atomic.Int64{}
	w.asks = append(w.asks, asks)
	service, err := masterdata.New(masterdata.Deps{
		DB: w.db, Bus: w.bus, Clock: w.now, Log: quiet, ERP: erpv1.NewErpServiceClient(counted{guard.Around(conn), asks}),
	}, config)
	if err != nil {
		w.t.Fatal(err)
	}
	return service, closeERP
}

// counted counts calls.
type counted struct {
	grpc.ClientConnInterface
	calls *atomic.Int64
}

func (c counted) Invoke(ctx context.Context, method string, request, reply any, opts ...grpc.CallOption) error {
	c.calls.Add(1)
	return c.ClientConnInterface.Invoke(ctx, method, request, reply, opts...)
}

func (w *feedWorld) serve(caller string, register func(grpc.ServiceRegistrar)) (*grpc.ClientConn, func()) {
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
		_ = conn.Close()
		cancel()
		if err := <-done; err != nil && !errors.Is(err, context.Canceled) {
			w.t.Errorf("serve: %v", err)
		}
	}
}

// eventually waits until a state is reached.
func (w *feedWorld) eventually(what string, reached func() bool) {
	w.t.Helper()
	late := time.NewTimer(2 * time.Minute)
	defer late.Stop()
	look := time.NewTicker(2 * time.Millisecond)
	defer look.Stop()
	for !reached() {
		select {
		case <-look.C:
		case <-late.C:
			w.t.Fatalf("not reached: %s\nfeed %v\nset aside %v", what, w.status(), w.aside())
		}
	}
}

func (w *feedWorld) status() *masterdatav1.MasterFeed {
	w.t.Helper()
	reply, err := w.feed.GetMasterFeed(context.Background(), &masterdatav1.GetMasterFeedRequest{})
	if err != nil {
		w.t.Fatal(err)
	}
	return reply.GetFeed()
}

// caughtUp waits until all is read that the ERP has told by now, and nothing is due.
func (w *feedWorld) caughtUp() {
	w.t.Helper()
	w.erp.mu.Lock()
	want := strconv.Itoa(len(w.erp.changes))
	w.erp.mu.Unlock()
	w.eventually("all is read up to "+want, func() bool {
		var cursor []byte
		var due int
		err := w.db.Pool().QueryRow(context.Background(), "SELECT cursor FROM master_feed").Scan(&cursor)
		if err == nil {
			err = w.db.Pool().QueryRow(context.Background(), "SELECT count(*) FROM master_set_aside WHERE next_try_at <= $1", w.now()).Scan(&due)
		}
		return err == nil && string(cursor) == want && due == 0
	})
}

// aside is what is set aside, as "KIND key REASON STATE".
func (w *feedWorld) aside() []string {
	w.t.Helper()
	var found []string
	for _, one := range w.setAside() {
		found = append(found, fmt.Sprintf("%s %s %s %s", strings.TrimPrefix(one.GetKind().String(), "MASTER_KIND_"), one.GetKey(), one.GetReason(),
			strings.TrimPrefix(one.GetState().String(), "SET_ASIDE_STATE_")))
	}
	return found
}

func (w *feedWorld) setAside() []*masterdatav1.SetAsideMaster {
	w.t.Helper()
	var found []*masterdatav1.SetAsideMaster
	for token := ""; ; {
		reply, err := w.feed.ListSetAsideMasters(context.Background(), &masterdatav1.ListSetAsideMastersRequest{PageSize: 2, PageToken: token})
		if err != nil {
			w.t.Fatal(err)
		}
		found = append(found, reply.GetMasters()...)
		if token = reply.GetNextPageToken(); token == "" {
			return found
		}
	}
}

// item is an item as it is here; nil: there is none.
func (w *feedWorld) item(sku string) *masterdatav1.Item {
	w.t.Helper()
	reply, err := w.masters.GetItem(context.Background(), &masterdatav1.GetItemRequest{Sku: sku})
	if err != nil && fault.KindOf(err) != fault.NotFound {
		w.t.Fatal(err)
	}
	return reply.GetItem()
}

func (w *feedWorld) account(id string) *masterdatav1.Account {
	w.t.Helper()
	reply, err := w.masters.GetAccount(context.Background(), &masterdatav1.GetAccountRequest{AccountId: id})
	if err != nil && fault.KindOf(err) != fault.NotFound {
		w.t.Fatal(err)
	}
	return reply.GetAccount()
}

func (w *feedWorld) prices(sku string) []*masterdatav1.Price {
	w.t.Helper()
	reply, err := w.masters.ListPrices(context.Background(), &masterdatav1.ListPricesRequest{Sku: sku, PageSize: 1000})
	if err != nil {
		w.t.Fatal(err)
	}
	return reply.GetPrices()
}

// told is an event of an entry.
type told struct {
	sequence int64
	payload  proto.Message
}

// follow takes down what is told of entries, until the test ends.
func (w *feedWorld) follow() {
	const kind = "masterdata.feed_entry"
	streams, err := w.bus.Streams([]string{kind})
	if err != nil || len(streams) != 1 {
		w.t.Fatalf("streams %v, %v", streams, err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var group sync.WaitGroup
	w.t.Cleanup(func() { cancel(); group.Wait() })
	for stream := range streams {
		for number := range int32(shard.Count) {
			pull, err := w.bus.Pull(ctx, bus.PullConfig{Stream: stream, Durable: "feed-entries", Shard: number, Kinds: []string{kind}})
			if err != nil {
				w.t.Fatal(err)
			}
			group.Go(func() {
				defer pull.Stop()
				for {
					delivery, err := pull.Next(ctx)
					if err != nil {
						return
					}
					payload, err := delivery.Event.Payload()
					if err != nil {
						w.t.Error(err)
					}
					w.mu.Lock()
					w.heard = append(w.heard, told{delivery.Event.Sequence, payload})
					w.mu.Unlock()
					delivery.Ack()
				}
			})
		}
	}
}

// events waits until so many events of entries were told, and gives them in the order of their sequences.
func (w *feedWorld) events(n int) []told {
	w.t.Helper()
	var heard []told
	w.eventually(fmt.Sprintf("%d events are told", n), func() bool {
		w.mu.Lock()
		defer w.mu.Unlock()
		heard = slices.Clone(w.heard)
		return len(heard) >= n
	})
	if len(heard) != n {
		w.t.Errorf("%d events were told, want %d: %v", len(heard), n, heard)
	}
	slices.SortStableFunc(heard, func(a, b told) int { return cmp.Compare(a.sequence, b.sequence) })
	return heard
}

// serveWith runs a server of gRPC alone, without the mesh's checks, and connects to it as a caller.
func (w *feedWorld) serveWith(caller string, register func(grpc.ServiceRegistrar), opts ...grpc.ServerOption) (*grpc.ClientConn, func()) {
	w.t.Helper()
	server := grpc.NewServer(opts...)
	register(server)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		w.t.Fatal(err)
	}
	conn, err := rpc.Dial(rpc.ClientConfig{Addr: listener.Addr().String(), Caller: caller})
	if err != nil {
		w.t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- server.Serve(listener) }()
	return conn, func() {
		_ = conn.Close()
		server.Stop()
		if err := <-done; err != nil {
			w.t.Errorf("serve: %v", err)
		}
	}
}

func sorted(texts []string) []string {
	slices.Sort(texts)
	return texts
}
