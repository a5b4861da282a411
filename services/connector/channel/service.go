package channel

import (
	"embed"
	"time"

	"google.golang.org/grpc"

	channelv1 "github.com/waybill-dev/waybill/gen/waybill/connector/channel/v1"
	"github.com/waybill-dev/waybill/internal/database"
)

// Migrations make the tables.
//
//go:embed migrations/*.sql
var Migrations embed.FS

// Service is the sandbox of the portals.
type Service struct {
	channelv1.UnimplementedChannelServiceServer
	db    *database.DB
	clock func() time.Time
}

// New makes the portals.
func New(db *database.DB, clock func() time.Time) *Service { return &Service{db: db, clock: clock} }

// Register offers the RPCs on a server.
func (s *Service) Register(registrar grpc.ServiceRegistrar) {
	channelv1.RegisterChannelServiceServer(registrar, s)
}
