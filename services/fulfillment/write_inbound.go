package fulfillment

import (
	"cmp"
	"context"
	"time"

	"google.golang.org/protobuf/proto"

	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/idempotency"
	"github.com/waybill-dev/waybill/internal/outbox"
	"github.com/waybill-dev/waybill/internal/rpc"
	"github.com/waybill-dev/waybill/services/fulfillment/internal/domain"
	"github.com/waybill-dev/waybill/services/fulfillment/internal/store"
)

// decideReceipts loads what the commands need, carries them out in order, and stores and announces what they changed.
func decideReceipts(
	ctx context.Context, tx database.Transaction, commands []domain.ReceiptCommand, now time.Time,
) ([]domain.ReceiptOutcome, error) {
	dock, err := store.LoadDock(ctx, tx, commands, now)
	if err != nil {
		return nil, err
	}
	outcomes := dock.Apply(commands)
	if err := store.SaveReceipts(ctx, tx, &dock.Changes, now); err != nil {
		return nil, err
	}
	events, err := receiptEvents(dock.Changes.Events)
	if err != nil {
		return nil, err
	}
	return outcomes, outbox.Add(ctx, tx, events...)
}

// decideReturns does the same for returns.
func (s *Service) decideReturns(
	ctx context.Context, tx database.Transaction, commands []domain.ReturnCommand, now time.Time,
) ([]domain.ReturnOutcome, error) {
	policy := domain.ReturnPolicy{AuthorizeWithin: s.config.Returns.AuthorizeWithin, ValidDays: s.config.Returns.ValidDays}
	desk, err := store.LoadDesk(ctx, tx, commands, policy, now)
	if err != nil {
		return nil, err
	}
	outcomes := desk.Apply(commands)
	if err := store.SaveReturns(ctx, tx, &desk.Changes, now); err != nil {
		return nil, err
	}
	events, err := returnEvents(desk.Changes.Events)
	if err != nil {
		return nil, err
	}
	return outcomes, outbox.Add(ctx, tx, events...)
}

// keyed is a command of a partner or an operator: its key makes a repeat harmless.
type keyed interface {
	proto.Message
	GetRequestId() string
}

// oneReceipt carries out one command; its refusal is the call's fault.
func (s *Service) oneReceipt(ctx context.Context, tx database.Transaction, command domain.ReceiptCommand) (*domain.Receipt, error) {
	outcomes, err := decideReceipts(ctx, tx, []domain.ReceiptCommand{command}, s.now())
	if err != nil {
		return nil, err
	}
	if refusal := outcomes[0].Refusal; refusal != nil {
		return nil, refusal
	}
	return outcomes[0].Receipt, nil
}

// oneReturn does the same for a return.
func (s *Service) oneReturn(ctx context.Context, tx database.Transaction, command domain.ReturnCommand) (*domain.Return, error) {
	outcomes, err := s.decideReturns(ctx, tx, []domain.ReturnCommand{command}, s.now())
	if err != nil {
		return nil, err
	}
	if refusal := outcomes[0].Refusal; refusal != nil {
		return nil, refusal
	}
	return outcomes[0].Return, nil
}

// onceFor runs fn in a transaction, once per key, and answers with what reply makes of it. A repeat gets the first answer.
func onceFor[Made any, Reply proto.Message](
	ctx context.Context, s *Service, method string, req keyed, fn func(database.Transaction) (Made, error), reply func(Made) Reply,
) (Reply, error) {
	caller := rpc.IdentityFrom(ctx)
	key := idempotency.Key{
		Principal: cmp.Or(caller.Partner, caller.Principal, caller.Service), Method: method, RequestID: req.GetRequestId(),
	}
	return database.Tx(ctx, s.db, method, func(tx database.Transaction) (Reply, error) {
		return idempotency.Once(ctx, tx, key, req, func() (Reply, error) {
			made, err := fn(tx)
			if err != nil {
				var none Reply
				return none, err
			}
			return reply(made), nil
		})
	})
}

// always reads a command that needs nothing of the return.
func always(command domain.ReturnCommand) func(*domain.Return) (domain.ReturnCommand, error) {
	return func(*domain.Return) (domain.ReturnCommand, error) { return command, nil }
}

// changeReturn carries out a command on a return that the caller may see and that has not changed since it was read. The
// command is read with the return at hand, whose lines say in which scale their quantities are.
func changeReturn[Reply proto.Message](
	ctx context.Context, s *Service, method string, req interface {
		keyed
		GetReturnId() string
		GetEtag() string
	}, read func(*domain.Return) (domain.ReturnCommand, error), reply func(*fulfillmentv1.Return) Reply,
) (Reply, error) {
	return onceFor(ctx, s, method, req, func(tx database.Transaction) (*domain.Return, error) {
		found, err := store.FindReturn(ctx, tx, returnID(req.GetReturnId()))
		switch {
		case err != nil:
			return nil, err
		case found == nil || !visible(ctx, found.PartnerID):
			return nil, returnNotFound(req.GetReturnId())
		}
		if err := checkEtag(req.GetEtag(), returnEtag(found)); err != nil {
			return nil, err
		}
		command, err := read(found)
		if err != nil {
			return nil, err
		}
		return s.oneReturn(ctx, tx, command)
	}, func(r *domain.Return) Reply { return reply(returnToProto(r)) })
}

// endReceipt does the same to a receipt that is to end.
func endReceipt[Reply proto.Message](
	ctx context.Context, s *Service, method string, req interface {
		keyed
		GetReceiptId() string
		GetEtag() string
	}, cancel bool, reply func(*fulfillmentv1.Receipt) Reply,
) (Reply, error) {
	return onceFor(ctx, s, method, req, func(tx database.Transaction) (*domain.Receipt, error) {
		found, err := findReceipt(ctx, tx, req.GetReceiptId())
		if err != nil {
			return nil, err
		}
		if err := checkEtag(req.GetEtag(), receiptEtag(found)); err != nil {
			return nil, err
		}
		return s.oneReceipt(ctx, tx, domain.EndReceipt{ID: found.ID, Cancel: cancel})
	}, func(r *domain.Receipt) Reply { return reply(receiptToProto(r)) })
}

func checkEtag(named, present string) error {
	if named == "" || named == present {
		return nil
	}
	return fault.New(fault.Conflict, domain.ReasonEtagMismatch, "it has changed since it was read").
		WithField("etag", domain.ReasonEtagMismatch, "not the present one")
}

// partnerOf is the partner in a request: the caller's own, unless the caller is none and names one.
func partnerOf(ctx context.Context, named, field string) (string, error) {
	caller := rpc.IdentityFrom(ctx).Partner
	if caller != "" && named != "" && named != caller {
		return "", fault.New(fault.Denied, domain.ReasonPartnerMismatch, "a partner speaks for itself alone").
			WithField(field, domain.ReasonPartnerMismatch, "not the caller's partner")
	}
	return cmp.Or(caller, named), nil
}
