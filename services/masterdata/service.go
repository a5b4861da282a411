package masterdata

import (
	"cmp"
	"context"
	"embed"
	"errors"
	"log/slog"
	"slices"
	"time"
	_ "time/tzdata" // time zones are known on machines without a database of them, too

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	erpv1 "github.com/waybill-dev/waybill/gen/waybill/connector/erp/v1"
	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	"github.com/waybill-dev/waybill/internal/bus"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/observe"
	"github.com/waybill-dev/waybill/internal/outbox"
	"github.com/waybill-dev/waybill/internal/rpc"
	"github.com/waybill-dev/waybill/internal/shard"
	"github.com/waybill-dev/waybill/services/masterdata/internal/domain"
	"github.com/waybill-dev/waybill/services/masterdata/internal/store"
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
	// ERP is where items, customers and prices flow in from. Nil: from nowhere.
	ERP erpv1.ErpServiceClient
	// Registerer gets the metrics. Nil: none are shown.
	Registerer prometheus.Registerer
	// Tracer makes spans. Nil: none.
	Tracer *observe.Tracer
}

// Config sets the bounds of what flows in from the ERP. The zero value of each field is its default.
type Config struct {
	// Poll is how long after the end of the feed the ERP is asked for what is new. 5 s.
	Poll time.Duration
	// PageSize is how many masters are asked for at once. 500; at most 1,000.
	PageSize int
	// Timeout is how long a call may take. 30 s.
	Timeout time.Duration
	// FirstDelay and MaxDelay bound the wait after a page that was not taken. It doubles from time to time, with jitter. 200 ms, 30 s.
	FirstDelay, MaxDelay time.Duration
	// Tries is how often an entry that may settle by itself is tried before it waits for a person, FirstTry how long after the first time,
	// doubled from try to try up to LongestTry. 8, 5 s, 10 min.
	Tries                int
	FirstTry, LongestTry time.Duration
	// Measure is how often the feed is measured for the metrics. 5 s.
	Measure time.Duration
	// Lease is how long the work of a replica that died lies still. 10 s.
	Lease time.Duration
}

// maxPage is how many masters one call may ask for, by the contract.
const maxPage = 1000

func (c Config) withDefaults() (Config, error) {
	c.Poll = cmp.Or(c.Poll, 5*time.Second)
	c.PageSize = cmp.Or(c.PageSize, 500)
	c.Timeout = cmp.Or(c.Timeout, 30*time.Second)
	c.FirstDelay = cmp.Or(c.FirstDelay, 200*time.Millisecond)
	c.MaxDelay = cmp.Or(c.MaxDelay, 30*time.Second)
	c.Tries = cmp.Or(c.Tries, 8)
	c.FirstTry = cmp.Or(c.FirstTry, 5*time.Second)
	c.LongestTry = cmp.Or(c.LongestTry, 10*time.Minute)
	c.Measure = cmp.Or(c.Measure, 5*time.Second)
	switch {
	case c.PageSize < 1 || c.PageSize > maxPage:
		return c, errors.New("masterdata: a page of the ERP's masters holds 1 to 1,000")
	case c.Tries < 0:
		return c, errors.New("masterdata: nothing is tried less often than never")
	case min(c.Poll, c.Timeout, c.FirstDelay, c.FirstTry, c.Measure, c.Lease) < 0 || c.MaxDelay < c.FirstDelay || c.LongestTry < c.FirstTry:
		return c, errors.New("masterdata: a time is negative, or the longest below the first")
	}
	return c, nil
}

func (c Config) patience() domain.Patience {
	return domain.Patience{Tries: int64(c.Tries), First: c.FirstTry, Longest: c.LongestTry}
}

// Service is the master data service.
type Service struct {
	masterdatav1.UnimplementedMasterDataServiceServer
	masterdatav1.UnimplementedMasterFeedServiceServer
	db        *database.DB
	clock     func() time.Time
	log       *slog.Logger
	config    Config
	erp       erpv1.ErpServiceClient // nil: nothing flows in
	validator *rpc.Validator
	owner     *shard.Owner
	relay     *outbox.Relay
	metrics   *metrics
}

