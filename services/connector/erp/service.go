package erp

import (
	"embed"
	"time"

	"google.golang.org/grpc"

	erpv1 "github.com/waybill-dev/waybill/gen/waybill/connector/erp/v1"
	sandboxv1 "github.com/waybill-dev/waybill/gen/waybill/sandbox/v1"
	"github.com/waybill-dev/waybill/internal/database"
)

// Migrations make the tables.
//
//go:embed migrations/*.sql
var Migrations embed.FS

// Service is the sandbox ERP.
type Service struct {
	erpv1.UnimplementedErpServiceServer
	sandboxv1.UnimplementedSandboxErpServiceServer
	db    *database.DB
	clock func() time.Time
}

// New makes the ERP.
func New(db *database.DB, clock func() time.Time) *Service { return &Service{db: db, clock: clock} }

// Register offers the RPCs on a server.
func (s *Service) Register(registrar grpc.ServiceRegistrar) {
	erpv1.RegisterErpServiceServer(registrar, s)
}

// RegisterSandbox offers what a person does in the ERP itself: not behind its dials.
func (s *Service) RegisterSandbox(registrar grpc.ServiceRegistrar) {
	sandboxv1.RegisterSandboxErpServiceServer(registrar, s)
}
