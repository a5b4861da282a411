package fulfillment

import (
	"fmt"
	"strconv"

	"github.com/google/uuid"
	"google.golang.org/protobuf/types/known/timestamppb"

	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/internal/quantity"
	"github.com/waybill-dev/waybill/services/fulfillment/internal/domain"
)

// returnID reads the id of a return. One that cannot be ours is one that nobody knows: the zero id.
func returnID(text string) uuid.UUID {
	parsed, err := id.Parse(id.Return, text)
	if err != nil {
		return uuid.Nil
	}
	return parsed
}

func requestReturnFromProto(req *fulfillmentv1.RequestReturnRequest) domain.RequestReturn {
	return domain.RequestReturn{
		ID: id.New(), ForReview: req.GetForReview(), PartnerID: req.GetPartnerId(), RMA: req.GetRmaNumber(),
		AccountID: req.GetAccountId(), NodeID: req.GetNodeId(), Reason: req.GetReason(), CurrencyCode: req.GetCurrencyCode(),
		ExpiresOn: req.GetExpiresOn(),
		Lines: convertAll(req.GetLines(), func(line *fulfillmentv1.RequestReturnLine) domain.ReturnAsk {
			return domain.ReturnAsk{
				ShipmentLineID: line.GetShipmentLineId(), SKU: line.GetSku(), Quantity: line.GetQuantity(), Lot: line.GetLot(),
				AgreedPrice: line.GetAgreedUnitPrice(), TaxClass: line.GetTaxClass(), FeeBP: line.GetRestockingFeeBp(),
			}
		}),
	}
}

func authorizeReturnFromProto(req *fulfillmentv1.AuthorizeReturnRequest, r *domain.Return) (domain.ReturnCommand, error) {
	command := domain.AuthorizeReturn{
		ID: r.ID, ExpiresOn: req.GetExpiresOn(), AccountID: req.GetAccountId(), CurrencyCode: req.GetCurrencyCode(),
	}
	for i, line := range req.GetLines() {
		granted := domain.AuthorizedLine{
			Position: line.GetPosition(), FeeBP: line.RestockingFeeBp, //nolint:protogetter // absent is not 0
			AgreedPrice: line.GetAgreedUnitPrice(), TaxClass: line.GetTaxClass(),
		}
		if line.GetQuantity() != "" {
			base, err := quantity.Parse(line.GetQuantity(), r.ScaleOf(line.GetPosition()))
			if err != nil {
				return nil, atField(err, fmt.Sprintf("lines[%d].quantity", i))
			}
			granted.Quantity = base
		}
		command.Lines = append(command.Lines, granted)
	}
	return command, nil
}

func voidReturnFromProto(req *fulfillmentv1.VoidReturnRequest, r *domain.Return) (domain.ReturnCommand, error) {
	command := domain.VoidReturn{ID: r.ID, Reason: req.GetReason()}
	for i, line := range req.GetLines() {
		base, err := quantity.ToBase(line.GetQuantity(), quantity.One, r.ScaleOf(line.GetPosition()))
		if err != nil {
			return nil, atField(err, fmt.Sprintf("lines[%d].quantity", i))
		}
		command.Lines = append(command.Lines, domain.VoidedLine{Position: line.GetPosition(), Quantity: base})
	}
	return command, nil
}

// atField says of which field a fault is.
func atField(err error, path string) error {
	if refusal, ok := fault.As(err); ok {
		return refusal.WithField(path, refusal.Reason, refusal.Message)
	}
	return err
}

func receiveReturnFromProto(req *fulfillmentv1.ReturnReceiptReport) domain.ReturnCommand {
	return domain.ReceiveReturn{
		NewID: id.New(), ID: returnID(req.GetReturnId()), Named: req.GetReturnId() != "", NodeID: req.GetNodeId(),
		Document: req.GetDocument(), AccountID: req.GetAccountId(), PartnerID: req.GetPartnerId(), At: timeOf(req.GetOccurredAt()),
		Lines: convertAll(req.GetLines(), func(line *fulfillmentv1.ReturnReceiptLine) domain.ReturnedLine {
			return domain.ReturnedLine{
				Position: line.GetPosition(), ShipmentLineID: line.GetShipmentLineId(), SKU: line.GetSku(), Lot: line.GetLot(),
				Received: line.GetReceived(),
			}
		}),
	}
}

func inspectFromProto(req *fulfillmentv1.InspectionReport) domain.ReturnCommand {
	return domain.Inspect{
		ID: returnID(req.GetReturnId()), Document: req.GetDocument(), At: timeOf(req.GetOccurredAt()),
		Lines: convertAll(req.GetLines(), func(line *fulfillmentv1.InspectionLine) domain.InspectedLine {
			hold := line.GetFromHold()
			return domain.InspectedLine{
				Position: line.GetPosition(), WithheldReason: line.GetWithheldReason(),
				Inspection: domain.Inspection{
					OnHold: line.GetOnHold(), Withheld: line.GetWithheld(),
					Split: domain.Split{
						Restocked: line.GetRestocked(), Damaged: line.GetDamaged(), Scrapped: line.GetScrapped(),
						ReturnedToVendor: line.GetReturnedToVendor(),
					},
					FromHold: domain.Split{
						Restocked: hold.GetRestocked(), Damaged: hold.GetDamaged(), Scrapped: hold.GetScrapped(),
						ReturnedToVendor: hold.GetReturnedToVendor(),
					},
				},
			}
		}),
	}
}

