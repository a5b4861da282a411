package payment

import (
	"context"
	"embed"

	"google.golang.org/grpc"

	paymentv1 "github.com/waybill-dev/waybill/gen/waybill/connector/payment/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/services/connector/payment/internal/domain"
	"github.com/waybill-dev/waybill/services/connector/payment/internal/store"
)

// Migrations make the tables.
//
//go:embed migrations/*.sql
var Migrations embed.FS

// Service is the sandbox provider.
type Service struct {
	paymentv1.UnimplementedPaymentServiceServer
	db *database.DB
}

// New makes the provider.
func New(db *database.DB) *Service { return &Service{db: db} }

// Register offers the RPCs on a server.
func (s *Service) Register(registrar grpc.ServiceRegistrar) {
	paymentv1.RegisterPaymentServiceServer(registrar, s)
}

// decide lets a set of operations be decided in one transaction, under the locks of all that they touch.
func (s *Service) decide(
	ctx context.Context, name string, keys []string, decideAll func(*domain.Ledger) []domain.Outcome,
) ([]*paymentv1.PaymentOutcome, error) {
	outcomes, err := database.Tx(ctx, s.db, name, func(tx database.Transaction) ([]domain.Outcome, error) {
		operations, err := store.Locked(ctx, tx, keys)
		if err != nil {
			return nil, err
		}
		ledger := domain.NewLedger(operations)
		outcomes := decideAll(ledger)
		return outcomes, store.Save(ctx, tx, ledger.Changed())
	})
	return outcomesToProto(outcomes), err
}
