package inventory

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/internal/idempotency"
	"github.com/waybill-dev/waybill/services/inventory/internal/domain"
	"github.com/waybill-dev/waybill/services/inventory/internal/store"
)

// ReceiveTransfer implements the RPC of the same name.
func (s *Service) ReceiveTransfer(
	ctx context.Context, req *inventoryv1.ReceiveTransferRequest,
) (*inventoryv1.ReceiveTransferResponse, error) {
	transferID, err := parseID(id.Transfer, req.GetTransferId(), "transfer_id")
	if err != nil {
		return nil, err
	}
	now := s.now()
	key := idempotency.Key{Principal: principal(ctx), Method: "receive_transfer", RequestID: req.GetRequestId()}
	return write(ctx, s, key.Method, func(tx database.Transaction) (*inventoryv1.ReceiveTransferResponse, error) {
		return idempotency.Once(ctx, tx, key, req, func() (*inventoryv1.ReceiveTransferResponse, error) {
			transfer, err := s.lockTransfer(ctx, tx, transferID)
			if err != nil {
				return nil, err
			}
			arrivals, err := s.arrivalsFromProto(req, transfer)
			if err != nil {
				return nil, err
			}
			part := documented{
				field: "document", document: req.GetDocument(), content: domain.ArrivalContent(req.GetTransferId(), arrivals),
			}
			return onceDocumented(ctx, tx, part, now, func() (*inventoryv1.ReceiveTransferResponse, error) {
				return s.receiveTransfer(ctx, tx, req, transfer, arrivals, now)
			})
		})
	})
}

func (s *Service) receiveTransfer(
	ctx context.Context, tx database.Transaction, req *inventoryv1.ReceiveTransferRequest, transfer *domain.Transfer,
	arrivals []domain.Arrival, now time.Time,
) (*inventoryv1.ReceiveTransferResponse, error) {
	flows, unknown := transfer.Arrive(arrivals, req.GetTransferId(), moment(req.GetReceivedAt(), now))
	if unknown >= 0 {
		return nil, fault.New(fault.Invalid, "UNKNOWN_LINE", "nothing was received: the transfer has no such line").
			WithField(fmt.Sprintf("arrivals[%d].position", unknown), "UNKNOWN_LINE", "there is no such line")
	}
	transfer.ExpectedAt = moment(req.GetExpectedAt(), transfer.ExpectedAt)
	if err := s.changeTransfer(ctx, tx, transfer, flows, now); err != nil {
		return nil, err
	}
	return &inventoryv1.ReceiveTransferResponse{Transfer: s.transferToProto(transfer)}, nil
}

// changeTransfer stores what has become of a transfer, moves its goods and tells it.
func (s *Service) changeTransfer(
	ctx context.Context, tx database.Transaction, transfer *domain.Transfer, flows []domain.Flow, now time.Time,
) error {
	shelf, err := s.flow(ctx, tx, flows, now, "arrivals[%d].quantity")
	if err != nil {
		return err
	}
	if err := store.SaveTransfer(ctx, tx, transfer); err != nil {
		return err
	}
	if err := s.tellIncoming(ctx, tx, transfer.Incoming(id.Format(id.Transfer, transfer.ID)), now); err != nil {
		return err
	}
	return s.settle(ctx, tx, shelf, now)
}

// lockTransfer gives the transfer to change. The items of its lines are known after it.
func (s *Service) lockTransfer(ctx context.Context, tx database.Transaction, transferID uuid.UUID) (*domain.Transfer, error) {
	transfer, err := store.LockTransfer(ctx, tx, transferID)
	if err != nil {
		return nil, err
	}
	if transfer == nil {
		return nil, notFound("transfer_id")
	}
	return transfer, s.learn(ctx, tx, transfer)
}

// learn finds the items of transfers, for their decimal places.
func (s *Service) learn(ctx context.Context, db store.DBTX, transfers ...*domain.Transfer) error {
	var codes []string
	for _, transfer := range transfers {
		for _, line := range transfer.Lines {
			codes = append(codes, string(line.SKU))
		}
	}
	_, err := s.items.find(ctx, db, codes)
	return err
}

func notFound(field string) error {
	return fault.New(fault.NotFound, "NOT_FOUND", "there is no such %s", field).
		WithField(field, "NOT_FOUND", "it names nothing")
}

// parseID reads an id of ours; what cannot be one names nothing.
func parseID(prefix, text, field string) (uuid.UUID, error) {
	parsed, err := id.Parse(prefix, text)
	if err != nil {
		return uuid.Nil, notFound(field)
	}
	return parsed, nil
}
