package mesh

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"

	"github.com/waybill-dev/waybill/internal/books"
	"github.com/waybill-dev/waybill/internal/bus"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/delivery"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/idempotency"
	"github.com/waybill-dev/waybill/internal/inbox"
	"github.com/waybill-dev/waybill/internal/observe"
	"github.com/waybill-dev/waybill/internal/outside"
	"github.com/waybill-dev/waybill/internal/reconcile"
	"github.com/waybill-dev/waybill/internal/rpc"
	"github.com/waybill-dev/waybill/internal/sandbox"
)

const (
	// openTime bounds how long a process waits for its database and its event bus to answer when it starts.
	openTime = 30 * time.Second
	// openAgain is how long it waits between two tries.
	openAgain = 500 * time.Millisecond
)

// traceStopTime is how long the last spans may take to be sent.
const traceStopTime = 5 * time.Second

// writers is how many transactions of a role run at once. Roles work on sets, so one after the other is fast, and has no
// conflicts within the process.
const writers = 1

// Mesh is a running process. Stop it by ending the context of Start, then Wait.
type Mesh struct {
	process     *process
	group       *errgroup.Group
	databaseURL string
	postgresBin string
	after       func() error // stops what is embedded, when nothing needs it any more
}

// process is what roles are built from.
type process struct {
	config    Config
	log       *slog.Logger
	metrics   *prometheus.Registry
	tracer    *observe.Tracer // nil: off
	tls       *rpc.TLS
	server    *rpc.Server
	listener  net.Listener
	rest      net.Listener
	console   net.Listener // of operations, over Connect
	health    net.Listener
	handler   http.Handler // the gateway's, when it is here
	role      role         // the one being built
	db        *database.DB // its database
	bus       *bus.Bus
	databases []*database.DB
	conns     []*grpc.ClientConn
	guards    []*outside.Guard
	boxes     []*sandbox.Box
	books     reconcile.Books           // what the roles here can say of their tables
	takers    map[string]delivery.Taker // the roles that take events
	runs      []namedRun
}

type namedRun struct {
	role string
	run  func(context.Context) error
}

// Start opens what the roles need, builds them, and serves. It returns when the RPCs are offered. When anything cannot be
// opened, what was opened is closed again.
func Start(ctx context.Context, config Config, log *slog.Logger) (*Mesh, error) {
	if err := config.check(); err != nil {
		return nil, err
	}
	p := &process{config: config, log: log, metrics: prometheus.NewRegistry(), takers: map[string]delivery.Taker{}, books: reconcile.Books{}}
	p.metrics.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	if err := p.trace(ctx); err != nil {
		return nil, err
	}
	if err := p.open(ctx); err != nil {
		p.close()
		return nil, err
	}
	if err := p.build(ctx); err != nil {
		p.close()
		return nil, err
	}
	m := &Mesh{process: p, databaseURL: config.DatabaseURL}
	m.group, ctx = errgroup.WithContext(ctx)
	m.serve(ctx)
	return m, nil
}

// Wait returns when everything has stopped: after the context's end with nil, else with what went wrong.
func (m *Mesh) Wait() error {
	err := m.group.Wait()
	m.process.close()
	if m.after != nil {
		err = errors.Join(err, m.after())
	}
	return err
}

// GRPC is the address of the RPCs.
func (m *Mesh) GRPC() string { return m.process.listener.Addr().String() }

// REST is the base address of the REST API, or empty without a gateway here.
func (m *Mesh) REST() string { return "http://" + address(m.process.rest) }

// Operations is the base address of operations over Connect, or empty where it is not offered.
func (m *Mesh) Operations() string {
	switch {
	case m.process.console == nil:
		return ""
	case m.process.tls != nil:
		return "https://" + address(m.process.console)
	}
	return "http://" + address(m.process.console)
}

// Health is the base address of health and metrics.
func (m *Mesh) Health() string { return "http://" + address(m.process.health) }

// DatabaseURL is the server of all databases.
func (m *Mesh) DatabaseURL() string { return m.databaseURL }

// PostgresBin is the folder of the embedded database's programs; empty without one.
func (m *Mesh) PostgresBin() string { return m.postgresBin }

func address(listener net.Listener) string {
	if listener == nil {
		return ""
	}
	return listener.Addr().String()
}

// trace starts tracing where it is wanted. A process of one role appears under its name.
func (p *process) trace(ctx context.Context) (err error) {
	config := p.config.Traces
	config.Service = "waybill"
	if len(p.config.Roles) == 1 {
		config.Service += "-" + p.config.Roles[0]
	}
	p.tracer, err = observe.NewTracer(ctx, config)
	return err
}

// open makes the listeners, the server and the event bus.
func (p *process) open(ctx context.Context) (err error) {
	if p.config.TLSDir != "" {
		file := func(name string) string { return filepath.Join(p.config.TLSDir, name) }
		p.tls = &rpc.TLS{CertFile: file("tls.crt"), KeyFile: file("tls.key"), BundleFile: file("ca.crt"), TrustDomain: p.config.TrustDomain}
	}
	var sockets net.ListenConfig
	if p.listener, err = sockets.Listen(ctx, "tcp", p.config.Listen); err != nil {
		return fmt.Errorf("RPC address: %w", err)
	}
	if slices.Contains(p.config.Roles, "gateway") {
		if p.rest, err = sockets.Listen(ctx, "tcp", p.config.RESTListen); err != nil {
			return fmt.Errorf("REST address: %w", err)
		}
	}
	if p.config.OperationsListen != "" && slices.Contains(p.config.Roles, operationsRole) {
		if p.console, err = sockets.Listen(ctx, "tcp", p.config.OperationsListen); err != nil {
			return fmt.Errorf("operations address: %w", err)
		}
	}
	if p.config.HealthListen != "" {
		if p.health, err = sockets.Listen(ctx, "tcp", p.config.HealthListen); err != nil {
			return fmt.Errorf("health address: %w", err)
		}
	}
	if p.server, err = rpc.NewServer(rpc.ServerConfig{TLS: p.tls, Log: p.log, Registerer: p.metrics, Tracer: p.tracer}); err != nil {
		return err
	}
	if !slices.ContainsFunc(p.config.Roles, func(name string) bool { role, _ := find(name); return role.events }) {
		return nil
	}
	return p.patiently(ctx, "event bus", func(ctx context.Context) error {
		if p.bus == nil {
			if p.bus, err = bus.Connect(ctx, p.config.NATSURL, "waybill", bus.Log(p.log)); err != nil {
				return err
			}
		}
		return p.bus.EnsureStreams(ctx)
	})
}

