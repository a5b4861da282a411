package operations

import (
	"cmp"
	"context"
	"embed"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/reflect/protoreflect"

	backofficev1 "github.com/waybill-dev/waybill/gen/waybill/backoffice/v1"
	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	booksv1 "github.com/waybill-dev/waybill/gen/waybill/books/v1"
	erpv1 "github.com/waybill-dev/waybill/gen/waybill/connector/erp/v1"
	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
	_ "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1" // its events are kept too
	operationsv1 "github.com/waybill-dev/waybill/gen/waybill/operations/v1"
	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	"github.com/waybill-dev/waybill/internal/bus"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/inbox"
	"github.com/waybill-dev/waybill/internal/outbox"
	"github.com/waybill-dev/waybill/internal/policy"
	"github.com/waybill-dev/waybill/internal/shard"
	"github.com/waybill-dev/waybill/services/operations/internal/domain"
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
	// Orders, Fulfillments and Stock are the services that carry out what people decide about exceptions.
	Orders       orderv1.OrderServiceClient
	Fulfillments fulfillmentv1.FulfillmentServiceClient
	Stock        inventoryv1.InventoryServiceClient
	// Billing and Backoffice carry out what people decide about breaks, too.
	Billing    billingv1.BillingServiceClient
	Backoffice backofficev1.BackofficeServiceClient
	// Books are what services say of their own tables, by the name of the service, and ERP what the ERP has. No books: nothing is
	// reconciled.
	Books map[string]booksv1.BooksServiceClient
	ERP   erpv1.ErpServiceClient
	// Registerer gets the metrics. Nil: none are shown.
	Registerer prometheus.Registerer
}

// Rules say whose work exceptions are and by when: see ReadRules.
type Rules = domain.Rules

// Config sets bounds. The zero value of each field is its default.
type Config struct {
	// KeepEvents is for how long every event is kept in the archive. 400 days, as long as most streams keep theirs.
	KeepEvents time.Duration
	// Sweep is how often events are looked for that have been kept long enough. 10 min.
	Sweep time.Duration
	// Rules say whose work an exception is. The zero value: the built-in ones.
	Rules Rules
	// InvoiceWithin is how long after a shipment its invoice may take. 1 h.
	InvoiceWithin time.Duration
	// ReconcileEvery is how often the books are compared without being asked to, from 1 min to 7 days. 1 h.
	ReconcileEvery time.Duration
	// ReconcileSettle is how long a reconciliation waits for facts in flight, from 1 s to 10 min: what differs after it though not
	// everything has arrived counts neither as a break nor as none. 1 min.
	ReconcileSettle time.Duration
	// Consumers are the choices for the consumers of events.
	Consumers inbox.Options
}

const (
	day               = 24 * time.Hour
	defaultKeepEvents = 400 * day
	defaultSweep      = 10 * time.Minute
	defaultInvoice    = time.Hour
	defaultReconcile  = time.Hour
	defaultSettle     = time.Minute
)

func (c Config) withDefaults() (Config, error) {
	c.KeepEvents = cmp.Or(c.KeepEvents, defaultKeepEvents)
	c.Sweep = cmp.Or(c.Sweep, defaultSweep)
	c.InvoiceWithin = cmp.Or(c.InvoiceWithin, defaultInvoice)
	c.ReconcileEvery = cmp.Or(c.ReconcileEvery, defaultReconcile)
	c.ReconcileSettle = cmp.Or(c.ReconcileSettle, defaultSettle)
	if c.ReconcileEvery < time.Minute || c.ReconcileEvery > 7*day || c.ReconcileSettle < time.Second || c.ReconcileSettle > 10*time.Minute {
		return c, errors.New("operations: books are compared every minute to 7 days, and facts are waited for from 1 s to 10 min")
	}
	if c.KeepEvents < day || c.Sweep < 0 || c.InvoiceWithin < 0 {
		return c, errors.New("operations: events are kept for a day at least, and no bound is negative")
	}
	if c.Rules == nil {
		c.Rules = domain.DefaultRules()
	}
	if err := c.Rules.Check(); err != nil {
		return c, fmt.Errorf("operations: exception rules: %w", err)
	}
	return c, nil
}

