package inventory

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
	"google.golang.org/protobuf/reflect/protoreflect"

	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
	"github.com/waybill-dev/waybill/internal/batch"
	"github.com/waybill-dev/waybill/internal/bus"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/internal/inbox"
	"github.com/waybill-dev/waybill/internal/observe"
	"github.com/waybill-dev/waybill/internal/outbox"
	"github.com/waybill-dev/waybill/internal/shard"
	"github.com/waybill-dev/waybill/services/inventory/internal/domain"
	"github.com/waybill-dev/waybill/services/inventory/internal/store"
)

// Migrations make the tables.
//
//go:embed migrations/*.sql
var Migrations embed.FS

// Deps is what the service needs from its process.
type Deps struct {
	DB    *database.DB
	Bus   *bus.Bus
	Clock func() time.Time
	Log   *slog.Logger
}

// Config are the choices. The zero value of each field is its default.
type Config struct {
	// MaxBatchCalls and MaxBatchLines bound what one transaction reserves. 64 and 4,096.
	MaxBatchCalls, MaxBatchLines int
	// ServePoll is how often demand that waits is compared with stock, beside the transactions that do it themselves.
	// 10 s.
	ServePoll time.Duration
	// ExpirePoll is how often lots after their last day of sale are looked for. 10 min.
	ExpirePoll time.Duration
	// StalePoll is how often it is looked for stock of which an outside system has not told for too long. 1 s.
	StalePoll time.Duration
	// HoldPoll is how often holds whose time is over are ended, beside the requests that need their stock. 2 s.
	HoldPoll time.Duration
	// Registerer gets the metrics. None without it.
	Registerer prometheus.Registerer
	// Tracer makes spans. Nil: none.
	Tracer *observe.Tracer
}

func (c Config) withDefaults() Config {
	c.MaxBatchCalls = cmp.Or(c.MaxBatchCalls, 64)
	c.MaxBatchLines = cmp.Or(c.MaxBatchLines, 4096)
	c.ServePoll = cmp.Or(c.ServePoll, 10*time.Second)
	c.ExpirePoll = cmp.Or(c.ExpirePoll, 10*time.Minute)
	c.StalePoll = cmp.Or(c.StalePoll, time.Second)
	c.HoldPoll = cmp.Or(c.HoldPoll, 2*time.Second)
	return c
}

// drainTime is how long calls under way have when the service stops.
const drainTime = 5 * time.Second

// Service is the inventory service.
type Service struct {
	inventoryv1.UnimplementedInventoryServiceServer
	db      *database.DB
	bus     *bus.Bus
	clock   func() time.Time
	log     *slog.Logger
	config  Config
	gate    gate
	items   *catalogue
	metrics *metrics

	reservations *batch.Coalescer[reserveCall, []domain.Outcome]
	owner        *shard.Owner
	relay        *outbox.Relay
	consumers    []*inbox.Consumer
}

// New makes the service; Run makes it work.
func New(deps Deps, config Config) (*Service, error) {
	if deps.DB == nil || deps.Bus == nil || deps.Clock == nil || deps.Log == nil {
		return nil, errors.New("inventory: a dependency is missing")
	}
	s := &Service{
		db: deps.DB, bus: deps.Bus, clock: deps.Clock, log: deps.Log, config: config.withDefaults(),
		gate: newGate(), items: newCatalogue(), metrics: newMetrics(config.Registerer),
	}
	s.reservations = batch.New(batch.Config{
		Name: "reserve", MaxBatch: s.config.MaxBatchCalls, MaxWeight: s.config.MaxBatchLines, Registerer: config.Registerer,
		Tracer: config.Tracer,
	}, s.reserveCalls)
	s.owner = shard.NewOwner(deps.DB, "inventory", shard.Log(deps.Log), shard.Metrics(config.Registerer))
	s.relay = outbox.NewRelay(deps.DB, deps.Bus, s.owner, outbox.Options{
		StateSources: map[protoreflect.FullName]outbox.StateSource{
			(&inventoryv1.AvailabilityChanged{}).ProtoReflect().Descriptor().FullName(): s.availabilityStates,
		},
		Log: deps.Log, Registerer: config.Registerer, Tracer: config.Tracer,
	})
	options := inbox.Options{Log: deps.Log, Registerer: config.Registerer, Tracer: config.Tracer, Gate: s.gate.enter}
	for _, subscription := range s.Subscriptions() {
		s.consumers = append(s.consumers, inbox.NewConsumer(deps.DB, deps.Bus, s.owner, subscription, options))
	}
	return s, nil
}

