package order

import (
	"context"
	"fmt"

	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/internal/idempotency"
	"github.com/waybill-dev/waybill/internal/quantity"
	"github.com/waybill-dev/waybill/internal/rpc"
	"github.com/waybill-dev/waybill/services/order/internal/domain"
)

// CancelOrder implements the RPC of the same name. What can be cancelled here is cancelled at once; warehouses, inventory
// and billing are asked by a process. A repeat gets the first outcomes and the order's present state.
func (s *Service) CancelOrder(ctx context.Context, req *orderv1.CancelOrderRequest) (*orderv1.CancelOrderResponse, error) {
	key := requestKey(rpc.IdentityFrom(ctx), "CancelOrder", req.GetRequestId())
	reply, err := database.Tx(ctx, s.db, "cancel_order", func(tx database.Transaction) (*orderv1.CancelOrderResponse, error) {
		return idempotency.Once(ctx, tx, key, req, func() (*orderv1.CancelOrderResponse, error) {
			outcomes, err := s.cancel(ctx, tx, req)
			return &orderv1.CancelOrderResponse{Outcomes: outcomes}, err
		})
	})
	if err != nil {
		return nil, err
	}
	orderID, err := id.Parse(id.Order, req.GetOrderId())
	if err != nil {
		return nil, err
	}
	reply.Order, err = s.loadOrder(ctx, orderID)
	return reply, err
}

func (s *Service) cancel(ctx context.Context, tx database.Transaction, req *orderv1.CancelOrderRequest) ([]*orderv1.CancelOutcome, error) {
	h, err := s.hold(ctx, tx, req.GetOrderId())
	if err != nil {
		return nil, err
	}
	if err := h.checkEtag(req.GetEtag()); err != nil {
		return nil, err
	}
	wants, err := h.wants(req.GetLines())
	if err != nil {
		return nil, err
	}
	now := s.now()
	outcomes, err := h.order.Cancel(wants, actorOf(ctx), req.GetReason(), now)
	if err != nil {
		return nil, err
	}
	return h.outcomes(outcomes), h.keep(ctx, tx, now)
}

// wants reads the quantities in the units of their lines.
func (h *held) wants(lines []*orderv1.CancelLine) ([]domain.CancelWant, error) {
	wants := make([]domain.CancelWant, 0, len(lines))
	seen := make(map[int32]bool, len(lines))
	for i, line := range lines {
		want := domain.CancelWant{Line: line.GetLineNumber()}
		if seen[want.Line] {
			return nil, fault.New(fault.Invalid, "LINE_TWICE", "line %d stands twice", want.Line).
				WithField(fmt.Sprintf("lines[%d].line_number", i), "LINE_TWICE", "stands twice")
		}
		seen[want.Line] = true
		if line.GetQuantity() != "" {
			scale := 0
			if at := int(want.Line) - 1; at >= 0 && at < len(h.priced.GetLines()) {
				scale = int(h.priced.GetLines()[at].GetScale())
			}
			base, err := quantity.ToBase(line.GetQuantity(), quantity.One, scale)
			if err != nil {
				return nil, atField(err, fmt.Sprintf("lines[%d].quantity", i))
			}
			want.Quantity = base
		}
		wants = append(wants, want)
	}
	return wants, nil
}

// atField says of which field a fault is.
func atField(err error, path string) error {
	if refusal, ok := fault.As(err); ok {
		return refusal.WithField(path, refusal.Reason, refusal.Message)
	}
	return err
}

func (h *held) outcomes(outcomes []domain.CancelOutcome) []*orderv1.CancelOutcome {
	converted := make([]*orderv1.CancelOutcome, 0, len(outcomes))
	for _, outcome := range outcomes {
		scale := int(h.priced.GetLines()[outcome.Line-1].GetScale())
		converted = append(converted, &orderv1.CancelOutcome{
			LineNumber: outcome.Line, Cancelled: quantity.Format(outcome.Cancelled, scale),
			Requested: quantity.Format(outcome.Requested, scale), Refused: quantity.Format(outcome.Refused, scale),
			RefusedReason: outcome.Reason,
		})
	}
	return converted
}