// Service is the operations service.
type Service struct {
	operationsv1.UnimplementedOperationsServiceServer
	operationsv1.UnimplementedReconciliationServiceServer
	db           *database.DB
	clock        func() time.Time
	log          *slog.Logger
	config       Config
	metrics      *metrics
	orders       orderv1.OrderServiceClient
	fulfillments fulfillmentv1.FulfillmentServiceClient
	stock        inventoryv1.InventoryServiceClient
	billing      billingv1.BillingServiceClient
	backoffice   backofficev1.BackofficeServiceClient
	source       source
	books        *bookMetrics
	bus          *bus.Bus
	words        map[protoreflect.FullName]telling
	owner        *shard.Owner
	relay        *outbox.Relay
	consumers    []*inbox.Consumer
}

// New makes the service; Run makes it work. It fails when the configuration cannot be.
func New(deps Deps, config Config) (*Service, error) {
	config, err := config.withDefaults()
	if err != nil {
		return nil, err
	}
	owner := shard.NewOwner(deps.DB, "operations", shard.Log(deps.Log), shard.Metrics(deps.Registerer))
	s := &Service{
		db: deps.DB, clock: deps.Clock, log: deps.Log, config: config, words: allWords(), owner: owner,
		metrics: newMetrics(deps.Registerer), orders: deps.Orders, fulfillments: deps.Fulfillments, stock: deps.Stock,
		billing: deps.Billing, backoffice: deps.Backoffice, source: source{books: deps.Books, erp: deps.ERP}, bus: deps.Bus,
		books: newBookMetrics(deps.Registerer),
		relay: outbox.NewRelay(deps.DB, deps.Bus, owner, outbox.Options{Log: deps.Log, Registerer: deps.Registerer}),
	}
	options := config.Consumers
	options.Log, options.Registerer = deps.Log, deps.Registerer
	for _, owning := range owners() {
		s.consumers = append(s.consumers, inbox.NewConsumer(deps.DB, deps.Bus, owner, inbox.Subscription{
			Consumer: "operations-" + owning.service, Aggregates: owning.kinds, Handle: s.onEvents, Unknown: true,
		}, options))
	}
	return s, nil
}

// owning is a service that publishes events, with the kinds of aggregates that they are about.
type owning struct {
	service string
	kinds   []string
}

// owners are the services of all events of the contract. States have no history, and are left to their streams.
func owners() []owning {
	var found []owning
	for _, event := range policy.Events() {
		if event.State {
			continue
		}
		i := slices.IndexFunc(found, func(o owning) bool { return o.service == event.Owner })
		if i < 0 {
			i = len(found)
			found = append(found, owning{service: event.Owner})
		}
		if !slices.Contains(found[i].kinds, event.Kind()) {
			found[i].kinds = append(found[i].kinds, event.Kind())
		}
	}
	return found
}

// Register offers the RPCs on a server.
func (s *Service) Register(registrar grpc.ServiceRegistrar) {
	operationsv1.RegisterOperationsServiceServer(registrar, s)
	operationsv1.RegisterReconciliationServiceServer(registrar, s)
}

// Run takes events, publishes the service's own, and lets go of events that have been kept long enough, until ctx ends; then
// it returns nil.
func (s *Service) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return s.owner.Run(ctx) })
	group.Go(func() error { return s.relay.Run(ctx) })
	group.Go(func() error { return s.forget(ctx) })
	group.Go(func() error { return s.watchInvoices(ctx) })
	group.Go(func() error { return s.measure(ctx) })
	group.Go(func() error { return s.reconcile(ctx) })
	group.Go(func() error { return s.measureBreaks(ctx) })
	for _, consumer := range s.consumers {
		group.Go(func() error { return consumer.Run(ctx) })
	}
	return group.Wait()
}

func (s *Service) now() time.Time { return s.clock().UTC().Truncate(time.Microsecond) }
