package billing

import (
	"context"

	"github.com/google/uuid"

	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/internal/idempotency"
	"github.com/waybill-dev/waybill/internal/rpc"
	"github.com/waybill-dev/waybill/services/billing/internal/domain"
	"github.com/waybill-dev/waybill/services/billing/internal/store"
)

// RefundPayment implements the RPC of the same name. The amount is off the credit memo with the answer; the drain asks the
// provider.
func (s *Service) RefundPayment(ctx context.Context, req *billingv1.RefundPaymentRequest) (*billingv1.RefundPaymentResponse, error) {
	paymentID, err := readablePayment(ctx, req.GetPaymentId())
	if err != nil {
		return nil, err
	}
	memoID, err := id.Parse(id.CreditMemo, req.GetCreditMemoId())
	if err != nil {
		return nil, memoNotFound(req.GetCreditMemoId())
	}
	key := requestKey(rpc.IdentityFrom(ctx), "refund_payment", req.GetRequestId())
	return database.Tx(ctx, s.db, key.Method, func(tx database.Transaction) (*billingv1.RefundPaymentResponse, error) {
		return idempotency.Once(ctx, tx, key, req, func() (*billingv1.RefundPaymentResponse, error) {
			capture, err := captureOf(ctx, tx, paymentID)
			if err != nil {
				return nil, err
			}
			book, intents, err := openIntentBook(ctx, tx, []uuid.UUID{capture.Intent})
			if err != nil {
				return nil, err
			}
			memo, err := store.LockedMemo(ctx, tx, memoID)
			if err != nil {
				return nil, err
			}
			if memo == nil {
				return nil, memoNotFound(req.GetCreditMemoId())
			}
			refund := &domain.Operation{ID: id.New(), Amount: req.GetAmountMinor()}
			if err := book.RequestRefund(intents[0], capture, memo, refund); err != nil {
				return nil, err
			}
			if err := s.saveRefund(ctx, tx, memo, refund); err != nil {
				return nil, err
			}
			return &billingv1.RefundPaymentResponse{
				RefundMinor: refund.Amount, PaymentIntent: wholeIntentToProto(intents[0]),
			}, s.saveBook(ctx, tx, book)
		})
	})
}

// captureOf is the capture that has become a payment.
func captureOf(ctx context.Context, tx database.Transaction, paymentID uuid.UUID) (*domain.Operation, error) {
	capture, err := store.CaptureByID(ctx, tx, paymentID)
	if err != nil {
		return nil, err
	}
	if capture != nil && capture.State == domain.OperationDone {
		return capture, nil
	}
	payment, err := store.PaymentByID(ctx, tx, paymentID)
	if err != nil {
		return nil, err
	}
	name := id.Format(id.Payment, paymentID)
	if payment == nil {
		return nil, paymentNotFound(name)
	}
	return nil, fault.New(fault.Precondition, domain.ReasonNotCaptured, "payment %s was not captured by a provider", name)
}

func (s *Service) saveRefund(ctx context.Context, tx database.Transaction, memo *domain.Memo, refund *domain.Operation) error {
	if err := store.SaveRefunded(ctx, tx, memo); err != nil {
		return err
	}
	if err := store.AddOperations(ctx, tx, []*domain.Operation{refund}); err != nil {
		return err
	}
	tx.Notify(topicPayments)
	return store.QueueIntentsAt(ctx, tx, []uuid.UUID{refund.Intent}, s.now())
}
