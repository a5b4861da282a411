package fulfillment

import (
	"context"

	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/services/fulfillment/internal/domain"
)

// RecoverShipment implements the RPC of the same name.
func (s *Service) RecoverShipment(
	ctx context.Context, req *fulfillmentv1.RecoverShipmentRequest,
) (*fulfillmentv1.RecoverShipmentResponse, error) {
	return onceFor(ctx, s, "recover_shipment", req, func(tx database.Transaction) (*domain.Return, error) {
		found, err := findShipmentIn(ctx, tx, req.GetShipmentId())
		if err != nil {
			return nil, err
		}
		if found == nil || !visible(ctx, found.PartnerID) {
			return nil, fault.New(fault.NotFound, "SHIPMENT_NOT_FOUND", "there is no shipment %q", req.GetShipmentId())
		}
		return s.oneReturn(ctx, tx, domain.RecoverShipment{
			ID: id.New(), ShipmentID: found.ID, UnplannedOnly: req.GetUnplannedOnly(), Reason: req.GetReason(),
		})
	}, func(r *domain.Return) *fulfillmentv1.RecoverShipmentResponse {
		return &fulfillmentv1.RecoverShipmentResponse{ReturnDocument: returnToProto(r)}
	})
}
