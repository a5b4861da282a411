package fulfillment

import (
	"fmt"

	"github.com/google/uuid"
	"google.golang.org/protobuf/types/known/timestamppb"

	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/internal/quantity"
	"github.com/waybill-dev/waybill/services/fulfillment/internal/domain"
)

func shipFromProto(req *fulfillmentv1.ShipmentReport) domain.Command {
	return domain.Ship{
		Fulfillment: fulfillmentID(req.GetFulfillmentId()), ShipmentID: id.New(), Number: req.GetWarehouseShipmentId(),
		Lines: convertAll(req.GetLines(), reportLineFromProto), Cartons: convertAll(req.GetCartons(), cartonFromProto),
		Carrier: req.GetCarrier(), Tracking: req.GetTrackingNumber(), At: timeOf(req.GetOccurredAt()), Final: req.GetFinal(),
	}
}

func manifestFromProto(req *fulfillmentv1.ManifestReport) domain.Command {
	return domain.Manifest{
		Fulfillment: fulfillmentID(req.GetFulfillmentId()), ShipmentID: id.New(), Number: req.GetWarehouseShipmentId(),
		Lines: convertAll(req.GetLines(), reportLineFromProto), Cartons: convertAll(req.GetCartons(), cartonFromProto),
		Carrier: req.GetCarrier(), Tracking: req.GetTrackingNumber(), PackedOnly: req.GetPackedOnly(), At: timeOf(req.GetOccurredAt()),
	}
}

func reportLineFromProto(line *fulfillmentv1.ShipmentReportLine) domain.ReportLine {
	return domain.ReportLine{
		Line: line.GetLineNumber(), SKU: line.GetSku(), Quantity: line.GetQuantity(), Lot: line.GetLot(), Serials: line.GetSerialNumbers(),
	}
}

func cartonFromProto(carton *fulfillmentv1.Carton) domain.Carton {
	return domain.Carton{
		SSCC: carton.GetSscc(),
		Lines: convertAll(carton.GetLines(), func(line *fulfillmentv1.CartonLine) domain.CartonLine {
			return domain.CartonLine{Line: line.GetLineNumber(), Quantity: line.GetQuantity()}
		}),
	}
}

// shipmentRef reads the name of a shipment. An id that cannot be ours is one that nobody has: the largest there is.
func shipmentRef(shipmentID, node, number string) domain.ShipmentRef {
	if shipmentID == "" {
		return domain.ShipmentRef{ShipmentNumber: domain.ShipmentNumber{NodeID: node, Number: number}}
	}
	parsed, err := id.Parse(id.Shipment, shipmentID)
	if err != nil {
		parsed = uuid.Max
	}
	return domain.ShipmentRef{ID: parsed}
}

func trackFromProto(req *fulfillmentv1.MilestoneReport) domain.Command {
	return domain.Track{
		Ref: shipmentRef(req.GetShipmentId(), req.GetNodeId(), req.GetWarehouseShipmentId()),
		Milestone: domain.Milestone{
			Kind: milestoneKinds[req.GetState()], Name: req.GetMilestone(), Location: req.GetLocation(), Proof: req.GetProofOfDelivery(),
			At: timeOf(req.GetOccurredAt()),
		},
	}
}

// absorbFromProto reads quantities in the scale of the shipment's lines; of a line that is not there in whole units.
func absorbFromProto(req *fulfillmentv1.AbsorbUnplannedRequest, from *domain.Shipment) (domain.Absorb, error) {
	command := domain.Absorb{Ref: domain.ShipmentRef{ID: from.ID}, ShipmentID: id.New()}
	for i, line := range req.GetLines() {
		base, err := quantity.ToBase(line.GetQuantity(), quantity.One, from.ScaleOf(line.GetShipmentLineId()))
		if err != nil {
			return command, atField(err, fmt.Sprintf("lines[%d].quantity", i))
		}
		command.Lines = append(command.Lines, domain.AbsorbLine{ID: line.GetShipmentLineId(), Quantity: base})
	}
	return command, nil
}

