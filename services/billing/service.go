package billing

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

	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	paymentv1 "github.com/waybill-dev/waybill/gen/waybill/connector/payment/v1"
	taxv1 "github.com/waybill-dev/waybill/gen/waybill/connector/tax/v1"
	"github.com/waybill-dev/waybill/internal/batch"
	"github.com/waybill-dev/waybill/internal/bus"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/inbox"
	"github.com/waybill-dev/waybill/internal/metric"
	"github.com/waybill-dev/waybill/internal/observe"
	"github.com/waybill-dev/waybill/internal/outbox"
	"github.com/waybill-dev/waybill/internal/shard"
	"github.com/waybill-dev/waybill/services/billing/internal/domain"
)

// Migrations make the tables.
//
//go:embed migrations/*.sql
var Migrations embed.FS

// Deps is what the service needs from its process.
type Deps struct {
	DB *database.DB
	// Bus carries the events. Nil: none are published and none are consumed, for measurements.
	Bus   *bus.Bus
	Clock func() time.Time
	Log   *slog.Logger
	// Tax is the connector to the tax engine.
	Tax taxv1.TaxServiceClient
	// Payments is the connector to the payment providers.
	Payments paymentv1.PaymentServiceClient
	// Registerer gets the metrics. Nil: none are shown.
	Registerer prometheus.Registerer
	// Tracer makes spans. Nil: none.
	Tracer *observe.Tracer
}

// Config sets bounds. The zero value of each field is its default.
type Config struct {
	// Writers is how many sets of claims, and how many of releases, may be decided side by side. 2.
	Writers int
	// IssueBatch is how many invoices are taxed and issued together at most. 256.
	IssueBatch int
	// TaxTimeout is how long the tax engine may take for a set. 10 s.
	TaxTimeout time.Duration
	// Poll is how long a pending invoice waits at most when no nudge came: those of another replica. 250 ms.
	Poll time.Duration
	// FirstDelay and MaxDelay bound the wait after a failure of the tax engine. It doubles, with jitter. 200 ms, 10 s.
	FirstDelay, MaxDelay time.Duration
	// RefusalDelay is the first wait of an invoice that the engine refused; it doubles up to an hour. 1 min.
	RefusalDelay time.Duration
	// PaymentTimeout is how long a payment provider may take for a set. 5 s.
	PaymentTimeout time.Duration
	// PaymentTakeUp is after what time the drain asks what became of an authorisation whose caller has not recorded it: longer
	// than the call may take. 30 s.
	PaymentTakeUp time.Duration
	// OverduePoll is how often it is looked for invoices that have become overdue. 1 min.
	OverduePoll time.Duration
	// Lease is how long the work of a replica that died lies still. 10 s.
	Lease time.Duration
}

func (c Config) withDefaults() (Config, error) {
	c.Writers = cmp.Or(c.Writers, 2)
	c.IssueBatch = cmp.Or(c.IssueBatch, 256)
	c.TaxTimeout = cmp.Or(c.TaxTimeout, 10*time.Second)
	c.Poll = cmp.Or(c.Poll, 250*time.Millisecond)
	c.FirstDelay = cmp.Or(c.FirstDelay, 200*time.Millisecond)
	c.MaxDelay = cmp.Or(c.MaxDelay, 10*time.Second)
	c.RefusalDelay = cmp.Or(c.RefusalDelay, time.Minute)
	c.PaymentTimeout = cmp.Or(c.PaymentTimeout, 5*time.Second)
	c.PaymentTakeUp = cmp.Or(c.PaymentTakeUp, 30*time.Second)
	c.OverduePoll = cmp.Or(c.OverduePoll, time.Minute)
	c.Lease = cmp.Or(c.Lease, 10*time.Second)
	switch {
	case c.Writers < 0 || c.TaxTimeout < 0 || c.Poll < 0 || c.FirstDelay < 0 || c.RefusalDelay < 0 || c.OverduePoll < 0 || c.Lease < 0:
		return c, errors.New("billing: a bound is negative")
	case c.PaymentTimeout < 0 || c.PaymentTakeUp < 0:
		return c, errors.New("billing: a bound of payments is negative")
	case c.IssueBatch < 0 || c.IssueBatch > maxSet:
		return c, errors.New("billing: a set of invoices holds 1 to 1000")
	case c.MaxDelay < c.FirstDelay:
		return c, errors.New("billing: the longest delay is below the first")
	}
	return c, nil
}

const (
	// maxSet is how many documents one call to the tax engine may hold, by the contract, and how many claims one
	// transaction decides.
	maxSet = 1000
	// topicPending wakes the issuing of invoices.
	topicPending = "invoice_pending"
	// stopTime is how long the calls that were taken in have to be decided when the service stops.
	stopTime = 5 * time.Second
)