// Subscriptions are whose events this service follows. Stock that comes free or comes in serves demand that waits, which is then
// released to warehouses.
func (s *Service) Subscriptions() []inbox.Subscription {
	return []inbox.Subscription{
		{
			Consumer: "inventory-masterdata", Aggregates: []string{"masterdata.item", "masterdata.node"},
			Effects: inbox.StayInside, Handle: s.onMasterDataChanged,
		},
		{
			Consumer: "inventory-fulfillment", Aggregates: []string{"fulfillment.fulfillment", "fulfillment.shipment"},
			Effects: inbox.CallOutside, Handle: s.onFulfillmentFacts,
		},
		{
			Consumer: "inventory-inbound", Aggregates: []string{"fulfillment.receipt", "fulfillment.return"},
			Effects: inbox.CallOutside, Handle: s.onInboundFacts,
		},
	}
}

// Register offers the RPCs on a server.
func (s *Service) Register(registrar grpc.ServiceRegistrar) {
	inventoryv1.RegisterInventoryServiceServer(registrar, s)
}

// Run publishes the service's events, takes those of others and serves demand that waits, until ctx ends.
func (s *Service) Run(ctx context.Context) error {
	group, running := errgroup.WithContext(ctx)
	group.Go(func() error { return s.owner.Run(running) })
	group.Go(func() error { return s.relay.Run(running) })
	for _, consumer := range s.consumers {
		group.Go(func() error { return consumer.Run(running) })
	}
	group.Go(func() error { return s.serveWaiting(running) })
	group.Go(func() error { return s.expireLots(running) })
	group.Go(func() error { return s.expireHolds(running) })
	group.Go(func() error { return s.goStale(running) })
	err := group.Wait()
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTime)
	defer cancel()
	return errors.Join(err, s.reservations.Close(drain))
}

// now is the time that is stored: the database keeps microseconds.
func (s *Service) now() time.Time { return s.clock().UTC().Truncate(time.Microsecond) }

// write runs a transaction that writes stock when it is its turn.
func write[T any](ctx context.Context, s *Service, name string, fn func(tx database.Transaction) (T, error)) (T, error) {
	leave, err := s.gate.enter(ctx)
	if err != nil {
		var nothing T
		return nothing, err
	}
	defer leave()
	return database.Tx(ctx, s.db, name, fn)
}

// settle saves what the commands changed on the shelf, and tells it.
func (s *Service) settle(ctx context.Context, tx database.Transaction, shelf *domain.Shelf, now time.Time) error {
	changes := shelf.Changes(id.New)
	writes := database.NewPipeline(tx)
	if err := store.Save(ctx, writes, changes, now); err != nil {
		return err
	}
	if err := outbox.Add(ctx, writes, s.events(changes, now)...); err != nil {
		return err
	}
	if shelf.DemandLeft() {
		tx.Notify(topicDemand)
	}
	keys := make([]outbox.StateKey, len(changes.Balances))
	for i, balance := range changes.Balances {
		keys[i] = stateKey(balance.StockKey)
	}
	if err := outbox.AddState(ctx, writes, &inventoryv1.AvailabilityChanged{}, keys...); err != nil {
		return err
	}
	return writes.Flush(ctx)
}
