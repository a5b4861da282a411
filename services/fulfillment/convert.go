package fulfillment

import (
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/types/known/timestamppb"

	commonv1 "github.com/waybill-dev/waybill/gen/waybill/common/v1"
	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/services/fulfillment/internal/domain"
)

func convertAll[From, To any](from []From, convert func(From) To) []To {
	converted := make([]To, 0, len(from))
	for _, one := range from {
		converted = append(converted, convert(one))
	}
	return converted
}

// fulfillmentID reads the id of a report. One that cannot be ours is one that nobody knows: the zero id.
func fulfillmentID(text string) uuid.UUID {
	parsed, err := id.Parse(id.Fulfillment, text)
	if err != nil {
		return uuid.Nil
	}
	return parsed
}

// timeOf is the zero time where the sender says none, or one that no calendar has: what happened counts all the same.
func timeOf(at *timestamppb.Timestamp) time.Time {
	if !at.IsValid() {
		return time.Time{}
	}
	return at.AsTime().Truncate(time.Microsecond)
}

func createFromProto(req *fulfillmentv1.FulfillmentRequest) domain.Command {
	return domain.Create{
		Key: req.GetKey(), OrderID: req.GetOrderId(), NodeID: req.GetNodeId(), PartnerID: req.GetPartnerId(),
		AccountID: req.GetAccountId(), ShipTo: addressFromProto(req.GetShipTo()), ShipmentID: id.New(),
		Instructions: instructionsFromProto(req.GetInstructions()),
		Lines: convertAll(req.GetLines(), func(line *fulfillmentv1.FulfillmentRequestLine) domain.Line {
			return domain.Line{
				Number: line.GetLineNumber(), SKU: line.GetSku(), Service: line.GetService(), Scale: line.GetScale(),
				BaseUnit: line.GetBaseUnit(), Requested: line.GetQuantity(), Tolerance: line.GetOverShipTolerance(),
			}
		}),
	}
}

func cancelFromProto(req *fulfillmentv1.FulfillmentCancellation) domain.Command {
	return domain.Cancel{Key: req.GetKey(), Reason: req.GetReason()}
}

func acknowledgeFromProto(req *fulfillmentv1.Acknowledgement) domain.Command {
	return domain.Acknowledge{
		Fulfillment: fulfillmentID(req.GetFulfillmentId()), Rejected: req.GetRejected(), Reason: req.GetReason(),
		At: timeOf(req.GetOccurredAt()),
	}
}

func pickFromProto(req *fulfillmentv1.PickReport) domain.Command {
	return domain.Pick{
		Fulfillment: fulfillmentID(req.GetFulfillmentId()), At: timeOf(req.GetOccurredAt()),
		Lines: convertAll(req.GetLines(), func(line *fulfillmentv1.PickLine) domain.Progress {
			return domain.Progress{
				Line: line.GetLineNumber(), Picked: line.GetPicked(), Packed: line.GetPacked(), Shorted: line.GetShorted(),
			}
		}),
	}
}

func answerFromProto(req *fulfillmentv1.CancellationReport) domain.Command {
	return domain.AnswerStop{
		Fulfillment: fulfillmentID(req.GetFulfillmentId()), Accepted: req.GetAccepted(), Reason: req.GetReason(),
		At: timeOf(req.GetOccurredAt()),
	}
}

func addressFromProto(address *commonv1.Address) domain.Address {
	return domain.Address{
		Name: address.GetName(), Lines: address.GetLines(), City: address.GetCity(), Region: address.GetRegion(),
		PostalCode: address.GetPostalCode(), Country: address.GetCountryCode(),
	}
}

func addressToProto(address domain.Address) *commonv1.Address {
	return &commonv1.Address{
		Name: address.Name, Lines: address.Lines, City: address.City, Region: address.Region,
		PostalCode: address.PostalCode, CountryCode: address.Country,
	}
}

// states are the stages as the contract names them.
var states = map[domain.Stage]fulfillmentv1.FulfillmentState{
	domain.StageCreated:      fulfillmentv1.FulfillmentState_FULFILLMENT_STATE_CREATED,
	domain.StageSent:         fulfillmentv1.FulfillmentState_FULFILLMENT_STATE_SENT,
	domain.StageAcknowledged: fulfillmentv1.FulfillmentState_FULFILLMENT_STATE_ACKNOWLEDGED,
	domain.StageInProgress:   fulfillmentv1.FulfillmentState_FULFILLMENT_STATE_IN_PROGRESS,
	domain.StageClosed:       fulfillmentv1.FulfillmentState_FULFILLMENT_STATE_CLOSED,
	domain.StageRejected:     fulfillmentv1.FulfillmentState_FULFILLMENT_STATE_REJECTED,
	domain.StageCancelled:    fulfillmentv1.FulfillmentState_FULFILLMENT_STATE_CANCELLED,
}

// stateToProto shows an order that the warehouse is being asked to stop as such, until it has ended.
func stateToProto(stage domain.Stage, stop domain.Stop) fulfillmentv1.FulfillmentState {
	if state := states[stage]; stop != domain.StopRequested || state >= fulfillmentv1.FulfillmentState_FULFILLMENT_STATE_CLOSED {
		return state
	}
	return fulfillmentv1.FulfillmentState_FULFILLMENT_STATE_CANCEL_REQUESTED
}

func fulfillmentToProto(f *domain.Fulfillment) *fulfillmentv1.Fulfillment {
	return &fulfillmentv1.Fulfillment{
		FulfillmentId: id.Format(id.Fulfillment, f.ID), OrderId: f.OrderID, NodeId: f.NodeID,
		State: stateToProto(f.Stage, f.Stop), Lines: convertAll(f.Lines, lineToProto), ShipTo: addressToProto(f.ShipTo),
		CreatedAt: timestamppb.New(f.CreatedAt), UpdatedAt: timestamppb.New(f.UpdatedAt),
		Instructions: instructionsToProto(f.Instructions),
	}
}

func lineToProto(line domain.Line) *fulfillmentv1.FulfillmentLine {
	return &fulfillmentv1.FulfillmentLine{
		LineNumber: line.Number, Sku: line.SKU, Service: line.Service, Requested: line.Requested, Picked: line.Picked,
		Packed: line.Packed, Shipped: line.Shipped, Shorted: line.Shorted, Cancelled: line.Cancelled, Scale: line.Scale,
		BaseUnit: line.BaseUnit, OverShipTolerance: line.Tolerance, OverShipped: line.Over,
	}
}

func shortedToProto(part domain.Quantity) *fulfillmentv1.ShortedLine {
	return &fulfillmentv1.ShortedLine{LineNumber: part.Line, Sku: part.SKU, Quantity: part.Quantity}
}

func refusalToProto(refusal *fault.Error) *commonv1.Refusal {
	if refusal == nil {
		return nil
	}
	return &commonv1.Refusal{Reason: refusal.Reason, Message: refusal.Message, Details: refusal.Meta}
}
