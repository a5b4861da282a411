package order

import (
	"context"
	"time"

	"github.com/google/uuid"

	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/internal/idempotency"
	"github.com/waybill-dev/waybill/internal/rpc"
	"github.com/waybill-dev/waybill/services/order/internal/domain"
	"github.com/waybill-dev/waybill/services/order/internal/process"
	"github.com/waybill-dev/waybill/services/order/internal/store"
)

// AmendOrder implements the RPC of the same name. An order that is held takes the change at once: its credit is claimed
// with its acceptance. For an accepted one a process claims the credit first, and the caller waits for what becomes of it.
func (s *Service) AmendOrder(ctx context.Context, req *orderv1.AmendOrderRequest) (*orderv1.AmendOrderResponse, error) {
	orderID, err := id.Parse(id.Order, req.GetOrderId())
	if err != nil {
		return nil, notFound()
	}
	fresh, err := s.priceAdded(ctx, orderID, req)
	if err != nil {
		return nil, err
	}
	key := requestKey(rpc.IdentityFrom(ctx), "AmendOrder", req.GetRequestId())
	reply, err := database.Tx(ctx, s.db, "amend_order", func(tx database.Transaction) (*orderv1.AmendOrderResponse, error) {
		return idempotency.Once(ctx, tx, key, req, func() (*orderv1.AmendOrderResponse, error) {
			return s.amend(ctx, tx, req, fresh)
		}, "wait")
	})
	if err != nil {
		return nil, err
	}
	if reply.GetAmendmentId() != "" {
		if err := s.awaitAmendment(ctx, orderID, reply, waitOf(req.GetWait())); err != nil {
			return nil, err
		}
	}
	reply.Order, err = s.loadOrder(context.WithoutCancel(ctx), orderID)
	return reply, err
}

// amend lets the order take the change, or starts the process that asks for its credit.
func (s *Service) amend(
	ctx context.Context, tx database.Transaction, req *orderv1.AmendOrderRequest, fresh *addition,
) (*orderv1.AmendOrderResponse, error) {
	h, err := s.hold(ctx, tx, req.GetOrderId())
	if err != nil {
		return nil, err
	}
	if err := h.checkEtag(req.GetEtag()); err != nil {
		return nil, err
	}
	draft, err := h.draftAmendment(ctx, req, fresh)
	if err != nil {
		return nil, err
	}
	if err := h.order.MayAmend(draft.wanted); err != nil {
		return nil, err
	}
	draft.wanted.AsksFreight = draft.wanted.Moved && s.asks(draft.next).Has(domain.AskFreight)
	next, err := sealRevision(draft.next, draft.wanted.Revision)
	if err != nil {
		return nil, err
	}
	now := s.now()
	if h.order.State == domain.Held {
		h.prepared = next
		outcomes, err := h.order.Amend(draft.wanted, now)
		if err != nil {
			return nil, err
		}
		return &orderv1.AmendOrderResponse{Outcomes: h.outcomes(outcomes)}, h.keep(ctx, tx, now)
	}
	started, err := process.Amend(h.order, draft.wanted, now)
	if err != nil {
		return nil, err
	}
	h.started = append(h.started, started)
	if err := store.AskAmendment(ctx, tx, started.ID, h.order.ID, next.wire, now); err != nil {
		return nil, err
	}
	return &orderv1.AmendOrderResponse{AmendmentId: id.Format(id.Process, started.ID)}, h.keep(ctx, tx, now)
}

// awaitAmendment fills in what became of an amendment, or that nothing has yet. An amendment that was refused is a fault.
func (s *Service) awaitAmendment(ctx context.Context, order uuid.UUID, reply *orderv1.AmendOrderResponse, wait time.Duration) error {
	amendment, err := id.Parse(id.Process, reply.GetAmendmentId())
	if err != nil {
		return err
	}
	asked, err := s.decidedAmendment(ctx, order, amendment, time.Now().Add(wait))
	switch {
	case err != nil:
		return err
	case !asked.Decided:
		reply.Pending = true
		return nil
	case asked.Refusal != "":
		return fault.New(fault.Precondition, asked.Refusal, "the order stays as it was: %s", asked.Message)
	}
	documents, err := store.FindDocuments(context.WithoutCancel(ctx), s.db.Pool(), []uuid.UUID{order})
	if err != nil {
		return database.Fault(ctx, err)
	}
	priced, err := (&snapshot{wire: documents[order].Snapshot}).order()
	if err != nil {
		return err
	}
	reply.Outcomes = (&held{priced: priced}).outcomes(asked.Outcomes)
	return nil
}

// decidedAmendment reads an amendment each time that its order has changed, until it is decided or it is too late.
func (s *Service) decidedAmendment(ctx context.Context, order, amendment uuid.UUID, until time.Time) (store.Asked, error) {
	for {
		changed, leave := s.waiters.join(order)
		found, err := store.FindAsked(context.WithoutCancel(ctx), s.db.Pool(), []uuid.UUID{amendment})
		asked, left := found[amendment], time.Until(until)
		if err != nil || asked.Decided || left <= 0 || ctx.Err() != nil {
			leave()
			return asked, database.Fault(ctx, err)
		}
		await(ctx, changed, left)
		leave()
	}
}

// checkEtag refuses a change that was decided on another state of the order.
func (h *held) checkEtag(decidedOn string) error {
	if decidedOn == "" || decidedOn == etag(h.order) {
		return nil
	}
	return fault.New(fault.Conflict, "ETAG_MISMATCH", "the order has changed since it was read").
		WithField("etag", "ETAG_MISMATCH", "not the order's present one")
}
