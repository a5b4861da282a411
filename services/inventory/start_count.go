package inventory

import (
	"context"
	"fmt"

	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/internal/idempotency"
	"github.com/waybill-dev/waybill/services/inventory/internal/domain"
	"github.com/waybill-dev/waybill/services/inventory/internal/store"
)

// StartCount implements the RPC of the same name.
func (s *Service) StartCount(ctx context.Context, req *inventoryv1.StartCountRequest) (*inventoryv1.StartCountResponse, error) {
	now := s.now()
	lines, err := s.countLinesFromProto(ctx, req)
	if err != nil {
		return nil, err
	}
	counts := make([]domain.Count, len(lines))
	for i, line := range lines {
		counts[i] = domain.Count{
			StockKey: domain.StockKey{SKU: line.SKU, Node: domain.NodeID(req.GetNodeId())}, Lot: line.Lot, At: now,
		}
	}
	countID := id.New()
	key := idempotency.Key{Principal: principal(ctx), Method: "start_count", RequestID: req.GetRequestId()}
	return write(ctx, s, key.Method, func(tx database.Transaction) (*inventoryv1.StartCountResponse, error) {
		return idempotency.Once(ctx, tx, key, req, func() (*inventoryv1.StartCountResponse, error) {
			shelf, _, err := store.LoadForCounts(ctx, tx, s.items, counts, now)
			if err != nil {
				return nil, err
			}
			count := &store.CountSheet{
				ID: countID, Node: domain.NodeID(req.GetNodeId()), Reference: req.GetReference(), StartedAt: now,
			}
			for i, line := range lines {
				line.Expected = shelf.OnHand(counts[i].StockKey, line.Lot)
				count.Lines = append(count.Lines, line)
			}
			return &inventoryv1.StartCountResponse{Count: s.countToProto(count)}, store.InsertCount(ctx, tx, count)
		})
	})
}

// countLinesFromProto decodes what is to be counted.
func (s *Service) countLinesFromProto(ctx context.Context, req *inventoryv1.StartCountRequest) ([]store.CountLine, error) {
	all := make([]goods, len(req.GetItems()))
	for i, asked := range req.GetItems() {
		all[i] = goods{
			field: fmt.Sprintf("items[%d]", i), sku: asked.GetSku(), node: req.GetNodeId(), lot: asked.GetLot(), quantity: "0",
			zero: true,
		}
	}
	known, wrong, err := s.decodeGoods(ctx, all)
	if err != nil {
		return nil, err
	}
	var fields []fault.Field
	for _, field := range wrong {
		if field.Reason != reasonUnknownNode {
			fields = append(fields, field)
		}
	}
	if len(fields) < len(wrong) {
		fields = append(fields, fault.Field{Path: "node_id", Reason: reasonUnknownNode, Message: "there is no such place"})
	}
	lines := make([]store.CountLine, len(known))
	seen := map[store.SnapshotKey]bool{}
	for i, item := range known {
		lines[i] = store.CountLine{SKU: item.SKU, Lot: all[i].lot}
		key := store.SnapshotKey{StockKey: item.StockKey, Lot: all[i].lot}
		if seen[key] {
			fields = append(fields, fault.Field{
				Path: all[i].field + ".sku", Reason: "DUPLICATE_ITEM", Message: "it stands in an earlier line too",
			})
		}
		seen[key] = true
	}
	return lines, refuse(fields, "no count was started")
}

func (s *Service) countToProto(count *store.CountSheet) *inventoryv1.StockCount {
	told := &inventoryv1.StockCount{
		CountId: id.Format(id.Count, count.ID), NodeId: string(count.Node), Reference: count.Reference,
		StartedAt: wireTime(count.StartedAt), Lines: make([]*inventoryv1.StockCountLine, len(count.Lines)),
	}
	for i, line := range count.Lines {
		told.Lines[i] = &inventoryv1.StockCountLine{
			Sku: string(line.SKU), Lot: line.Lot, Scale: int32(s.items.known(line.SKU).Scale), Expected: line.Expected,
			Recorded: line.Recorded, Counted: line.Counted, CountedAt: wireTime(line.CountedAt), Difference: line.Difference,
			RefusedReason: line.Refused,
		}
	}
	return told
}
