package fulfillment

import (
	"context"

	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/services/fulfillment/internal/domain"
)

// AnnounceReceipt implements the RPC of the same name.
func (s *Service) AnnounceReceipt(
	ctx context.Context, req *fulfillmentv1.AnnounceReceiptRequest,
) (*fulfillmentv1.AnnounceReceiptResponse, error) {
	supplier, err := partnerOf(ctx, req.GetSupplierId(), "supplier_id")
	if err != nil {
		return nil, err
	}
	if supplier == "" {
		return nil, fault.New(fault.Invalid, domain.ReasonSupplierRequired, "say who announces it").
			WithField("supplier_id", domain.ReasonSupplierRequired, "the supplier is needed")
	}
	command := announceFromProto(req)
	command.SupplierID = supplier
	return onceFor(ctx, s, "announce_receipt", req, func(tx database.Transaction) (*domain.Receipt, error) {
		return s.oneReceipt(ctx, tx, command)
	}, func(r *domain.Receipt) *fulfillmentv1.AnnounceReceiptResponse {
		return &fulfillmentv1.AnnounceReceiptResponse{Receipt: receiptToProto(r)}
	})
}
