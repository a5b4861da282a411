package inventory

import (
	"context"

	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/services/inventory/internal/domain"
	"github.com/waybill-dev/waybill/services/inventory/internal/store"
)

// CancelReservation implements the RPC of the same name.
func (s *Service) CancelReservation(
	ctx context.Context, req *inventoryv1.CancelReservationRequest,
) (*inventoryv1.CancelReservationResponse, error) {
	requests, now := cancellationsFromProto(req), s.now()
	outcomes, err := write(ctx, s, "cancel_reservation", func(tx database.Transaction) ([]domain.Cancelled, error) {
		shelf, err := store.LoadForCancel(ctx, tx, requests, now)
		if err != nil {
			return nil, err
		}
		outcomes := shelf.Cancel(requests)
		return outcomes, s.settle(ctx, tx, shelf, now)
	})
	if err != nil {
		return nil, err
	}
	return cancelledToProto(outcomes), nil
}
