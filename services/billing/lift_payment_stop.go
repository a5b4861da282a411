package billing

import (
	"cmp"
	"context"

	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/idempotency"
	"github.com/waybill-dev/waybill/internal/outbox"
	"github.com/waybill-dev/waybill/internal/rpc"
	"github.com/waybill-dev/waybill/services/billing/internal/domain"
	"github.com/waybill-dev/waybill/services/billing/internal/store"
)

// LiftPaymentStop implements the RPC of the same name.
func (s *Service) LiftPaymentStop(ctx context.Context, req *billingv1.LiftPaymentStopRequest) (*billingv1.LiftPaymentStopResponse, error) {
	known, err := s.creditFor(ctx, req.GetAccountId())
	if err != nil {
		return nil, err
	}
	caller := rpc.IdentityFrom(ctx)
	key := requestKey(caller, "lift_payment_stop", req.GetRequestId())
	return database.Tx(ctx, s.db, key.Method, func(tx database.Transaction) (*billingv1.LiftPaymentStopResponse, error) {
		return idempotency.Once(ctx, tx, key, req, func() (*billingv1.LiftPaymentStopResponse, error) {
			credits, err := store.LockCreditRows(ctx, tx, []domain.AccountID{known.Account})
			if err != nil {
				return nil, err
			}
			credit := credits[0]
			var events []outbox.Event
			if sequence := credit.LiftPaymentStop(); sequence > 0 {
				actor := cmp.Or(caller.Principal, caller.Service, "local")
				events = append(events, accountStopLifted(credit.Account, sequence, req.GetReason(), actor))
			}
			if err := s.saveBook(ctx, tx, domain.NewBook(credits, nil, nil, nil), events...); err != nil {
				return nil, err
			}
			return &billingv1.LiftPaymentStopResponse{Status: creditToProto(credit)}, nil
		})
	})
}
