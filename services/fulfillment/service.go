package fulfillment

import (
	"cmp"
	"context"
	"embed"
	"errors"
	"log/slog"
	"regexp"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"

	wmsv1 "github.com/waybill-dev/waybill/gen/waybill/connector/wms/v1"
	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	"github.com/waybill-dev/waybill/internal/batch"
	"github.com/waybill-dev/waybill/internal/bus"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/inbox"
	"github.com/waybill-dev/waybill/internal/observe"
	"github.com/waybill-dev/waybill/internal/outbox"
	"github.com/waybill-dev/waybill/internal/shard"
	"github.com/waybill-dev/waybill/services/fulfillment/internal/domain"
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
	// Warehouses is the connector to the warehouses' own systems.
	Warehouses wmsv1.WarehouseServiceClient
	// Registerer gets the metrics. Nil: none are shown.
	Registerer prometheus.Registerer
	// Tracer makes spans. Nil: none.
	Tracer *observe.Tracer
}

// Config sets bounds. The zero value of each field is its default.
type Config struct {
	// Writers is how many sets of commands may be decided side by side. 2.
	Writers int
	// Dispatch is how the warehouses are told.
	Dispatch DispatchConfig
	// Returns is what is granted without a decision.
	Returns ReturnsConfig
	// CompanyPrefix is the GS1 company prefix of the container codes that are given out: 7 to 10 digits. Empty: none are.
	CompanyPrefix string
	// Parking is how reports are kept about what is not known yet.
	Parking ParkingConfig
}

// ParkingConfig sets how reports are kept about what is not known yet.
type ParkingConfig struct {
	// Poll is how often due reports are looked for. 1 s.
	Poll time.Duration
	// FirstDelay and MaxDelay bound the wait between two attempts. It doubles. 1 s, 1 min.
	FirstDelay, MaxDelay time.Duration
	// KeepFor is how long a report waits before it becomes an exception. 24 h.
	KeepFor time.Duration
}

// ReturnsConfig sets how returns are taken.
type ReturnsConfig struct {
	// AuthorizeWithin is how long after the shipment a return is authorised without being looked at. None is.
	AuthorizeWithin time.Duration
	// ValidDays is how many days goods have to come back when nobody names a day. 30.
	ValidDays int
	// ExpiryPoll is how often returns are looked for whose time is over. 1 min.
	ExpiryPoll time.Duration
}

// DispatchConfig sets the pace at which warehouses are told.
type DispatchConfig struct {
	// Batch is how many orders one call hands over at most. 500.
	Batch int
	// Timeout is how long one call may take. 10 s.
	Timeout time.Duration
	// Poll is how long a row waits at most when no nudge came: those of another replica. 250 ms.
	Poll time.Duration
	// FirstDelay and MaxDelay bound the wait after a failed call. It doubles from call to call, with jitter. 200 ms, 30 s.
	FirstDelay, MaxDelay time.Duration
}

// withDefaults fills what is zero and refuses what cannot be.
func (c Config) withDefaults() (Config, error) {
	d := &c.Dispatch
	c.Writers = cmp.Or(c.Writers, 2)
	d.Batch = cmp.Or(d.Batch, 500)
	d.Timeout = cmp.Or(d.Timeout, 10*time.Second)
	d.Poll = cmp.Or(d.Poll, 250*time.Millisecond)
	d.FirstDelay = cmp.Or(d.FirstDelay, 200*time.Millisecond)
	d.MaxDelay = cmp.Or(d.MaxDelay, 30*time.Second)
	c.Returns.ValidDays = cmp.Or(c.Returns.ValidDays, 30)
	c.Returns.ExpiryPoll = cmp.Or(c.Returns.ExpiryPoll, time.Minute)
	c.Parking.Poll = cmp.Or(c.Parking.Poll, time.Second)
	c.Parking.FirstDelay = cmp.Or(c.Parking.FirstDelay, time.Second)
	c.Parking.MaxDelay = cmp.Or(c.Parking.MaxDelay, time.Minute)
	c.Parking.KeepFor = cmp.Or(c.Parking.KeepFor, 24*time.Hour)
	switch {
	case c.Returns.AuthorizeWithin < 0 || c.Returns.ValidDays < 0 || c.Returns.ExpiryPoll < 0:
		return c, errors.New("fulfillment: a bound of returns is negative")
	case c.CompanyPrefix != "" && !companyPrefix.MatchString(c.CompanyPrefix):
		return c, errors.New("fulfillment: a GS1 company prefix has 7 to 10 digits")
	case c.Parking.Poll < 0 || c.Parking.FirstDelay < 0 || c.Parking.MaxDelay < c.Parking.FirstDelay || c.Parking.KeepFor < 0:
		return c, errors.New("fulfillment: a bound of parking is negative, or the longest delay below the first")
	case c.Writers < 0 || d.Timeout < 0 || d.Poll < 0 || d.FirstDelay < 0:
		return c, errors.New("fulfillment: a bound is negative")
	case d.Batch < 0 || d.Batch > maxSet:
		return c, errors.New("fulfillment: a dispatch batch holds 1 to 1000 orders")
	case d.MaxDelay < d.FirstDelay:
		return c, errors.New("fulfillment: the longest delay is below the first")
	}
	return c, nil
}

