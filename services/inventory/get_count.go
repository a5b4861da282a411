package inventory

import (
	"context"

	"github.com/google/uuid"

	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/services/inventory/internal/store"
)

// GetCount implements the RPC of the same name.
func (s *Service) GetCount(ctx context.Context, req *inventoryv1.GetCountRequest) (*inventoryv1.GetCountResponse, error) {
	countID, err := parseID(id.Count, req.GetCountId(), "count_id")
	if err != nil {
		return nil, err
	}
	count, err := s.readCount(ctx, s.db.Pool(), countID)
	if err != nil {
		return nil, err
	}
	return &inventoryv1.GetCountResponse{Count: s.countToProto(count)}, nil
}

// readCount gives a count. The items of its lines are known after it.
func (s *Service) readCount(ctx context.Context, db store.DBTX, countID uuid.UUID) (*store.CountSheet, error) {
	count, err := store.ReadCount(ctx, db, countID)
	if err != nil {
		return nil, err
	}
	if count == nil {
		return nil, notFound("count_id")
	}
	codes := make([]string, len(count.Lines))
	for i, line := range count.Lines {
		codes[i] = string(line.SKU)
	}
	_, err = s.items.find(ctx, db, codes)
	return count, err
}
