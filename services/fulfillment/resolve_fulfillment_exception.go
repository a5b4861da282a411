package fulfillment

import (
	"context"

	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/internal/outbox"
	"github.com/waybill-dev/waybill/services/fulfillment/internal/domain"
	"github.com/waybill-dev/waybill/services/fulfillment/internal/store"
)

// ResolveFulfillmentException implements the RPC of the same name.
func (s *Service) ResolveFulfillmentException(
	ctx context.Context, req *fulfillmentv1.ResolveFulfillmentExceptionRequest,
) (*fulfillmentv1.ResolveFulfillmentExceptionResponse, error) {
	missing := fault.New(fault.NotFound, "EXCEPTION_NOT_FOUND", "there is no exception %q", req.GetExceptionId())
	parsed, err := id.Parse(id.FulfillmentException, req.GetExceptionId())
	if err != nil {
		return nil, missing
	}
	resolved, err := database.Tx(ctx, s.db, "resolve_exception", func(tx database.Transaction) (*domain.Exception, error) {
		found, err := store.FindException(ctx, tx, parsed)
		if err != nil || found == nil || !visible(ctx, found.PartnerID) {
			return nil, err
		}
		resolved, now, err := store.ResolveException(ctx, tx, parsed, req.GetResolution(), s.now())
		if err != nil || !now {
			return resolved, err
		}
		return resolved, outbox.Add(ctx, tx, exceptionResolved(*resolved))
	})
	switch {
	case err != nil:
		return nil, err
	case resolved == nil:
		return nil, missing
	}
	return &fulfillmentv1.ResolveFulfillmentExceptionResponse{Exception: exceptionToProto(*resolved)}, nil
}
