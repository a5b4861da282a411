package inventory

import (
	"context"
	"time"

	"github.com/google/uuid"

	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/rpc"
	"github.com/waybill-dev/waybill/services/inventory/internal/store"
)

// ListMovements implements the RPC of the same name. The token is the key of the last posting of the page.
func (s *Service) ListMovements(
	ctx context.Context, req *inventoryv1.ListMovementsRequest,
) (*inventoryv1.ListMovementsResponse, error) {
	filter, err := s.movementFilter(ctx, req)
	if err != nil {
		return nil, err
	}
	size := pageSize(req.GetPageSize())
	entries, err := store.ListLedger(ctx, s.db.Pool(), filter, size+1)
	if err != nil {
		return nil, err
	}
	reply := &inventoryv1.ListMovementsResponse{}
	if len(entries) > size {
		entries = entries[:size]
		last := entries[size-1]
		reply.NextPageToken = encodeToken(string(last.SKU), string(last.Node), last.ID.String())
	}
	codes := make([]string, len(entries))
	for i, entry := range entries {
		codes[i] = string(entry.SKU)
	}
	if _, err := s.items.find(ctx, s.db.Pool(), codes); err != nil {
		return nil, err
	}
	for _, entry := range entries {
		reply.Entries = append(reply.Entries, &inventoryv1.LedgerEntry{
			Sku: string(entry.SKU), NodeId: string(entry.Node), Movement: movementToProto(entry.Movement, entry.RecordedAt),
			Scale: int32(s.items.known(entry.SKU).Scale),
		})
	}
	return reply, nil
}

// endOfTime is after everything that is recorded.
var endOfTime = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

func (s *Service) movementFilter(ctx context.Context, req *inventoryv1.ListMovementsRequest) (store.LedgerFilter, error) {
	filter := store.LedgerFilter{
		Node: req.GetNodeId(), Lot: req.GetLot(), Document: req.GetSourceDocument(),
		From: moment(req.GetRecordedFrom(), time.Time{}), Before: moment(req.GetRecordedBefore(), endOfTime),
	}
	if req.GetSku() == "" && req.GetSourceDocument() == "" {
		return filter, fault.New(fault.Invalid, "FILTER_REQUIRED", "name an item or a document").
			WithField("sku", "FILTER_REQUIRED", "name an item or a document")
	}
	if req.GetSku() != "" {
		item, err := s.knownItem(ctx, req.GetSku())
		if err != nil {
			return filter, err
		}
		filter.SKU = string(item.SKU)
	}
	after, err := decodeToken(req.GetPageToken(), 3)
	if err != nil {
		return filter, err
	}
	filter.AfterSKU, filter.AfterNode = after[0], after[1]
	if after[2] != "" {
		if filter.AfterID, err = uuid.Parse(after[2]); err != nil {
			return filter, rpc.PageTokenInvalid()
		}
	}
	return filter, nil
}
