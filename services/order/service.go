package order

import (
	"cmp"
	"context"
	"embed"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"

	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	channelv1 "github.com/waybill-dev/waybill/gen/waybill/connector/channel/v1"
	erpv1 "github.com/waybill-dev/waybill/gen/waybill/connector/erp/v1"
	tmsv1 "github.com/waybill-dev/waybill/gen/waybill/connector/tms/v1"
	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	"github.com/waybill-dev/waybill/internal/batch"
	"github.com/waybill-dev/waybill/internal/bus"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/inbox"
	"github.com/waybill-dev/waybill/internal/metric"
	"github.com/waybill-dev/waybill/internal/observe"
	"github.com/waybill-dev/waybill/internal/outbox"
	"github.com/waybill-dev/waybill/internal/rpc"
	"github.com/waybill-dev/waybill/internal/shard"
	"github.com/waybill-dev/waybill/services/order/internal/process"
	"github.com/waybill-dev/waybill/services/order/internal/store"
)

// Migrations make the tables.
//
//go:embed migrations/*.sql
var Migrations embed.FS

// Deps is what the service needs from its process.
type Deps struct {
	DB *database.DB
	// Bus carries the events. Nil: none are published and none are consumed, for tests and measurements.
	Bus         *bus.Bus
	Inventory   inventoryv1.InventoryServiceClient
	Billing     billingv1.BillingServiceClient
	Fulfillment fulfillmentv1.FulfillmentServiceClient
	// ERP is asked about customers' terms. Nil: nobody is.
	ERP erpv1.ErpServiceClient
	// TMS is asked how goods may travel. Nil: nobody is.
	TMS tmsv1.TmsServiceClient
	// Portals are told of orders that are about to be confirmed. Nil: none are.
	Portals channelv1.ChannelServiceClient
	Clock   func() time.Time
	Log     *slog.Logger
	// Registerer takes the metrics. Nil: none are shown.
	Registerer prometheus.Registerer
	// Tracer makes spans. Nil: none.
	Tracer *observe.Tracer
}

// Config is the choices of the service. The zero value of each field is its default.
type Config struct {
	// SubmitQueue bounds the orders that wait to be stored. 4096.
	SubmitQueue int
	// Lease is how long the work of a replica that died lies still. 10 s.
	Lease time.Duration
	// HoldAbove is the value, in whole units of its currency, above which an order is held while the ERP does not confirm the
	// customer's terms. 10,000; below zero: none is held.
	HoldAbove int64
	// Budget is how long outside systems have to answer what is asked and told about an order before it is decided. 200 ms.
	Budget time.Duration
	// Portals are the channels whose portals are told of an order before it is confirmed, as well as that can be done in time.
	// Insisting are those without whose portal's answer it is not confirmed. "portal", none.
	Portals, Insisting []string
}

// Service is the order service.
type Service struct {
	orderv1.UnimplementedOrderServiceServer
	db          *database.DB
	bus         *bus.Bus
	inventory   inventoryv1.InventoryServiceClient
	billing     billingv1.BillingServiceClient
	fulfillment fulfillmentv1.FulfillmentServiceClient
	erp         erpv1.ErpServiceClient // nil: nobody is asked, as with the next two
	tms         tmsv1.TmsServiceClient
	portals     channelv1.ChannelServiceClient
	clock       func() time.Time
	log         *slog.Logger

	owner    *shard.Owner
	relay    *outbox.Relay
	driver   *process.Driver
	submits  *batch.Coalescer[*submission, *submitted]
	catalogs *store.Catalogs
	waiters  waiters
	// confirmed are the terms that the ERP has confirmed.
	confirmed confirmations
	holdAbove int64
	// told are the channels whose portals are told of orders, insisting those without whose portal none is confirmed.
	told, insisting []string
	// parts checks the orders of a batch, each by itself.
	parts   *rpc.Validator
	options inbox.Options
	tracer  *observe.Tracer
	metrics *metrics
	// crash, in tests, ends the service at a named point of its work by returning an error there.
	crash func(point string) error
}

const (
	// submitWriters is how many sets of orders are stored side by side. Two are slower than one: they write to the same
	// pages of the same indexes, which SERIALIZABLE takes for a conflict in one of six sets, and each is half as large.
	submitWriters = 1
	// maxSetLines bounds the lines of the orders of one set.
	maxSetLines = 20_000
	// topicProcess wakes the driver.
	topicProcess = "process"
	// stopTime is how long the orders that were taken in have to be stored when the service stops.
	stopTime = 5 * time.Second
)

// New makes the service; Run makes it work.
func New(deps Deps, config Config) (*Service, error) {
	s := &Service{
		db: deps.DB, bus: deps.Bus, inventory: deps.Inventory, billing: deps.Billing, fulfillment: deps.Fulfillment,
		erp: deps.ERP, tms: deps.TMS, portals: deps.Portals, told: config.Portals, insisting: config.Insisting, holdAbove: cmp.Or(config.HoldAbove, defaultHoldAbove),
		clock: deps.Clock, log: deps.Log, tracer: deps.Tracer, metrics: newMetrics(deps.Registerer), catalogs: store.NewCatalogs(),
		options: inbox.Options{Log: deps.Log, Registerer: deps.Registerer, Tracer: deps.Tracer},
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.told == nil {
		s.told = defaultPortals
	}
	if s.clock == nil {
		s.clock = time.Now
	}
	var err error
	if s.parts, err = rpc.NewValidator(); err != nil {
		return nil, err
	}
	owned := []shard.Option{shard.Log(s.log), shard.Metrics(deps.Registerer)}
	if config.Lease > 0 {
		owned = append(owned, shard.Lease(config.Lease))
	}
	s.owner = shard.NewOwner(deps.DB, "order", owned...)
	if s.bus != nil {
		s.relay = outbox.NewRelay(deps.DB, deps.Bus, s.owner, outbox.Options{
			Log: s.log, Registerer: deps.Registerer, Tracer: deps.Tracer, Told: s.metrics.told,
		})
	}
	s.submits = batch.New(batch.Config{
		Name: "submit_order", Writers: submitWriters, MaxWeight: maxSetLines, MaxQueue: config.SubmitQueue,
		Registerer: deps.Registerer, Tracer: deps.Tracer,
	}, s.storeSet)
	wake, _ := deps.DB.Listen(topicProcess)
	s.driver = process.NewDriver(backend{s}, s.owner, wake, s.log)
	s.driver.Spend(cmp.Or(config.Budget, process.BestEffort.Budget))
	s.driver.Trace(deps.Tracer)
	return s, nil
}

// Register offers the RPCs on a server.
func (s *Service) Register(registrar grpc.ServiceRegistrar) {
	orderv1.RegisterOrderServiceServer(registrar, s)
}

// Run takes shards, drives processes, publishes and consumes events until ctx ends.
func (s *Service) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return s.owner.Run(ctx) })
	group.Go(func() error { return s.driver.Run(ctx) })
	group.Go(func() error { return metric.Keep(ctx, metric.Interval, s.measure) })
	if s.bus != nil {
		group.Go(func() error { return s.relay.Run(ctx) })
		for _, subscription := range s.Subscriptions() {
			consumer := inbox.NewConsumer(s.db, s.bus, s.owner, subscription, s.options)
			group.Go(func() error { return consumer.Run(ctx) })
		}
	}
	group.Go(func() error {
		<-ctx.Done()
		stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTime)
		defer cancel()
		return s.submits.Close(stopping)
	})
	return group.Wait()
}

// now is the time for what is stored: the database keeps microseconds.
func (s *Service) now() time.Time { return s.clock().UTC().Truncate(time.Microsecond) }