// milestoneKinds are the states that carriers report.
var milestoneKinds = map[fulfillmentv1.ShipmentState]domain.ShipmentState{
	fulfillmentv1.ShipmentState_SHIPMENT_STATE_IN_TRANSIT:         domain.ShipmentInTransit,
	fulfillmentv1.ShipmentState_SHIPMENT_STATE_DELIVERED:          domain.ShipmentDelivered,
	fulfillmentv1.ShipmentState_SHIPMENT_STATE_LOST:               domain.ShipmentLost,
	fulfillmentv1.ShipmentState_SHIPMENT_STATE_RETURNED_TO_SENDER: domain.ShipmentReturned,
}

// shipmentStates are the states as the contract names them.
var shipmentStates = map[domain.ShipmentState]fulfillmentv1.ShipmentState{
	domain.ShipmentPacked:     fulfillmentv1.ShipmentState_SHIPMENT_STATE_PACKED,
	domain.ShipmentManifested: fulfillmentv1.ShipmentState_SHIPMENT_STATE_MANIFESTED,
	domain.ShipmentVoided:     fulfillmentv1.ShipmentState_SHIPMENT_STATE_VOIDED,
	domain.ShipmentShipped:    fulfillmentv1.ShipmentState_SHIPMENT_STATE_SHIPPED,
	domain.ShipmentInTransit:  fulfillmentv1.ShipmentState_SHIPMENT_STATE_IN_TRANSIT,
	domain.ShipmentDelivered:  fulfillmentv1.ShipmentState_SHIPMENT_STATE_DELIVERED,
	domain.ShipmentLost:       fulfillmentv1.ShipmentState_SHIPMENT_STATE_LOST,
	domain.ShipmentReturned:   fulfillmentv1.ShipmentState_SHIPMENT_STATE_RETURNED_TO_SENDER,
}

func shipmentToProto(s *domain.Shipment) *fulfillmentv1.Shipment {
	shipment := &fulfillmentv1.Shipment{
		ShipmentId: id.Format(id.Shipment, s.ID), FulfillmentId: id.Format(id.Fulfillment, s.FulfillmentID),
		OrderId: s.OrderID, NodeId: s.NodeID, WarehouseShipmentId: s.Number, Carrier: s.Carrier, TrackingNumber: s.Tracking,
		ShippedAt: timeToProto(s.ShippedAt), RecordedAt: timestamppb.New(s.RecordedAt), State: shipmentStates[s.State],
		DeliveredAt: timeToProto(s.DeliveredAt()), Lines: convertAll(s.Lines, shipmentLineToProto),
		Cartons: convertAll(s.Cartons, cartonToProto), Milestones: convertAll(s.Milestones, milestoneToProto),
		Flaws: convertAll(s.Flaws, func(flaw domain.Flaw) *fulfillmentv1.ShipmentFlaw {
			return &fulfillmentv1.ShipmentFlaw{Reason: flaw.Reason, Message: flaw.Message}
		}),
	}
	if s.Absorbs != uuid.Nil {
		shipment.AbsorbsShipmentId = id.Format(id.Shipment, s.Absorbs)
	}
	return shipment
}

func shipmentLineToProto(line domain.ShipmentLine) *fulfillmentv1.ShipmentLine {
	return &fulfillmentv1.ShipmentLine{
		ShipmentLineId: line.ID, LineNumber: line.Line, Sku: line.SKU, Quantity: line.Quantity, Scale: line.Scale,
		BaseUnit: line.BaseUnit, Service: line.Service, Unplanned: line.Unplanned, Lot: line.Lot, SerialNumbers: line.Serials,
		OverShipped: line.Over, Absorbed: line.Absorbed,
	}
}

func cartonToProto(carton domain.Carton) *fulfillmentv1.Carton {
	return &fulfillmentv1.Carton{
		Sscc: carton.SSCC,
		Lines: convertAll(carton.Lines, func(line domain.CartonLine) *fulfillmentv1.CartonLine {
			return &fulfillmentv1.CartonLine{LineNumber: line.Line, Quantity: line.Quantity}
		}),
	}
}

