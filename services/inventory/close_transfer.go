package inventory

import (
	"context"

	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/id"
)

// CloseTransfer implements the RPC of the same name.
func (s *Service) CloseTransfer(
	ctx context.Context, req *inventoryv1.CloseTransferRequest,
) (*inventoryv1.CloseTransferResponse, error) {
	transferID, err := parseID(id.Transfer, req.GetTransferId(), "transfer_id")
	if err != nil {
		return nil, err
	}
	now := s.now()
	return write(ctx, s, "close_transfer", func(tx database.Transaction) (*inventoryv1.CloseTransferResponse, error) {
		transfer, err := s.lockTransfer(ctx, tx, transferID)
		if err != nil {
			return nil, err
		}
		lost := transfer.Close(req.GetReason(), req.GetTransferId(), now)
		if len(lost) > 0 && req.GetReason() == "" {
			return nil, fault.New(fault.Invalid, "REASON_REQUIRED", "goods are still on their way: say why they are lost").
				WithField("reason", "REASON_REQUIRED", "say why they are lost")
		}
		if len(lost) > 0 {
			if err := s.changeTransfer(ctx, tx, transfer, lost, now); err != nil {
				return nil, err
			}
		}
		return &inventoryv1.CloseTransferResponse{Transfer: s.transferToProto(transfer)}, nil
	})
}
