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

	backofficev1 "github.com/waybill-dev/waybill/gen/waybill/backoffice/v1"
	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	booksv1 "github.com/waybill-dev/waybill/gen/waybill/books/v1"
	erpv1 "github.com/waybill-dev/waybill/gen/waybill/connector/erp/v1"
	deliveryv1 "github.com/waybill-dev/waybill/gen/waybill/delivery/v1"
	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	operationsv1 "github.com/waybill-dev/waybill/gen/waybill/operations/v1"
	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	"github.com/waybill-dev/waybill/internal/bus"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/inbox"
	"github.com/waybill-dev/waybill/internal/observe"
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
	// Orders, Fulfillments, Stock and Billing are the services that carry out what people decide about exceptions.
	Orders       orderv1.OrderServiceClient
	Fulfillments fulfillmentv1.FulfillmentServiceClient
	Stock        inventoryv1.InventoryServiceClient
	// Billing and Backoffice carry out what people decide about breaks, too, and Backoffice what about documents that the ERP refused.
	Billing    billingv1.BillingServiceClient
	Backoffice backofficev1.BackofficeServiceClient
	// Masters carries out what people decide about masters that were not taken from the ERP.
	Masters masterdatav1.MasterFeedServiceClient
	// Books are what services say of their own tables, by the name of the service, and ERP what the ERP has. No books: nothing is
	// reconciled.
	Books map[string]booksv1.BooksServiceClient
	ERP   erpv1.ErpServiceClient
	// Deliveries are where the services that take events tell of their dead letters, by the name of the service.
	Deliveries map[string]deliveryv1.DeliveryServiceClient
	// Registerer gets the metrics. Nil: none are shown.
	Registerer prometheus.Registerer
	// Tracer makes spans. Nil: none.
	Tracer *observe.Tracer
}

// Rules say whose work exceptions are and by when: see ReadRules.
type Rules = domain.Rules

// Config sets bounds. The zero value of each field is its default.
type Config struct {
	// KeepEvents is for how long every event is kept in the archive, and with it the timelines. 5 years; the streams let go of
	// most events after 400 days.
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
	// Archive are the choices for the follower of all events. Unless they say otherwise it takes sets of 512, 200 ms apart.
	Archive inbox.Options
}

const (
	day               = 24 * time.Hour
	defaultKeepEvents = 5 * 365 * day
	defaultSweep      = 10 * time.Minute
	defaultInvoice    = time.Hour
	defaultReconcile  = time.Hour
	defaultSettle     = time.Minute
	archiveBatch      = 512
	archivePace       = 200 * time.Millisecond
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
	c.Archive.Batch, c.Archive.Pace = cmp.Or(c.Archive.Batch, archiveBatch), cmp.Or(c.Archive.Pace, archivePace)
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
	operationsv1.UnimplementedDeadLetterServiceServer
	operationsv1.UnimplementedReplayServiceServer
	operationsv1.UnimplementedRebuildServiceServer
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
	masters      masterdatav1.MasterFeedServiceClient
	source       source
	books        *bookMetrics
	bus          *bus.Bus
	deliveries   map[string]deliveryv1.DeliveryServiceClient
	words        words
	owner        *shard.Owner
	relay        *outbox.Relay
	follower     *inbox.Follower
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
		metrics: newMetrics(deps.Registerer, config.Rules.Queues()), orders: deps.Orders, fulfillments: deps.Fulfillments, stock: deps.Stock,
		billing: deps.Billing, backoffice: deps.Backoffice, masters: deps.Masters, source: source{books: deps.Books, erp: deps.ERP}, bus: deps.Bus,
		books:      newBookMetrics(deps.Registerer),
		deliveries: deps.Deliveries,
		relay:      outbox.NewRelay(deps.DB, deps.Bus, owner, outbox.Options{Log: deps.Log, Registerer: deps.Registerer, Tracer: deps.Tracer}),
	}
	options := config.Archive
	options.Log, options.Registerer, options.Tracer = deps.Log, deps.Registerer, deps.Tracer
	s.follower = inbox.NewFollower(deps.DB, deps.Bus, owner, inbox.Following{Subscription: s.subscription(), Aside: s.keepOnly}, options)
	return s, nil
}

// subscription follows everything. It shows it, and asks nobody outside.
func (s *Service) subscription() inbox.Subscription {
	return inbox.Subscription{
		Consumer: "operations-archive", Aggregates: kinds(), Unknown: true, WholeStreams: true,
		Effects: inbox.StayInside, Handle: s.onEvents,
	}
}

// Subscriptions are whose events this service follows: everybody's.
func (s *Service) Subscriptions() []inbox.Subscription { return []inbox.Subscription{s.subscription()} }

// kinds are the kinds of aggregates of all events of the contract. States have no history, and are left to their streams.
func kinds() []string {
	var found []string
	for _, event := range policy.Events() {
		if !event.State && !slices.Contains(found, event.Kind()) {
			found = append(found, event.Kind())
		}
	}
	return found
}

// Register offers the RPCs on a server.
func (s *Service) Register(registrar grpc.ServiceRegistrar) {
	operationsv1.RegisterOperationsServiceServer(registrar, s)
	operationsv1.RegisterReconciliationServiceServer(registrar, s)
	operationsv1.RegisterDeadLetterServiceServer(registrar, s)
	operationsv1.RegisterReplayServiceServer(registrar, s)
	operationsv1.RegisterRebuildServiceServer(registrar, s)
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
	group.Go(func() error { return s.follower.Run(ctx) })
	return group.Wait()
}

func (s *Service) now() time.Time { return s.clock().UTC().Truncate(time.Microsecond) }
