package order

import (
	"context"
	"strings"

	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/internal/idempotency"
	"github.com/waybill-dev/waybill/internal/rpc"
	"github.com/waybill-dev/waybill/services/order/internal/domain"
)

// scopeHolds lets a caller place and lift holds of every kind; with a dot and the kind, of that kind.
const scopeHolds = "orders.holds"

// PlaceHold implements the RPC of the same name.
func (s *Service) PlaceHold(ctx context.Context, req *orderv1.PlaceHoldRequest) (*orderv1.PlaceHoldResponse, error) {
	kind := holdTypeFromProto(req.GetType())
	if err := mayHold(ctx, kind); err != nil {
		return nil, err
	}
	key := requestKey(rpc.IdentityFrom(ctx), "PlaceHold", req.GetRequestId())
	_, err := database.Tx(ctx, s.db, "place_hold", func(tx database.Transaction) (*orderv1.PlaceHoldResponse, error) {
		return idempotency.Once(ctx, tx, key, req, func() (*orderv1.PlaceHoldResponse, error) {
			h, err := s.hold(ctx, tx, req.GetOrderId())
			if err != nil {
				return nil, err
			}
			now := s.now()
			changed, err := h.order.PlaceHold(kind, actorOf(ctx), req.GetReason(), now)
			if err != nil || !changed {
				return &orderv1.PlaceHoldResponse{}, err
			}
			return &orderv1.PlaceHoldResponse{}, h.keep(ctx, tx, now)
		})
	})
	if err != nil {
		return nil, err
	}
	orderID, err := id.Parse(id.Order, req.GetOrderId())
	if err != nil {
		return nil, err
	}
	order, err := s.loadOrder(ctx, orderID)
	return &orderv1.PlaceHoldResponse{Order: order}, err
}

// mayHold refuses a caller that may not decide on holds of a kind.
func mayHold(ctx context.Context, kind domain.HoldType) error {
	caller, scope := rpc.IdentityFrom(ctx), scopeHolds+"."+strings.ToLower(string(kind))
	if caller.Allows(scopeHolds) || caller.Allows(scope) {
		return nil
	}
	return fault.New(fault.Denied, "HOLD_DENIED", "the caller may not decide on holds of type %s: it needs the scope %s", kind, scope).
		WithField("type", "HOLD_DENIED", "not one of the caller's")
}
