package fulfillment

import (
	"context"

	"github.com/google/uuid"

	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	"github.com/waybill-dev/waybill/internal/rpc"
	"github.com/waybill-dev/waybill/services/fulfillment/internal/domain"
	"github.com/waybill-dev/waybill/services/fulfillment/internal/store"
)

// ListFulfillmentExceptions implements the RPC of the same name. A partner sees those of its own orders.
func (s *Service) ListFulfillmentExceptions(
	ctx context.Context, req *fulfillmentv1.ListFulfillmentExceptionsRequest,
) (*fulfillmentv1.ListFulfillmentExceptionsResponse, error) {
	filter := store.ExceptionFilter{
		Kind: req.GetKind(), OrderID: req.GetOrderId(), PartnerID: rpc.IdentityFrom(ctx).Partner, Resolved: req.GetIncludeResolved(),
	}
	found, token, err := page(req, func(before uuid.UUID, limit int) ([]domain.Exception, error) {
		return store.ListExceptionsBefore(ctx, s.db.Pool(), filter, before, limit)
	}, func(one domain.Exception) uuid.UUID { return one.ID })
	if err != nil {
		return nil, err
	}
	return &fulfillmentv1.ListFulfillmentExceptionsResponse{
		Exceptions: convertAll(found, exceptionToProto), NextPageToken: token,
	}, nil
}
