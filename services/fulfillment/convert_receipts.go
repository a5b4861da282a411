package fulfillment

import (
	"strconv"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/services/fulfillment/internal/domain"
	"github.com/waybill-dev/waybill/services/fulfillment/internal/store"
)

func itemFromProto(item *masterdatav1.Item) store.ItemVersion {
	return store.ItemVersion{
		Item: domain.Item{
			SKU: item.GetSku(), Scale: item.GetScale(), BaseUnit: item.GetBaseUnit(), LotTracked: item.GetLotTracked(),
			Service: item.GetKind() == masterdatav1.ItemKind_ITEM_KIND_SERVICE,
		},
		Version: item.GetVersion(),
	}
}

func announceFromProto(req *fulfillmentv1.AnnounceReceiptRequest) domain.Announce {
	return domain.Announce{
		ID: id.New(), SupplierID: req.GetSupplierId(), ASN: req.GetAsnNumber(), PurchaseOrder: req.GetPurchaseOrder(),
		NodeID: req.GetNodeId(), ExpectedAt: timeOf(req.GetExpectedAt()),
		Lines: convertAll(req.GetLines(), func(line *fulfillmentv1.AnnounceReceiptLine) domain.AnnouncedLine {
			return domain.AnnouncedLine{
				SKU: line.GetSku(), Lot: line.GetLot(), Quantity: line.GetQuantity(), ExpiresOn: line.GetExpiresOn(),
			}
		}),
	}
}

func receiveFromProto(req *fulfillmentv1.ReceiptReport) domain.ReceiptCommand {
	// An id that cannot be ours is one that nobody knows: the zero id.
	parsed, _ := id.Parse(id.Receipt, req.GetReceiptId())
	return domain.Receive{
		NewID: id.New(), ID: parsed, Named: req.GetReceiptId() != "", SupplierID: req.GetSupplierId(), ASN: req.GetAsnNumber(),
		NodeID: req.GetNodeId(), Document: req.GetDocument(), At: timeOf(req.GetOccurredAt()), Final: req.GetFinal(),
		Lines: convertAll(req.GetLines(), func(line *fulfillmentv1.ReceiptReportLine) domain.ReceivedLine {
			return domain.ReceivedLine{
				SKU: line.GetSku(), Lot: line.GetLot(), ExpiresOn: line.GetExpiresOn(),
				Arrived: domain.Arrived{Received: line.GetReceived(), Damaged: line.GetDamaged(), OnHold: line.GetOnHold()},
			}
		}),
	}
}

// receiptStates are the states as the contract names them.
var receiptStates = map[domain.ReceiptState]fulfillmentv1.ReceiptState{
	domain.ReceiptExpected:  fulfillmentv1.ReceiptState_RECEIPT_STATE_EXPECTED,
	domain.ReceiptReceiving: fulfillmentv1.ReceiptState_RECEIPT_STATE_RECEIVING,
	domain.ReceiptClosed:    fulfillmentv1.ReceiptState_RECEIPT_STATE_CLOSED,
	domain.ReceiptCancelled: fulfillmentv1.ReceiptState_RECEIPT_STATE_CANCELLED,
}

// stored is how a table names a state; empty for the unspecified one.
func stored[State ~string, Proto comparable](states map[State]Proto, wanted Proto) string {
	for state, named := range states {
		if named == wanted {
			return string(state)
		}
	}
	return ""
}

func receiptToProto(r *domain.Receipt) *fulfillmentv1.Receipt {
	return &fulfillmentv1.Receipt{
		ReceiptId: id.Format(id.Receipt, r.ID), SupplierId: r.SupplierID, AsnNumber: r.ASN, PurchaseOrder: r.PurchaseOrder,
		NodeId: r.NodeID, State: receiptStates[r.State], ExpectedAt: timeToProto(r.ExpectedAt),
		CreatedAt: timestamppb.New(r.CreatedAt), Blind: !r.Announced, Discrepancy: r.Discrepancy(), Etag: receiptEtag(r),
		Lines: convertAll(r.Lines, func(line domain.ReceiptLine) *fulfillmentv1.ReceiptLine {
			return &fulfillmentv1.ReceiptLine{
				Position: line.Position, Sku: line.SKU, Lot: line.Lot, Scale: line.Scale, BaseUnit: line.BaseUnit,
				Expected: line.Expected, Received: line.Received, Damaged: line.Damaged, OnHold: line.OnHold, ExpiresOn: line.ExpiresOn,
			}
		}),
	}
}

func receiptEtag(r *domain.Receipt) string { return strconv.FormatInt(r.Sequence, 10) }

func receiptMovementToProto(m domain.ReceiptMovement) *fulfillmentv1.ReceiptMovement {
	return &fulfillmentv1.ReceiptMovement{Position: m.Position, Received: m.Received, Damaged: m.Damaged, OnHold: m.OnHold}
}

func receiptOutcomeToProto(outcome domain.ReceiptOutcome) *fulfillmentv1.ReceiptOutcome {
	if outcome.Refusal != nil {
		return &fulfillmentv1.ReceiptOutcome{
			Outcome: &fulfillmentv1.ReceiptOutcome_Refusal{Refusal: refusalToProto(outcome.Refusal)},
		}
	}
	return &fulfillmentv1.ReceiptOutcome{
		Outcome: &fulfillmentv1.ReceiptOutcome_ReceiptId{ReceiptId: id.Format(id.Receipt, outcome.Receipt.ID)},
	}
}

// timeToProto leaves out what is not known.
func timeToProto(at time.Time) *timestamppb.Timestamp {
	if at.IsZero() {
		return nil
	}
	return timestamppb.New(at)
}
