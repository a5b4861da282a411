package inventory

import (
	"context"
	"fmt"
	"slices"

	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/services/inventory/internal/domain"
	"github.com/waybill-dev/waybill/services/inventory/internal/store"
)

// RebuildBalances implements the RPC of the same name.
func (s *Service) RebuildBalances(
	ctx context.Context, req *inventoryv1.RebuildBalancesRequest,
) (*inventoryv1.RebuildBalancesResponse, error) {
	now := s.now()
	keys, err := s.balancesFromProto(ctx, req)
	if err != nil {
		return nil, err
	}
	return write(ctx, s, "rebuild_balances", func(tx database.Transaction) (*inventoryv1.RebuildBalancesResponse, error) {
		shelf, truths, err := store.LoadForRebuild(ctx, tx, s.items, unique(keys), now)
		if err != nil {
			return nil, err
		}
		changed, refusal, err := shelf.Rebuild(truths)
		if err != nil {
			return nil, err
		}
		if refusal != nil {
			return nil, fault.New(fault.Precondition, refusal.Reason, "%s: %s", truths[refusal.Index].StockKey, refusal.Message)
		}
		if _, err := shelf.Flow(nil); err != nil {
			return nil, err
		}
		if err := s.settle(ctx, tx, shelf, now); err != nil {
			return nil, err
		}
		reply := &inventoryv1.RebuildBalancesResponse{Changed: int32(len(changed))}
		for _, key := range keys {
			reply.Balances = append(reply.Balances, balanceToProto(shelf.Balance(key), s.items.known(key.SKU)))
		}
		return reply, nil
	})
}

func (s *Service) balancesFromProto(ctx context.Context, req *inventoryv1.RebuildBalancesRequest) ([]domain.StockKey, error) {
	codes, places := make([]string, len(req.GetBalances())), make([]string, len(req.GetBalances()))
	for i, one := range req.GetBalances() {
		codes[i], places[i] = one.GetSku(), one.GetNodeId()
	}
	items, err := s.items.find(ctx, s.db.Pool(), codes)
	if err != nil {
		return nil, err
	}
	nodes, err := s.knownNodes(ctx, places...)
	if err != nil {
		return nil, err
	}
	keys := make([]domain.StockKey, len(codes))
	var wrong []fault.Field
	for i := range codes {
		item, found := items[domain.ItemKey(codes[i])]
		if !found {
			wrong = append(wrong, fault.Field{Path: fmt.Sprintf("balances[%d].sku", i), Reason: domain.ReasonUnknownItem, Message: "there is no such item"})
		}
		if !nodes[domain.NodeID(places[i])] {
			wrong = append(wrong, fault.Field{Path: fmt.Sprintf("balances[%d].node_id", i), Reason: reasonUnknownNode, Message: "there is no such place"})
		}
		keys[i] = domain.StockKey{SKU: item.SKU, Node: domain.NodeID(places[i])}
	}
	return keys, refuse(wrong, "no balance was rebuilt")
}

func unique(keys []domain.StockKey) []domain.StockKey {
	sorted := slices.Clone(keys)
	slices.SortFunc(sorted, domain.CompareStock)
	return slices.Compact(sorted)
}
