package order

import (
	"context"

	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/internal/idempotency"
	"github.com/waybill-dev/waybill/internal/rpc"
	"github.com/waybill-dev/waybill/services/order/internal/domain"
	"github.com/waybill-dev/waybill/services/order/internal/process"
	"github.com/waybill-dev/waybill/services/order/internal/store"
)

// ReleaseHold implements the RPC of the same name. With the last hold the order is decided anew, in the next round: a new
// credit claim and a new reservation.
func (s *Service) ReleaseHold(ctx context.Context, req *orderv1.ReleaseHoldRequest) (*orderv1.ReleaseHoldResponse, error) {
	if err := mayHold(ctx, holdTypeFromProto(req.GetType())); err != nil {
		return nil, err
	}
	orderID, err := id.Parse(id.Order, req.GetOrderId())
	if err != nil {
		return nil, notFound()
	}
	key := requestKey(rpc.IdentityFrom(ctx), "ReleaseHold", req.GetRequestId())
	_, err = database.Tx(ctx, s.db, "release_hold", func(tx database.Transaction) (*orderv1.ReleaseHoldResponse, error) {
		return idempotency.Once(ctx, tx, key, req, func() (*orderv1.ReleaseHoldResponse, error) {
			return &orderv1.ReleaseHoldResponse{}, s.lift(ctx, tx, req)
		}, "wait")
	})
	if err != nil {
		return nil, err
	}
	order, err := s.awaitOrder(ctx, orderID, waitOf(req.GetWait()))
	return &orderv1.ReleaseHoldResponse{Order: order}, err
}

func (s *Service) lift(ctx context.Context, tx database.Transaction, req *orderv1.ReleaseHoldRequest) error {
	h, err := s.hold(ctx, tx, req.GetOrderId())
	if err != nil {
		return err
	}
	now := s.now()
	changed, err := h.order.LiftHold(holdTypeFromProto(req.GetType()), actorOf(ctx), req.GetReason(), now)
	if err != nil || !changed {
		return err
	}
	if h.order.State == domain.Received {
		if err := resume(ctx, tx, h, s); err != nil {
			return err
		}
	}
	return h.keep(ctx, tx, now)
}

// resume starts the next round of the order's acceptance. While the last one is still taking things back, its driver
// finds the order undecided when it is done, and starts the round itself.
func resume(ctx context.Context, tx database.Transaction, h *held, s *Service) error {
	live, err := store.HurryProcess(ctx, tx, process.AcceptanceID(h.order.ID), s.now())
	if err != nil {
		return err
	}
	if !live {
		err = store.InsertProcesses(ctx, tx, []*process.Process{process.Accept(h.order, s.now())})
	}
	tx.Notify(topicProcess)
	return err
}