func creditFromProto(memo *billingv1.CreditMemo) domain.ReturnCommand {
	return domain.CreditReturn{
		ID: returnID(memo.GetReturnId()), At: timeOf(memo.GetIssuedAt()),
		Lines: convertAll(memo.GetLines(), func(line *billingv1.CreditMemoLine) domain.CreditedLine {
			return domain.CreditedLine{
				ShipmentLineID: line.GetShipmentLineId(), SKU: line.GetSku(), Quantity: line.GetQuantity(),
			}
		}),
	}
}

// returnStates are the states as the contract names them.
var returnStates = map[domain.ReturnState]fulfillmentv1.ReturnState{
	domain.ReturnRequested:  fulfillmentv1.ReturnState_RETURN_STATE_REQUESTED,
	domain.ReturnAuthorized: fulfillmentv1.ReturnState_RETURN_STATE_AUTHORIZED,
	domain.ReturnInTransit:  fulfillmentv1.ReturnState_RETURN_STATE_IN_TRANSIT,
	domain.ReturnReceiving:  fulfillmentv1.ReturnState_RETURN_STATE_RECEIVING,
	domain.ReturnInspected:  fulfillmentv1.ReturnState_RETURN_STATE_INSPECTED,
	domain.ReturnCredited:   fulfillmentv1.ReturnState_RETURN_STATE_CREDITED,
	domain.ReturnClosed:     fulfillmentv1.ReturnState_RETURN_STATE_CLOSED,
	domain.ReturnDeclined:   fulfillmentv1.ReturnState_RETURN_STATE_DECLINED,
	domain.ReturnCancelled:  fulfillmentv1.ReturnState_RETURN_STATE_CANCELLED,
	domain.ReturnExpired:    fulfillmentv1.ReturnState_RETURN_STATE_EXPIRED,
}

func returnToProto(r *domain.Return) *fulfillmentv1.Return {
	return &fulfillmentv1.Return{
		ReturnId: id.Format(id.Return, r.ID), RmaNumber: r.RMA, OrderId: r.OrderID, PartnerId: r.PartnerID,
		AccountId: r.AccountID, NodeId: r.NodeID, State: returnStates[r.State], Lines: convertAll(r.Lines, returnLineToProto),
		Reason: r.Reason, RequestedAt: timestamppb.New(r.RequestedAt), ExpiresOn: r.ExpiresOn, Blind: r.Blind(),
		CurrencyCode: r.CurrencyCode, Carrier: r.Carrier, TrackingNumber: r.Tracking, DecisionReason: r.DecisionReason,
		Etag: returnEtag(r),
	}
}

func returnEtag(r *domain.Return) string { return strconv.FormatInt(r.Version, 10) }

func returnLineToProto(line domain.ReturnLine) *fulfillmentv1.ReturnLine {
	return &fulfillmentv1.ReturnLine{
		Position: line.Position, ShipmentLineId: line.ShipmentLineID, LineNumber: line.OrderLine, Sku: line.SKU,
		Scale: line.Scale, BaseUnit: line.BaseUnit, Service: line.Service, Authorized: line.Authorized, Voided: line.Voided,
		Received: line.Received, Uninspected: line.Uninspected, Restocked: line.Restocked, OnHold: line.OnHold,
		Damaged: line.Damaged, Scrapped: line.Scrapped, ReturnedToVendor: line.ReturnedToVendor, Credited: line.Credited,
		Lot: line.Lot, RestockingFeeBp: line.FeeBP, AgreedUnitPrice: line.AgreedPrice, TaxClass: line.TaxClass,
		Requested: line.Requested, Blind: line.Blind, Withheld: line.Withheld, WithheldReason: line.WithheldReason,
		Unbilled: line.Unbilled, CreditIssued: line.CreditIssued,
	}
}

func returnMovementToProto(m domain.ReturnMovement) *fulfillmentv1.ReturnMovement {
	return &fulfillmentv1.ReturnMovement{
		Position: m.Position, Received: m.Received, Restocked: m.Restocked, OnHold: m.OnHold, Damaged: m.Damaged,
		Scrapped: m.Scrapped, ReturnedToVendor: m.ReturnedToVendor, Credited: m.Credited,
	}
}

func returnOutcomeToProto(outcome domain.ReturnOutcome) *fulfillmentv1.ReturnOutcome {
	if outcome.Refusal != nil {
		return &fulfillmentv1.ReturnOutcome{
			Outcome: &fulfillmentv1.ReturnOutcome_Refusal{Refusal: refusalToProto(outcome.Refusal)},
		}
	}
	return &fulfillmentv1.ReturnOutcome{
		Outcome: &fulfillmentv1.ReturnOutcome_ReturnId{ReturnId: id.Format(id.Return, outcome.Return.ID)},
	}
}