// New makes the service; Run makes it work. It fails when a bound cannot be.
func New(deps Deps, config Config) (*Service, error) {
	config, err := config.withDefaults()
	if err != nil {
		return nil, err
	}
	validator, err := rpc.NewValidator()
	if err != nil {
		return nil, err
	}
	owned := []shard.Option{shard.Log(deps.Log), shard.Metrics(deps.Registerer)}
	if config.Lease > 0 {
		owned = append(owned, shard.Lease(config.Lease))
	}
	owner := shard.NewOwner(deps.DB, "masterdata", owned...)
	return &Service{
		db: deps.DB, clock: deps.Clock, log: deps.Log, config: config, erp: deps.ERP, validator: validator, owner: owner,
		relay:   outbox.NewRelay(deps.DB, deps.Bus, owner, outbox.Options{Log: deps.Log, Registerer: deps.Registerer, Tracer: deps.Tracer}),
		metrics: newMetrics(deps.Registerer),
	}, nil
}

// Register offers the RPCs on a server.
func (s *Service) Register(registrar grpc.ServiceRegistrar) {
	masterdatav1.RegisterMasterDataServiceServer(registrar, s)
	masterdatav1.RegisterMasterFeedServiceServer(registrar, s)
}

// Run publishes the service's events, and takes masters from the ERP where one is connected, until ctx ends.
func (s *Service) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return s.owner.Run(ctx) })
	group.Go(func() error { return s.relay.Run(ctx) })
	if s.erp != nil {
		group.Go(func() error { return s.takeMasters(ctx) })
		group.Go(func() error { return s.measure(ctx) })
	}
	return group.Wait()
}

func (s *Service) now() time.Time { return s.clock().UTC().Truncate(time.Microsecond) }

// kind is what one kind of master data brings to an upsert, which is the same for all kinds.
type kind[T domain.Entity[T]] struct {
	// name is the transaction's, list the request's field that holds the set.
	name, list string
	lock       func(context.Context, database.Transaction, []T) (map[string]T, error)
	// refer loads what the set refers to, given what of it is stored. What it gives completes a part of the set, or all of it, and names
	// the references that are wrong. Nil: it refers to nothing.
	refer func(ctx context.Context, tx database.Transaction, wanted []T, stored map[string]T) (func([]T) ([]T, []fault.Field), error)
	// number counts the versions where not every entity counts its own. Nil: every entity does.
	number func(context.Context, database.Transaction, domain.Plan[T]) (domain.Plan[T], error)
	save   func(context.Context, database.Transaction, []T) error
	// came names what has changed, for what the ERP says and waits for it. Nil: nothing waits for this kind.
	came  func(changed []T, stored map[string]T) []string
	event func(T) (aggregate string, payload proto.Message, version domain.Version)
}

// upsert stores the whole set or nothing of it, and tells each entity that has changed. wrong is what was found at fault
// before.
func upsert[T domain.Entity[T]](ctx context.Context, s *Service, k kind[T], wanted []T, wrong []fault.Field) ([]T, error) {
	now := s.now()
	return database.Tx(ctx, s.db, k.name, func(tx database.Transaction) ([]T, error) {
		stored, err := k.lock(ctx, tx, wanted)
		if err != nil {
			return nil, err
		}
		set, faults := wanted, wrong
		if k.refer != nil {
			check, err := k.refer(ctx, tx, wanted, stored)
			if err != nil {
				return nil, err
			}
			var found []fault.Field
			set, found = check(wanted)
			faults = slices.Concat(wrong, found)
		}
		plan, err := domain.Decide(stored, set, k.list, faults, now)
		if err != nil || len(plan.Changed) == 0 {
			return plan.Result, err
		}
		if k.number != nil {
			if plan, err = k.number(ctx, tx, plan); err != nil {
				return nil, err
			}
		}
		if err := k.save(ctx, tx, plan.Changed); err != nil {
			return nil, err
		}
		if k.came != nil {
			if _, err := store.WakeSetAsideEntries(ctx, tx, k.came(plan.Changed, stored), now); err != nil {
				return nil, err
			}
		}
		return plan.Result, outbox.Add(ctx, tx, events(k, plan.Changed)...)
	})
}

func events[T domain.Entity[T]](k kind[T], changed []T) []outbox.Event {
	told := make([]outbox.Event, 0, len(changed))
	for _, entity := range changed {
		aggregate, payload, version := k.event(entity)
		told = append(told, outbox.Event{
			Aggregate: aggregate, Sequence: version.Number, Shard: shard.Of(aggregate), Payload: payload,
			OccurredAt: version.UpdatedAt,
		})
	}
	return told
}

func keys[T domain.Entity[T]](entities []T) []string {
	found := make([]string, 0, len(entities))
	for _, entity := range entities {
		found = append(found, entity.Key())
	}
	return found
}
