package order

import (
	"context"

	"github.com/google/uuid"

	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/services/order/internal/store"
)

// GetPricedOrder implements the RPC of the same name.
func (s *Service) GetPricedOrder(
	ctx context.Context, req *orderv1.GetPricedOrderRequest,
) (*orderv1.GetPricedOrderResponse, error) {
	orderID, err := id.Parse(id.Order, req.GetOrderId())
	if err != nil {
		return nil, notFound()
	}
	// The versions of an order are kept from its first amendment on; until then there is the one.
	revisions, err := store.ListRevisions(ctx, s.db.Pool(), orderID, req.GetRevision()-1, 1)
	if err != nil {
		return nil, database.Fault(ctx, err)
	}
	var wire []byte
	switch {
	case len(revisions) == 1 && revisions[0].Number == req.GetRevision():
		wire = revisions[0].Snapshot
	case len(revisions) == 0 && req.GetRevision() == 0:
		documents, err := store.FindDocuments(ctx, s.db.Pool(), []uuid.UUID{orderID})
		if err != nil {
			return nil, database.Fault(ctx, err)
		}
		wire = documents[orderID].Snapshot
	}
	if wire == nil {
		return nil, notFound()
	}
	priced, err := (&snapshot{wire: wire}).order()
	return &orderv1.GetPricedOrderResponse{Order: priced}, err
}
