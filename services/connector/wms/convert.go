package wms

import (
	"cmp"

	"github.com/google/uuid"
	"google.golang.org/protobuf/types/known/timestamppb"

	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/services/connector/wms/internal/domain"
	"github.com/waybill-dev/waybill/services/connector/wms/internal/store"
)

// linesFromProto leaves services out: there is nothing to pick.
func linesFromProto(lines []*fulfillmentv1.FulfillmentLine) []domain.Line {
	wanted := make([]domain.Line, 0, len(lines))
	for _, line := range lines {
		if !line.GetService() {
			wanted = append(wanted, domain.Line{Number: line.GetLineNumber(), SKU: line.GetSku(), Quantity: line.GetRequested(), LotTracked: line.GetLotTracked()})
		}
	}
	return wanted
}

func fulfillmentID(order uuid.UUID) string { return id.Format(id.Fulfillment, order) }

func acknowledgementToProto(task store.Task) *fulfillmentv1.Acknowledgement {
	return &fulfillmentv1.Acknowledgement{FulfillmentId: fulfillmentID(task.Order.ID), OccurredAt: timestamppb.New(task.DueAt)}
}

func pickToProto(task store.Task) *fulfillmentv1.PickReport {
	report := &fulfillmentv1.PickReport{FulfillmentId: fulfillmentID(task.Order.ID), OccurredAt: timestamppb.New(task.DueAt)}
	for _, line := range task.Order.Lines {
		report.Lines = append(report.Lines, &fulfillmentv1.PickLine{
			LineNumber: line.Number, Picked: line.Picked(), Packed: line.Picked(), Shorted: line.Short,
		})
	}
	return report
}

// shipmentNumber names the shipment after the order, because this warehouse ships an order once.
func shipmentNumber(task store.Task) string { return "sandbox-" + task.Order.ID.String() }

func (s *Service) shipmentToProto(task store.Task) *fulfillmentv1.ShipmentReport {
	return &fulfillmentv1.ShipmentReport{
		FulfillmentId: fulfillmentID(task.Order.ID), WarehouseShipmentId: shipmentNumber(task), Lines: s.contentsToProto(task.Order),
		Cartons: cartonsToProto(task.Cartons), Carrier: s.carrier(task), TrackingNumber: trackingNumber(task),
		OccurredAt: timestamppb.New(task.DueAt), Final: true,
	}
}

func (s *Service) manifestToProto(task store.Task) *fulfillmentv1.ManifestReport {
	return &fulfillmentv1.ManifestReport{
		FulfillmentId: fulfillmentID(task.Order.ID), WarehouseShipmentId: shipmentNumber(task), Lines: s.contentsToProto(task.Order),
		Cartons: cartonsToProto(task.Cartons), Carrier: s.carrier(task), TrackingNumber: trackingNumber(task),
		OccurredAt: timestamppb.New(task.DueAt),
	}
}

// deliveryToProto says that a shipment has arrived, which says that it was on its way.
func deliveryToProto(task store.Task) *fulfillmentv1.MilestoneReport {
	return &fulfillmentv1.MilestoneReport{
		NodeId: task.Order.NodeID, WarehouseShipmentId: shipmentNumber(task), Milestone: "Delivered",
		State: fulfillmentv1.ShipmentState_SHIPMENT_STATE_DELIVERED, OccurredAt: timestamppb.New(task.DueAt),
	}
}

// carrier is the one that was asked for: every carrier calls at this warehouse.
func (s *Service) carrier(task store.Task) string {
	return cmp.Or(task.Order.Carrier, s.config.Carrier)
}

// trackingNumber is the code of the first carton.
func trackingNumber(task store.Task) string {
	if len(task.Cartons) == 0 {
		return ""
	}
	return task.Cartons[0].SSCC
}

// contentsToProto are the lines that leave, of the one lot that this warehouse has where a lot is asked for.
func (s *Service) contentsToProto(order domain.Order) []*fulfillmentv1.ShipmentReportLine {
	var lines []*fulfillmentv1.ShipmentReportLine
	for _, line := range order.Lines {
		if line.Picked() == 0 {
			continue
		}
		next := &fulfillmentv1.ShipmentReportLine{LineNumber: line.Number, Quantity: line.Shipped()}
		if line.LotTracked {
			next.Lot = s.config.Lot
		}
		lines = append(lines, next)
	}
	return lines
}

func cartonsToProto(cartons []domain.Carton) []*fulfillmentv1.Carton {
	packed := make([]*fulfillmentv1.Carton, 0, len(cartons))
	for _, carton := range cartons {
		next := &fulfillmentv1.Carton{Sscc: carton.SSCC}
		for _, line := range carton.Lines {
			next.Lines = append(next.Lines, &fulfillmentv1.CartonLine{LineNumber: line.Line, Quantity: line.Quantity})
		}
		packed = append(packed, next)
	}
	return packed
}

func answerToProto(task store.Task) *fulfillmentv1.CancellationReport {
	report := &fulfillmentv1.CancellationReport{
		FulfillmentId: fulfillmentID(task.Order.ID), Accepted: task.Answer == domain.AnswerStopped,
		OccurredAt: timestamppb.New(task.DueAt),
	}
	if !report.GetAccepted() {
		report.Reason = "ALREADY_PICKED"
	}
	return report
}
