package fulfillment

import (
	"context"

	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	"github.com/waybill-dev/waybill/internal/rpc"
	"github.com/waybill-dev/waybill/services/fulfillment/internal/domain"
	"github.com/waybill-dev/waybill/services/fulfillment/internal/store"
)

// defaultShipmentPage is the page size when the caller names none.
const defaultShipmentPage = 50

// ListShipments implements the RPC of the same name. The token is the id of the last shipment of the page. A partner sees
// its own shipments.
func (s *Service) ListShipments(
	ctx context.Context, req *fulfillmentv1.ListShipmentsRequest,
) (*fulfillmentv1.ListShipmentsResponse, error) {
	before, err := rpc.ReadIDToken(req.GetPageToken())
	if err != nil {
		return nil, err
	}
	size := int(req.GetPageSize())
	if size == 0 {
		size = defaultShipmentPage
	}
	filter := store.ShipmentFilter{PartnerID: rpc.IdentityFrom(ctx).Partner, OrderID: req.GetOrderId()}
	shipments, err := store.ListShipmentsBefore(ctx, s.db.Pool(), filter, before, size+1)
	if err != nil {
		return nil, err
	}
	reply := &fulfillmentv1.ListShipmentsResponse{}
	reply.Shipments, reply.NextPageToken = rpc.Page(shipments, size, shipmentToProto, func(last *domain.Shipment) string { return rpc.IDToken(last.ID) })
	return reply, nil
}
