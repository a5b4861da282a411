package billing

import (
	"context"

	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/services/billing/internal/domain"
)

// InvoiceShipment implements the RPC of the same name.
func (s *Service) InvoiceShipment(
	ctx context.Context, req *billingv1.InvoiceShipmentRequest,
) (*billingv1.InvoiceShipmentResponse, error) {
	shipment, err := shipmentFromProto(req.GetShipment())
	if err != nil {
		return nil, err
	}
	return database.Tx(ctx, s.db, "invoice_shipment", func(tx database.Transaction) (*billingv1.InvoiceShipmentResponse, error) {
		drafted, err := s.draftInvoices(ctx, tx, []shippedMessage{{Shipment: shipment}})
		if fault.ReasonOf(err) == domain.ReasonOrderUnknown {
			return nil, fault.New(fault.Precondition, domain.ReasonOrderUnknown, "the order of the shipment is not known here")
		}
		return &billingv1.InvoiceShipmentResponse{Drafted: drafted > 0}, err
	})
}
