package fulfillment

import (
	"context"
	"maps"
	"slices"

	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/inbox"
	"github.com/waybill-dev/waybill/services/fulfillment/internal/domain"
	"github.com/waybill-dev/waybill/services/fulfillment/internal/store"
)

// onMasterDataChanged keeps the copies of items and places. Of several changes of one the last one counts.
func (s *Service) onMasterDataChanged(ctx context.Context, tx database.Transaction, batch []inbox.Message) error {
	items := map[string]store.ItemVersion{}
	nodes := map[string]store.NodeVersion{}
	for _, message := range batch {
		switch event := message.Payload.(type) {
		case *masterdatav1.ItemChanged:
			items[domain.ItemKey(event.GetItem().GetSku())] = itemFromProto(event.GetItem())
		case *masterdatav1.NodeChanged:
			node := event.GetNode()
			nodes[node.GetNodeId()] = store.NodeVersion{ID: node.GetNodeId(), WavePicking: node.GetWavePicking(), Version: node.GetVersion()}
		}
	}
	newest := make([]store.ItemVersion, 0, len(items))
	for _, key := range slices.Sorted(maps.Keys(items)) {
		newest = append(newest, items[key])
	}
	places := make([]store.NodeVersion, 0, len(nodes))
	for _, key := range slices.Sorted(maps.Keys(nodes)) {
		places = append(places, nodes[key])
	}
	return store.SaveMasterData(ctx, tx, newest, places)
}
