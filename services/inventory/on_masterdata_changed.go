package inventory

import (
	"context"

	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/inbox"
	"github.com/waybill-dev/waybill/internal/outbox"
	"github.com/waybill-dev/waybill/services/inventory/internal/domain"
	"github.com/waybill-dev/waybill/services/inventory/internal/store"
)

// onMasterDataChanged keeps the copies of items and places. Of several changes of one entity the last one counts.
func (s *Service) onMasterDataChanged(ctx context.Context, tx database.Transaction, batch []inbox.Message) error {
	items := map[string]store.ItemVersion{}
	nodes := map[domain.NodeID]store.NodeVersion{}
	for _, message := range batch {
		switch event := message.Payload.(type) {
		case *masterdatav1.ItemChanged:
			item := event.GetItem()
			items[domain.ItemKey(item.GetSku())] = store.ItemVersion{
				Item: domain.Item{
					SKU: domain.SKU(item.GetSku()), Goods: item.GetKind() != masterdatav1.ItemKind_ITEM_KIND_SERVICE,
					Scale: int(item.GetScale()), BaseUnit: item.GetBaseUnit(),
					LotTracked: item.GetLotTracked(),
				},
				Version: item.GetVersion(),
			}
		case *masterdatav1.NodeChanged:
			node := event.GetNode()
			nodes[domain.NodeID(node.GetNodeId())] = store.NodeVersion{
				Node: domain.Node{
					ID: domain.NodeID(node.GetNodeId()), Priority: int64(node.GetPriority()), Inactive: node.GetInactive(),
				},
				Version: node.GetVersion(), Calendar: calendarFromProto(node),
			}
		}
	}
	if err := store.SaveItems(ctx, tx, values(items)); err != nil {
		return err
	}
	changed, err := store.SaveNodes(ctx, tx, values(nodes), s.now())
	if err != nil || len(changed) == 0 {
		return err
	}
	tx.Notify(topicDemand)
	keys := make([]outbox.StateKey, len(changed))
	for i, key := range changed {
		keys[i] = stateKey(key)
	}
	return outbox.AddState(ctx, tx, &inventoryv1.AvailabilityChanged{}, keys...)
}
