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

// ApplyCash implements the RPC of the same name.
func (s *Service) ApplyCash(ctx context.Context, req *billingv1.ApplyCashRequest) (*billingv1.ApplyCashResponse, error) {
	wants, err := allocationsFromProto(req.GetAllocations())
	if err != nil {
		return nil, err
	}
	paymentID, err := readablePayment(ctx, req.GetPaymentId())
	if err != nil {
		return nil, err
	}
	key := requestKey(rpc.IdentityFrom(ctx), "apply_cash", req.GetRequestId())
	return database.Tx(ctx, s.db, key.Method, func(tx database.Transaction) (*billingv1.ApplyCashResponse, error) {
		return idempotency.Once(ctx, tx, key, req, func() (*billingv1.ApplyCashResponse, error) {
			book, payment, invoices, err := openPayment(ctx, tx, paymentID, wants)
			if err != nil {
				return nil, err
			}
			if err := applyAll(book, payment, invoices, wants); err != nil {
				return nil, err
			}
			if err := store.SaveCashApplied(ctx, tx, payment); err != nil {
				return nil, err
			}
			return &billingv1.ApplyCashResponse{Payment: paymentToProto(payment)}, s.saveCash(ctx, tx, book)
		})
	})
}

// readablePayment reads the id of a payment. Payments belong to no partner, so a partner finds none.
func readablePayment(ctx context.Context, name string) (uuid.UUID, error) {
	paymentID, err := id.Parse(id.Payment, name)
	if err != nil || rpc.IdentityFrom(ctx).Partner != "" {
		return uuid.Nil, paymentNotFound(name)
	}
	return paymentID, nil
}

func paymentNotFound(name string) error {
	return fault.New(fault.NotFound, "PAYMENT_NOT_FOUND", "there is no payment %q", name)
}

// openPayment locks the credit row of a payment's account, the invoices, and the payment, in the order in which all lock
// them.
func openPayment(
	ctx context.Context, tx database.Transaction, paymentID uuid.UUID, wants []allocation,
) (*domain.Book, *domain.Payment, []*domain.Invoice, error) {
	seen, err := store.PaymentByID(ctx, tx, paymentID)
	if err != nil {
		return nil, nil, nil, err
	}
	if seen == nil {
		return nil, nil, nil, paymentNotFound(id.Format(id.Payment, paymentID))
	}
	book, invoices, err := openForCash(ctx, tx, seen.Account, seen.LegalEntity, wants)
	if err != nil {
		return nil, nil, nil, err
	}
	payment, err := store.LockedPayment(ctx, tx, paymentID)
	return book, payment, invoices, err
}