func milestoneToProto(m domain.Milestone) *fulfillmentv1.ShipmentMilestone {
	return &fulfillmentv1.ShipmentMilestone{
		State: shipmentStates[m.Kind], Milestone: m.Name, Location: m.Location, ProofOfDelivery: m.Proof, OccurredAt: timestamppb.New(m.At),
	}
}

func instructionsFromProto(from *fulfillmentv1.ShippingInstructions) domain.Instructions {
	return domain.Instructions{
		ServiceLevel: from.GetServiceLevel(), Carrier: from.GetCarrier(), ShipBy: from.GetShipBy(), NotBefore: from.GetNotBefore(),
		ArrivesOn: from.GetArrivesOn(),
	}
}

// instructionsToProto is absent when there are none.
func instructionsToProto(from domain.Instructions) *fulfillmentv1.ShippingInstructions {
	if from == (domain.Instructions{}) {
		return nil
	}
	return &fulfillmentv1.ShippingInstructions{
		ServiceLevel: from.ServiceLevel, Carrier: from.Carrier, ShipBy: from.ShipBy, NotBefore: from.NotBefore,
		ArrivesOn: from.ArrivesOn,
	}
}

// waveStates are the states as the contract names them.
var waveStates = map[domain.WaveState]fulfillmentv1.WaveState{
	domain.WavePlanned:  fulfillmentv1.WaveState_WAVE_STATE_PLANNED,
	domain.WaveReleased: fulfillmentv1.WaveState_WAVE_STATE_RELEASED,
}

func waveToProto(w *domain.Wave) *fulfillmentv1.Wave {
	return &fulfillmentv1.Wave{
		WaveId: id.Format(id.Wave, w.ID), NodeId: w.NodeID, State: waveStates[w.State], LineCount: int32(w.Lines()),
		OrderCount: int32(len(w.Members)), CreatedAt: timestamppb.New(w.CreatedAt), ReleasedAt: timeToProto(w.ReleasedAt),
		FulfillmentIds: convertAll(w.Members, func(member domain.Waiting) string { return id.Format(id.Fulfillment, member.ID) }),
	}
}

func exceptionToProto(from domain.Exception) *fulfillmentv1.FulfillmentException {
	exception := &fulfillmentv1.FulfillmentException{
		ExceptionId: id.Format(id.FulfillmentException, from.ID), Kind: string(from.Kind), Reason: from.Reason, Message: from.Message,
		OrderId: from.OrderID, NodeId: from.NodeID, Report: from.Report, OpenedAt: timestamppb.New(from.OpenedAt),
		ResolvedAt: timeToProto(from.ResolvedAt), Resolution: from.Resolution,
	}
	if from.FulfillmentID != uuid.Nil {
		exception.FulfillmentId = id.Format(id.Fulfillment, from.FulfillmentID)
	}
	if from.ShipmentID != uuid.Nil {
		exception.ShipmentId = id.Format(id.Shipment, from.ShipmentID)
	}
	return exception
}

// reportOutcomeToProto answers a report; one that is parked is taken.
func reportOutcomeToProto(outcome outcome) *fulfillmentv1.ReportOutcome {
	if outcome.parked {
		return &fulfillmentv1.ReportOutcome{Parked: true}
	}
	return &fulfillmentv1.ReportOutcome{Refusal: refusalToProto(outcome.Refusal)}
}

func shipmentOutcomeToProto(outcome outcome) *fulfillmentv1.ShipmentOutcome {
	switch {
	case outcome.parked:
		return &fulfillmentv1.ShipmentOutcome{Outcome: &fulfillmentv1.ShipmentOutcome_Parked{Parked: true}}
	case outcome.Refusal != nil:
		return &fulfillmentv1.ShipmentOutcome{
			Outcome: &fulfillmentv1.ShipmentOutcome_Refusal{Refusal: refusalToProto(outcome.Refusal)},
		}
	}
	return &fulfillmentv1.ShipmentOutcome{
		Outcome: &fulfillmentv1.ShipmentOutcome_ShipmentId{ShipmentId: id.Format(id.Shipment, outcome.ID)},
	}
}