// build makes the roles, in the order of the table.
func (p *process) build(ctx context.Context) error {
	for _, role := range table() {
		if !slices.Contains(p.config.Roles, role.name) {
			continue
		}
		p.role, p.db = role, nil
		if role.migrations != nil {
			if err := p.openDatabase(ctx); err != nil {
				return err
			}
			db := p.db
			p.runs = append(p.runs, namedRun{role.name, func(ctx context.Context) error {
				return idempotency.KeepSwept(ctx, db, idempotency.SweepInterval, p.log)
			}})
		}
		run, err := role.build(p)
		if err != nil {
			return fmt.Errorf("role %s: %w", role.name, err)
		}
		if _, takes := p.takers[role.name]; takes != role.letters {
			return fmt.Errorf("role %s: whether it takes events, its line in the table and its subscriptions disagree", role.name)
		}
		if run != nil {
			p.runs = append(p.runs, namedRun{role.name, run})
		}
	}
	p.offerInsight()
	if len(p.books) > 0 {
		books.NewService(p.books).Register(p.server)
	}
	if len(p.takers) > 0 {
		delivery.NewService(p.takers).Register(p.server)
	}
	return nil
}

func (p *process) openDatabase(ctx context.Context) error {
	url, err := database.ServiceURL(p.config.DatabaseURL, databaseName(p.role.name))
	if err != nil {
		return err
	}
	err = p.patiently(ctx, "database", func(ctx context.Context) error {
		p.db, err = database.Open(ctx, url, database.Metrics(p.metrics), database.Writers(writers))
		return err
	})
	if err != nil {
		return fmt.Errorf("role %s: %w", p.role.name, err)
	}
	p.databases = append(p.databases, p.db)
	if book, ok := p.role.book(p.db); ok {
		p.books[p.role.name] = book
	}
	return nil
}

// takes notes what events the role being built follows, so that others may ask what became of them.
func (p *process) takes(subscriptions []inbox.Subscription) {
	p.takers[p.role.name] = delivery.Taker{DB: p.db, Subscriptions: subscriptions}
}

// patiently opens something that may not be there yet, again and again for openTime: what starts together with its database and
// its event bus, or while they are away, need not be started again.
func (p *process) patiently(ctx context.Context, what string, open func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, openTime)
	defer cancel()
	again := time.NewTicker(openAgain)
	defer again.Stop()
	for tries := 1; ; tries++ {
		err := open(ctx)
		if err == nil || !passing(err) {
			return err
		}
		if tries == 1 {
			p.log.Warn("not there yet, trying on", "what", what, "for", openTime, "error", err)
		}
		select {
		case <-ctx.Done():
			return err
		case <-again.C:
		}
	}
}

// passing reports whether an error may pass by itself: nobody answers, not yet, or breaks off.
func passing(err error) bool {
	if _, broken := errors.AsType[*net.OpError](err); broken {
		return true
	}
	return fault.Retryable(err) || errors.Is(err, nats.ErrNoServers) || errors.Is(err, nats.ErrTimeout) ||
		errors.Is(err, nats.ErrConnectionClosed) || errors.Is(err, io.EOF) || errors.Is(err, context.DeadlineExceeded)
}

// reaches tells whether it is known where a role is.
func (p *process) reaches(to string) bool {
	return slices.Contains(p.config.Roles, to) || p.config.Addresses[to] != ""
}

// dial connects the role being built with another one, wherever that is.
func (p *process) dial(to string, opts ...grpc.DialOption) (*grpc.ClientConn, error) {
	target := p.config.Addresses[to]
	if slices.Contains(p.config.Roles, to) {
		target = p.listener.Addr().String()
	} else if p.tls != nil {
		target = "dns:///" + target // every replica behind the name is called in turn
	}
	conn, err := rpc.Dial(rpc.ClientConfig{
		Addr: target, Caller: p.role.name, TLS: p.tls, Registerer: p.metrics, Tracer: p.tracer,
	}, opts...)
	if err != nil {
		return nil, fmt.Errorf("reach %s: %w", to, err)
	}
	p.conns = append(p.conns, conn)
	return conn, nil
}

// close closes what is still open, in the reverse order of opening.
func (p *process) close() {
	for _, conn := range p.conns {
		_ = conn.Close() // it ends with the process in any case
	}
	if p.bus != nil {
		p.bus.Close()
	}
	for _, db := range p.databases {
		db.Close()
	}
	ctx, cancel := context.WithTimeout(context.Background(), traceStopTime)
	defer cancel()
	if err := p.tracer.Close(ctx); err != nil {
		p.log.WarnContext(ctx, "the last spans are lost", "error", err)
	}
	for _, listener := range []net.Listener{p.listener, p.rest, p.console, p.health} {
		if listener != nil {
			_ = listener.Close() // closed already where it was served
		}
	}
}
