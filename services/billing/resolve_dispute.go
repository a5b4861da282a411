package billing

import (
	"context"

	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/idempotency"
	"github.com/waybill-dev/waybill/internal/rpc"
)

// ResolveDispute implements the RPC of the same name.
func (s *Service) ResolveDispute(ctx context.Context, req *billingv1.ResolveDisputeRequest) (*billingv1.ResolveDisputeResponse, error) {
	key := requestKey(rpc.IdentityFrom(ctx), "resolve_dispute", req.GetRequestId())
	return database.Tx(ctx, s.db, key.Method, func(tx database.Transaction) (*billingv1.ResolveDisputeResponse, error) {
		return idempotency.Once(ctx, tx, key, req, func() (*billingv1.ResolveDisputeResponse, error) {
			book, invoice, err := openInvoice(ctx, tx, req.GetInvoiceId())
			if err != nil {
				return nil, err
			}
			if err := s.saveDispute(ctx, tx, book, invoice, invoice.Resolve(), req.GetReason()); err != nil {
				return nil, err
			}
			written, err := writeInvoice(ctx, tx, invoice)
			return &billingv1.ResolveDisputeResponse{Invoice: written}, err
		})
	})
}
