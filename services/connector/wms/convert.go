package wms

import (
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
			wanted = append(wanted, domain.Line{Number: line.GetLineNumber(), SKU: line.GetSku(), Quantity: line.GetRequested()})
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

// shipmentToProto names the shipment after the order, because this warehouse ships an order once.
func (s *Service) shipmentToProto(task store.Task) *fulfillmentv1.ShipmentReport {
	report := &fulfillmentv1.ShipmentReport{
		FulfillmentId: fulfillmentID(task.Order.ID), WarehouseShipmentId: "sandbox-" + task.Order.ID.String(),
		Cartons: cartonsToProto(task.Cartons), Carrier: s.config.Carrier, OccurredAt: timestamppb.New(task.DueAt), Final: true,
	}
	if len(task.Cartons) > 0 {
		report.TrackingNumber = task.Cartons[0].SSCC
	}
	for _, line := range task.Order.Lines {
		if line.Picked() > 0 {
			report.Lines = append(report.Lines, &fulfillmentv1.ShipmentReportLine{LineNumber: line.Number, Quantity: line.Picked()})
		}
	}
	return report
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
