package wms

import (
	"context"
	"embed"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"

	wmsv1 "github.com/waybill-dev/waybill/gen/waybill/connector/wms/v1"
	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/shard"
	"github.com/waybill-dev/waybill/services/connector/wms/internal/domain"
)

// Migrations make the tables.
//
//go:embed migrations/*.sql
var Migrations embed.FS

// Deps is what the warehouse needs from its process.
type Deps struct {
	DB    *database.DB
	Clock func() time.Time
	Log   *slog.Logger
	// Fulfillment takes the reports.
	Fulfillment fulfillmentv1.FulfillmentServiceClient
	// Registerer gets the metrics. Nil: none are shown.
	Registerer prometheus.Registerer
}

// Service is the sandbox warehouse.
type Service struct {
	wmsv1.UnimplementedWarehouseServiceServer
	db          *database.DB
	clock       func() time.Time
	log         *slog.Logger
	fulfillment fulfillmentv1.FulfillmentServiceClient
	config      Config
	delays      domain.Delays
	shelf       domain.Shelf
	packing     domain.Packing
	owner       *shard.Owner
}

// New makes the warehouse; Run makes it work. It fails when the configuration cannot be.
func New(deps Deps, config Config) (*Service, error) {
	config, err := config.withDefaults()
	if err != nil {
		return nil, err
	}
	return &Service{
		db: deps.DB, clock: deps.Clock, log: deps.Log, fulfillment: deps.Fulfillment, config: config,
		delays: config.delays(), shelf: config.shelf(), packing: config.packing(),
		owner: shard.NewOwner(deps.DB, "connector-wms", shard.Log(deps.Log), shard.Metrics(deps.Registerer)),
	}, nil
}

// Register offers the RPCs on a server.
func (s *Service) Register(registrar grpc.ServiceRegistrar) {
	wmsv1.RegisterWarehouseServiceServer(registrar, s)
}

// Run works on orders until ctx ends, then returns nil.
func (s *Service) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return s.owner.Run(ctx) })
	group.Go(func() error { return s.work(ctx) })
	return group.Wait()
}

func (s *Service) now() time.Time { return s.clock().UTC().Truncate(time.Microsecond) }
