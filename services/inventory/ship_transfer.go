package inventory

import (
	"context"
	"time"

	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/internal/idempotency"
	"github.com/waybill-dev/waybill/internal/outbox"
	"github.com/waybill-dev/waybill/internal/shard"
	"github.com/waybill-dev/waybill/services/inventory/internal/domain"
	"github.com/waybill-dev/waybill/services/inventory/internal/store"
)

// ShipTransfer implements the RPC of the same name.
func (s *Service) ShipTransfer(
	ctx context.Context, req *inventoryv1.ShipTransferRequest,
) (*inventoryv1.ShipTransferResponse, error) {
	now := s.now()
	transfer, err := s.transferFromProto(ctx, req, now)
	if err != nil {
		return nil, err
	}
	document := id.Format(id.Transfer, transfer.ID)
	flows := transfer.Leave(document, policies[req.GetOutflowPolicy()])
	part := documented{field: "document", document: req.GetDocument(), content: transfer.Content()}
	key := idempotency.Key{Principal: principal(ctx), Method: "ship_transfer", RequestID: req.GetRequestId()}
	return write(ctx, s, key.Method, func(tx database.Transaction) (*inventoryv1.ShipTransferResponse, error) {
		return idempotency.Once(ctx, tx, key, req, func() (*inventoryv1.ShipTransferResponse, error) {
			return onceDocumented(ctx, tx, part, now, func() (*inventoryv1.ShipTransferResponse, error) {
				return s.shipTransfer(ctx, tx, transfer, flows, now)
			})
		})
	})
}

func (s *Service) shipTransfer(
	ctx context.Context, tx database.Transaction, transfer *domain.Transfer, flows []domain.Flow, now time.Time,
) (*inventoryv1.ShipTransferResponse, error) {
	shelf, err := s.flow(ctx, tx, flows, now, "items[%d].quantity")
	if err != nil {
		return nil, err
	}
	if err := store.InsertTransfer(ctx, tx, transfer); err != nil {
		return nil, err
	}
	if err := s.tellIncoming(ctx, tx, transfer.Incoming(id.Format(id.Transfer, transfer.ID)), now); err != nil {
		return nil, err
	}
	return &inventoryv1.ShipTransferResponse{Transfer: s.transferToProto(transfer)}, s.settle(ctx, tx, shelf, now)
}

// tellIncoming stores supply on its way and tells it, an event per document.
func (s *Service) tellIncoming(ctx context.Context, tx database.Transaction, rows []domain.Incoming, now time.Time) error {
	sequences, err := store.SaveIncoming(ctx, tx, rows)
	if err != nil {
		return err
	}
	told := map[string]*inventoryv1.IncomingUpdated{}
	for _, row := range rows {
		if told[row.Document] == nil {
			told[row.Document] = &inventoryv1.IncomingUpdated{Document: row.Document}
		}
		told[row.Document].Supplies = append(told[row.Document].Supplies, incomingToProto(row, s.items.known(row.SKU)))
	}
	events := make([]outbox.Event, 0, len(told))
	for _, event := range values(told) {
		events = append(events, outbox.Event{
			Aggregate: event.GetDocument(), Sequence: sequences[event.GetDocument()], Shard: shard.Of(event.GetDocument()),
			Payload: event, OccurredAt: now,
		})
	}
	return outbox.Add(ctx, tx, events...)
}
