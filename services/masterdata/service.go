package masterdata

import (
	"context"
	"embed"
	"log/slog"
	"slices"
	"time"
	_ "time/tzdata" // time zones are known on machines without a database of them, too

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	"github.com/waybill-dev/waybill/internal/bus"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/observe"
	"github.com/waybill-dev/waybill/internal/outbox"
	"github.com/waybill-dev/waybill/internal/shard"
	"github.com/waybill-dev/waybill/services/masterdata/internal/domain"
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
	// Registerer gets the metrics. Nil: none are shown.
	Registerer prometheus.Registerer
	// Tracer makes spans. Nil: none.
	Tracer *observe.Tracer
}

// Service is the master data service.
type Service struct {
	masterdatav1.UnimplementedMasterDataServiceServer
	db    *database.DB
	clock func() time.Time
	owner *shard.Owner
	relay *outbox.Relay
}

// New makes the service; Run makes it work.
func New(deps Deps) *Service {
	owner := shard.NewOwner(deps.DB, "masterdata", shard.Log(deps.Log), shard.Metrics(deps.Registerer))
	return &Service{
		db: deps.DB, clock: deps.Clock, owner: owner,
		relay: outbox.NewRelay(deps.DB, deps.Bus, owner, outbox.Options{Log: deps.Log, Registerer: deps.Registerer, Tracer: deps.Tracer}),
	}
}

// Register offers the RPCs on a server.
func (s *Service) Register(registrar grpc.ServiceRegistrar) {
	masterdatav1.RegisterMasterDataServiceServer(registrar, s)
}

// Run publishes the service's events until ctx ends.
func (s *Service) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return s.owner.Run(ctx) })
	group.Go(func() error { return s.relay.Run(ctx) })
	return group.Wait()
}

// kind is what one kind of master data brings to an upsert, which is the same for all kinds.
type kind[T domain.Entity[T]] struct {
	// name is the transaction's, list the request's field that holds the set.
	name, list string
	lock       func(context.Context, database.Transaction, []T) (map[string]T, error)
	// refer completes the set by what it refers to, and names the references that are wrong. Nil: it refers to nothing.
	refer func(context.Context, database.Transaction, []T) ([]T, []fault.Field, error)
	// number counts the versions where not every entity counts its own. Nil: every entity does.
	number func(context.Context, database.Transaction, domain.Plan[T]) (domain.Plan[T], error)
	save   func(context.Context, database.Transaction, []T) error
	event  func(T) (aggregate string, payload proto.Message, version domain.Version)
}

// upsert stores the whole set or nothing of it, and tells each entity that has changed. wrong is what was found at fault
// before.
func upsert[T domain.Entity[T]](ctx context.Context, s *Service, k kind[T], wanted []T, wrong []fault.Field) ([]T, error) {
	now := s.clock().UTC().Truncate(time.Microsecond)
	return database.Tx(ctx, s.db, k.name, func(tx database.Transaction) ([]T, error) {
		stored, err := k.lock(ctx, tx, wanted)
		if err != nil {
			return nil, err
		}
		set, faults := wanted, wrong
		if k.refer != nil {
			var found []fault.Field
			if set, found, err = k.refer(ctx, tx, wanted); err != nil {
				return nil, err
			}
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
