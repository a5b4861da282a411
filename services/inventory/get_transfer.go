package inventory

import (
	"context"

	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/services/inventory/internal/store"
)

// GetTransfer implements the RPC of the same name.
func (s *Service) GetTransfer(ctx context.Context, req *inventoryv1.GetTransferRequest) (*inventoryv1.GetTransferResponse, error) {
	transferID, err := parseID(id.Transfer, req.GetTransferId(), "transfer_id")
	if err != nil {
		return nil, err
	}
	transfer, err := store.ReadTransfer(ctx, s.db.Pool(), transferID)
	if err != nil {
		return nil, err
	}
	if transfer == nil {
		return nil, notFound("transfer_id")
	}
	if err := s.learn(ctx, s.db.Pool(), transfer); err != nil {
		return nil, err
	}
	return &inventoryv1.GetTransferResponse{Transfer: s.transferToProto(transfer)}, nil
}