// Service is the billing service.
type Service struct {
	billingv1.UnimplementedBillingServiceServer
	db       *database.DB
	bus      *bus.Bus
	clock    func() time.Time
	log      *slog.Logger
	tracer   *observe.Tracer
	tax      taxv1.TaxServiceClient
	payments paymentv1.PaymentServiceClient
	config   Config
	owner    *shard.Owner
	relay    *outbox.Relay
	inbox    inbox.Options
	claims   *batch.Coalescer[claimCall, []*domain.Claim]
	releases *batch.Coalescer[releaseCall, []int64]
	turns    turns
	metrics  *metrics
}

// New makes the service; Run makes it work. It fails when the configuration cannot be.
func New(deps Deps, config Config) (*Service, error) {
	config, err := config.withDefaults()
	if err != nil {
		return nil, err
	}
	s := &Service{
		db: deps.DB, bus: deps.Bus, clock: deps.Clock, log: deps.Log, tracer: deps.Tracer, tax: deps.Tax, payments: deps.Payments, config: config,
		metrics: newMetrics(deps.Registerer),
		owner:   shard.NewOwner(deps.DB, "billing", shard.Log(deps.Log), shard.Metrics(deps.Registerer), shard.Lease(config.Lease)),
		inbox:   inbox.Options{Log: deps.Log, Registerer: deps.Registerer, Tracer: deps.Tracer},
	}
	if deps.Bus != nil {
		s.relay = outbox.NewRelay(deps.DB, deps.Bus, s.owner, outbox.Options{Log: deps.Log, Registerer: deps.Registerer, Tracer: deps.Tracer})
	}
	s.claims = batch.New(batch.Config{
		Name: "claim_credit", MaxWeight: maxSet, Writers: config.Writers, Registerer: deps.Registerer,
		Tracer: deps.Tracer,
	}, s.claimSet)
	s.releases = batch.New(batch.Config{
		Name: "release_credit", MaxWeight: maxSet, Writers: config.Writers, Registerer: deps.Registerer,
		Tracer: deps.Tracer,
	}, s.releaseSet)
	return s, nil
}

// Register offers the RPCs on a server.
func (s *Service) Register(registrar grpc.ServiceRegistrar) {
	billingv1.RegisterBillingServiceServer(registrar, s)
}

// Run issues invoices, consumes and publishes events until ctx ends, then returns nil.
func (s *Service) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return s.owner.Run(ctx) })
	group.Go(func() error { return s.issueInvoices(ctx) })
	group.Go(func() error { return s.issueCreditMemos(ctx) })
	group.Go(func() error { return s.settlePayments(ctx) })
	group.Go(func() error { return s.tellOverdue(ctx) })
	group.Go(func() error { return metric.Keep(ctx, metric.Interval, s.measure) })
	if s.bus != nil {
		group.Go(func() error { return s.relay.Run(ctx) })
		for _, subscription := range s.Subscriptions() {
			consumer := inbox.NewConsumer(s.db, s.bus, s.owner, subscription, s.inbox)
			group.Go(func() error { return consumer.Run(ctx) })
		}
	}
	group.Go(func() error {
		<-ctx.Done()
		stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTime)
		defer cancel()
		return errors.Join(s.claims.Close(stopping), s.releases.Close(stopping))
	})
	return group.Wait()
}

// Subscriptions are whose events this service follows. Orders, shipments and returns end in tax, payments and the ERP; changed
// terms block orders, which sends nothing.
func (s *Service) Subscriptions() []inbox.Subscription {
	const inside, outside = inbox.StayInside, inbox.CallOutside
	return []inbox.Subscription{
		{Consumer: "billing-accounts", Aggregates: []string{"masterdata.account"}, Effects: inside, Handle: s.onAccountChanged},
		{Consumer: "billing-legal-entities", Aggregates: []string{"masterdata.legal_entity"}, Effects: inside, Handle: s.onLegalEntityChanged},
		{Consumer: "billing-exchange-rates", Aggregates: []string{"masterdata.exchange_rate"}, Effects: inside, Handle: s.onExchangeRateChanged},
		{Consumer: "billing-orders", Aggregates: []string{"order.order"}, Effects: outside, Handle: s.onOrderChanged},
		{Consumer: "billing-shipments", Aggregates: []string{"fulfillment.shipment"}, Effects: outside, Handle: s.onShipmentShipped},
		{Consumer: "billing-returns", Aggregates: []string{"fulfillment.return"}, Effects: outside, Handle: s.onReturnInspected},
	}
}

// now is the time for what is stored: the database keeps microseconds.
func (s *Service) now() time.Time { return s.clock().UTC().Truncate(time.Microsecond) }