// companyPrefix is what a GS1 company prefix looks like.
var companyPrefix = regexp.MustCompile(`^[0-9]{7,10}$`)

// maxSet is how many orders one call to a warehouse may hold, by the contract.
const maxSet = 1000

// Service is the fulfilment service.
type Service struct {
	fulfillmentv1.UnimplementedFulfillmentServiceServer
	db         *database.DB
	clock      func() time.Time
	log        *slog.Logger
	tracer     *observe.Tracer
	warehouses wmsv1.WarehouseServiceClient
	config     Config
	owner      *shard.Owner
	relay      *outbox.Relay
	writes     *batch.Coalescer[call, []domain.Outcome]
	consumers  []*inbox.Consumer
}

// New makes the service; Run makes it work. It fails when the configuration cannot be.
func New(deps Deps, config Config) (*Service, error) {
	config, err := config.withDefaults()
	if err != nil {
		return nil, err
	}
	owner := shard.NewOwner(deps.DB, "fulfillment", shard.Log(deps.Log), shard.Metrics(deps.Registerer))
	s := &Service{
		db: deps.DB, clock: deps.Clock, log: deps.Log, tracer: deps.Tracer, warehouses: deps.Warehouses, config: config, owner: owner,
		relay: outbox.NewRelay(deps.DB, deps.Bus, owner, outbox.Options{Log: deps.Log, Registerer: deps.Registerer, Tracer: deps.Tracer}),
	}
	s.writes = batch.New(batch.Config{
		Name: "fulfillment_write", MaxWeight: maxSet, Writers: config.Writers, Registerer: deps.Registerer,
		Tracer: deps.Tracer,
	}, s.write)
	options := inbox.Options{Log: deps.Log, Registerer: deps.Registerer, Tracer: deps.Tracer}
	for _, subscription := range s.Subscriptions() {
		s.consumers = append(s.consumers, inbox.NewConsumer(deps.DB, deps.Bus, owner, subscription, options))
	}
	return s, nil
}

// Subscriptions are whose events this service follows. Warehouses are told by commands alone.
func (s *Service) Subscriptions() []inbox.Subscription {
	return []inbox.Subscription{
		{
			Consumer: "fulfillment-masterdata", Aggregates: []string{"masterdata.item", "masterdata.node"},
			Effects: inbox.StayInside, Handle: s.onMasterDataChanged,
		},
		{
			Consumer: "fulfillment-billing", Aggregates: []string{"billing.credit_memo"},
			Effects: inbox.StayInside, Handle: s.onCreditMemoIssued,
		},
	}
}

// Register offers the RPCs on a server.
func (s *Service) Register(registrar grpc.ServiceRegistrar) {
	fulfillmentv1.RegisterFulfillmentServiceServer(registrar, s)
}

// Run tells warehouses, publishes events, takes those of others, ends returns that did not come in time and tries
// parked reports again, until ctx ends; then it returns nil.
func (s *Service) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return s.owner.Run(ctx) })
	group.Go(func() error { return s.relay.Run(ctx) })
	group.Go(func() error { return s.dispatch(ctx) })
	group.Go(func() error { return s.expireReturns(ctx) })
	group.Go(func() error { return s.unpark(ctx) })
	for _, consumer := range s.consumers {
		group.Go(func() error { return consumer.Run(ctx) })
	}
	return group.Wait()
}

func (s *Service) now() time.Time { return s.clock().UTC().Truncate(time.Microsecond) }
