package fulfillment

import (
	"context"

	"github.com/google/uuid"

	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	"github.com/waybill-dev/waybill/services/fulfillment/internal/domain"
	"github.com/waybill-dev/waybill/services/fulfillment/internal/store"
)

// ListReceipts implements the RPC of the same name. The token is the id of the last receipt of the page. A partner sees its
// own receipts.
func (s *Service) ListReceipts(
	ctx context.Context, req *fulfillmentv1.ListReceiptsRequest,
) (*fulfillmentv1.ListReceiptsResponse, error) {
	supplier, err := partnerOf(ctx, req.GetSupplierId(), "supplier_id")
	if err != nil {
		return nil, err
	}
	filter := store.ReceiptFilter{
		SupplierID: supplier, ASN: req.GetAsnNumber(), NodeID: req.GetNodeId(), State: stored(receiptStates, req.GetState()),
	}
	receipts, token, err := page(req, func(before uuid.UUID, limit int) ([]*domain.Receipt, error) {
		return store.ListReceiptsBefore(ctx, s.db.Pool(), filter, before, limit)
	}, func(r *domain.Receipt) uuid.UUID { return r.ID })
	if err != nil {
		return nil, err
	}
	return &fulfillmentv1.ListReceiptsResponse{Receipts: convertAll(receipts, receiptToProto), NextPageToken: token}, nil
}
