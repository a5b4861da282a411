package billing

import (
	"context"

	"github.com/google/uuid"

	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/services/billing/internal/domain"
	"github.com/waybill-dev/waybill/services/billing/internal/store"
)

// VoidOrderPayments implements the RPC of the same name.
func (s *Service) VoidOrderPayments(
	ctx context.Context, req *billingv1.VoidOrderPaymentsRequest,
) (*billingv1.VoidOrderPaymentsResponse, error) {
	order, err := parseID(id.Order, req.GetOrderId(), "order_id")
	if err != nil {
		return nil, err
	}
	return database.Tx(ctx, s.db, "void_order_payments", func(tx database.Transaction) (*billingv1.VoidOrderPaymentsResponse, error) {
		intents, err := store.IntentsOfOrders(ctx, tx, []uuid.UUID{order})
		if err != nil {
			return nil, err
		}
		voided, err := s.requestVoids(ctx, tx, convertAll(intents, func(intent *domain.Intent) uuid.UUID { return intent.ID }))
		if err != nil {
			return nil, err
		}
		reply := &billingv1.VoidOrderPaymentsResponse{}
		for _, amount := range voided {
			reply.VoidedMinor += amount
		}
		return reply, nil
	})
}
