package backoffice

import (
	"cmp"
	"context"
	"embed"
	"errors"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"

	backofficev1 "github.com/waybill-dev/waybill/gen/waybill/backoffice/v1"
	erpv1 "github.com/waybill-dev/waybill/gen/waybill/connector/erp/v1"
	"github.com/waybill-dev/waybill/internal/bus"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/inbox"
	"github.com/waybill-dev/waybill/internal/observe"
	"github.com/waybill-dev/waybill/internal/outbox"
	"github.com/waybill-dev/waybill/internal/shard"
)

// Migrations make the tables.
//
//go:embed migrations/*.sql
var Migrations embed.FS

// Deps is what the service needs from its process.
type Deps struct {
	DB *database.DB
	// Bus brings the events.
	Bus   *bus.Bus
	Clock func() time.Time
	Log   *slog.Logger
	// ERP is the connector to the ERP.
	ERP erpv1.ErpServiceClient
	// Registerer gets the metrics. Nil: none are shown.
	Registerer prometheus.Registerer
	// Tracer makes spans. Nil: none.
	Tracer *observe.Tracer
}

// Config sets bounds. The zero value of each field is its default.
type Config struct {
	// Batch is how many documents one call posts at most. 100.
	Batch int
	// Pace is the least time between two calls, in which documents gather. 100 ms.
	Pace time.Duration
	// Poll is how long a document waits at most when no nudge came: those of another replica. 1 s.
	Poll time.Duration
	// Timeout is how long one call may take. 30 s.
	Timeout time.Duration
	// FirstDelay and MaxDelay bound the wait after a call that failed. It doubles from call to call, with jitter. 200 ms, 30 s.
	FirstDelay, MaxDelay time.Duration
	// Measure is how often the queue is measured for the metrics. 5 s.
	Measure time.Duration
	// Lease is how long the work of a replica that died lies still. 10 s.
	Lease time.Duration
}

// maxSet is how many documents one call may hold, and mostBytes how large they may be together, by the contract.
const (
	maxSet    = 100
	mostBytes = 8 << 20
)

func (c Config) withDefaults() (Config, error) {
	c.Batch = cmp.Or(c.Batch, maxSet)
	c.Pace = cmp.Or(c.Pace, 100*time.Millisecond)
	c.Poll = cmp.Or(c.Poll, time.Second)
	c.Timeout = cmp.Or(c.Timeout, 30*time.Second)
	c.FirstDelay = cmp.Or(c.FirstDelay, 200*time.Millisecond)
	c.MaxDelay = cmp.Or(c.MaxDelay, 30*time.Second)
	c.Measure = cmp.Or(c.Measure, 5*time.Second)
	switch {
	case c.Batch < 1 || c.Batch > maxSet:
		return c, errors.New("backoffice: a call posts 1 to 100 documents")
	case min(c.Pace, c.Poll, c.Timeout, c.FirstDelay, c.Measure, c.Lease) < 0 || c.MaxDelay < c.FirstDelay:
		return c, errors.New("backoffice: a time is negative, or the longest delay below the first")
	}
	return c, nil
}

// Service tells the ERP.
type Service struct {
	backofficev1.UnimplementedBackofficeServiceServer
	db      *database.DB
	bus     *bus.Bus
	clock   func() time.Time
	log     *slog.Logger
	tracer  *observe.Tracer
	erp     erpv1.ErpServiceClient
	config  Config
	owner   *shard.Owner
	relay   *outbox.Relay
	options inbox.Options
	metrics *metrics
}

// New makes the service; Run makes it work. It fails when a bound cannot be.
func New(deps Deps, config Config) (*Service, error) {
	config, err := config.withDefaults()
	if err != nil {
		return nil, err
	}
	owned := []shard.Option{shard.Log(deps.Log), shard.Metrics(deps.Registerer)}
	if config.Lease > 0 {
		owned = append(owned, shard.Lease(config.Lease))
	}
	owner := shard.NewOwner(deps.DB, "backoffice", owned...)
	return &Service{
		db: deps.DB, bus: deps.Bus, clock: deps.Clock, log: deps.Log, tracer: deps.Tracer, erp: deps.ERP, config: config, owner: owner,
		relay:   outbox.NewRelay(deps.DB, deps.Bus, owner, outbox.Options{Log: deps.Log, Registerer: deps.Registerer, Tracer: deps.Tracer}),
		options: inbox.Options{Log: deps.Log, Registerer: deps.Registerer, Tracer: deps.Tracer},
		metrics: newMetrics(deps.Registerer),
	}, nil
}

// Register offers the RPCs on a server.
func (s *Service) Register(registrar grpc.ServiceRegistrar) {
	backofficev1.RegisterBackofficeServiceServer(registrar, s)
}

// Run takes shards, queues what events tell of, and posts it, until ctx ends; then it returns nil.
func (s *Service) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return s.owner.Run(ctx) })
	group.Go(func() error { return s.relay.Run(ctx) }) // what the ERP answered, and what the guard of the connection tells
	group.Go(func() error { return s.drain(ctx) })
	group.Go(func() error { return s.measure(ctx) })
	for _, subscription := range s.Subscriptions() {
		consumer := inbox.NewConsumer(s.db, s.bus, s.owner, subscription, s.options)
		group.Go(func() error { return consumer.Run(ctx) })
	}
	return group.Wait()
}

// Subscriptions are whose events this service follows, to tell the ERP of them.
func (s *Service) Subscriptions() []inbox.Subscription {
	return []inbox.Subscription{
		{Consumer: "backoffice-order", Aggregates: []string{"order.order"}, Effects: inbox.CallOutside, Handle: s.onOrder},
		{
			Consumer:   "backoffice-billing",
			Aggregates: []string{"billing.invoice", "billing.credit_memo"},
			Effects:    inbox.CallOutside, Handle: s.onBilling,
		},
	}
}

func (s *Service) now() time.Time { return s.clock().UTC().Truncate(time.Microsecond) }
