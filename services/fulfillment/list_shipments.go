package fulfillment

import (
	"context"
	"encoding/base64"

	"github.com/google/uuid"

	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/rpc"
	"github.com/waybill-dev/waybill/services/fulfillment/internal/store"
)

// defaultShipmentPage is the page size when the caller names none.
const defaultShipmentPage = 50

// ListShipments implements the RPC of the same name. The token is the id of the last shipment of the page. A partner sees
// its own shipments.
func (s *Service) ListShipments(
	ctx context.Context, req *fulfillmentv1.ListShipmentsRequest,
) (*fulfillmentv1.ListShipmentsResponse, error) {
	before, err := readPageToken(req.GetPageToken())
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
	more := len(shipments) > size
	if more {
		shipments = shipments[:size]
	}
	page := convertAll(shipments, shipmentToProto)
	fit := rpc.FitPage(page)
	reply := &fulfillmentv1.ListShipmentsResponse{Shipments: page[:fit]}
	if more || fit < len(page) {
		last := shipments[fit-1].ID
		reply.NextPageToken = base64.RawURLEncoding.EncodeToString(last[:])
	}
	return reply, nil
}

// readPageToken is the id before which the page begins; the first page begins before the largest id.
func readPageToken(token string) (uuid.UUID, error) {
	if token == "" {
		return uuid.Max, nil
	}
	bytes, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(bytes) != len(uuid.UUID{}) {
		return uuid.Nil, fault.New(fault.Invalid, "PAGE_TOKEN_INVALID", "the page token is not ours").
			WithField("page_token", "PAGE_TOKEN_INVALID", "take it from next_page_token of the page before")
	}
	return uuid.UUID(bytes), nil
}
