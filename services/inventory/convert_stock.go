package inventory

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/internal/quantity"
	"github.com/waybill-dev/waybill/services/inventory/internal/domain"
	"github.com/waybill-dev/waybill/services/inventory/internal/store"
)

// The reasons for which what a request says of goods is refused.
const (
	reasonUnknownNode   = "UNKNOWN_NODE"
	reasonQuantityZero  = "QUANTITY_ZERO"
	reasonLotRequired   = "LOT_REQUIRED"
	reasonLotNotTracked = "LOT_NOT_TRACKED"
)

var buckets = map[inventoryv1.StockStatus]domain.Bucket{
	inventoryv1.StockStatus_STOCK_STATUS_UNSPECIFIED:  domain.Sellable,
	inventoryv1.StockStatus_STOCK_STATUS_SELLABLE:     domain.Sellable,
	inventoryv1.StockStatus_STOCK_STATUS_QUALITY_HOLD: domain.QualityHold,
	inventoryv1.StockStatus_STOCK_STATUS_DAMAGED:      domain.Damaged,
}

var policies = map[inventoryv1.OutflowPolicy]domain.Policy{
	inventoryv1.OutflowPolicy_OUTFLOW_POLICY_UNSPECIFIED:    domain.Revoke,
	inventoryv1.OutflowPolicy_OUTFLOW_POLICY_REVOKE:         domain.Revoke,
	inventoryv1.OutflowPolicy_OUTFLOW_POLICY_AVAILABLE_ONLY: domain.AvailableOnly,
	inventoryv1.OutflowPolicy_OUTFLOW_POLICY_RECORD:         domain.Record,
}

// goods is what a request says of an item in a place: its codes and a quantity as they were sent.
type goods struct {
	// field is the path of the message that says it.
	field                    string
	sku, node, lot, quantity string
	// zero: nothing is a quantity too.
	zero bool
}

// decoded is what it means.
type decoded struct {
	domain.StockKey
	item domain.Item
	base int64
}

// decodeGoods reads a set and names every field at fault.
func (s *Service) decodeGoods(ctx context.Context, all []goods) ([]decoded, []fault.Field, error) {
	codes, places := make([]string, len(all)), make([]string, len(all))
	for i, one := range all {
		codes[i], places[i] = one.sku, one.node
	}
	items, err := s.items.find(ctx, s.db.Pool(), codes)
	if err != nil {
		return nil, nil, err
	}
	nodes, err := s.knownNodes(ctx, places...)
	if err != nil {
		return nil, nil, err
	}
	known := make([]decoded, len(all))
	var wrong []fault.Field
	for i, one := range all {
		blame := func(field, reason, message string) {
			wrong = append(wrong, fault.Field{Path: one.field + "." + field, Reason: reason, Message: message})
		}
		item, found := items[domain.ItemKey(one.sku)]
		switch {
		case !found:
			blame("sku", domain.ReasonUnknownItem, "there is no such item")
		case !item.Goods:
			blame("sku", domain.ReasonNotStocked, "a service has no stock")
		case item.LotTracked && one.lot == "":
			blame("lot", reasonLotRequired, "the item's stock is kept by lot")
		case !item.LotTracked && one.lot != "":
			blame("lot", reasonLotNotTracked, "the item's stock is not kept by lot")
		}
		if !nodes[domain.NodeID(one.node)] {
			blame("node_id", reasonUnknownNode, "there is no such place")
		}
		base, err := quantity.Parse(one.quantity, item.Scale)
		if found && err != nil {
			blame("quantity", fault.ReasonOf(err), "it does not fit the item's unit: "+one.quantity)
		} else if found && base == 0 && !one.zero {
			blame("quantity", reasonQuantityZero, "nothing to move")
		}
		known[i] = decoded{StockKey: domain.StockKey{SKU: item.SKU, Node: domain.NodeID(one.node)}, item: item, base: base}
	}
	return known, wrong, nil
}

func (s *Service) knownNodes(ctx context.Context, places ...string) (map[domain.NodeID]bool, error) {
	return store.KnownNodes(ctx, s.db.Pool(), places)
}

// refuse is the fault about fields, nil where none is wrong.
func refuse(wrong []fault.Field, effect string) error {
	if len(wrong) == 0 {
		return nil
	}
	refusal := fault.New(fault.Invalid, wrong[0].Reason, "%d fields are wrong; %s", len(wrong), effect)
	refusal.Fields = wrong
	return refusal
}

// moment is a time as it is stored, or the other one where none was sent.
func moment(sent *timestamppb.Timestamp, absent time.Time) time.Time {
	if sent == nil {
		return absent
	}
	return sent.AsTime().Truncate(time.Microsecond)
}

// wireTime is a time on the wire, absent where it is not known.
func wireTime(moment time.Time) *timestamppb.Timestamp {
	if moment.IsZero() {
		return nil
	}
	return timestamppb.New(moment)
}

// adjustmentsFromProto decodes a set of adjustments.
func (s *Service) adjustmentsFromProto(
	ctx context.Context, req *inventoryv1.AdjustStockRequest, now time.Time,
) ([]domain.Adjustment, error) {
	all := make([]goods, len(req.GetAdjustments()))
	for i, asked := range req.GetAdjustments() {
		all[i] = goods{
			field: fmt.Sprintf("adjustments[%d]", i), sku: asked.GetSku(), node: asked.GetNodeId(), lot: asked.GetLot(),
			quantity: asked.GetQuantity(),
		}
	}
	known, wrong, err := s.decodeGoods(ctx, all)
	if err != nil {
		return nil, err
	}
	adjustments := make([]domain.Adjustment, len(known))
	for i, asked := range req.GetAdjustments() {
		adjustments[i] = domain.Adjustment{
			StockKey: known[i].StockKey, Lot: asked.GetLot(), Bucket: buckets[asked.GetStatus()], Quantity: known[i].base,
			Reason: asked.GetReason(), OccurredAt: moment(asked.GetOccurredAt(), now),
			Document: cmp.Or(asked.GetSourceDocument(), asked.GetDocument().GetNumber()),
			Policy:   policies[asked.GetOutflowPolicy()], ID: "adj_" + id.New().String(), ExpiresOn: asked.GetLotExpiresOn(),
			ExpectedVersion: asked.GetExpectedVersion(),
		}
		if text := asked.GetExpectedOnHand(); text != "" {
			base, err := quantity.Parse(text, known[i].item.Scale)
			if err != nil {
				wrong = append(wrong, fault.Field{
					Path: all[i].field + ".expected_on_hand", Reason: fault.ReasonOf(err), Message: "it does not fit the item's unit",
				})
			}
			adjustments[i].ExpectedOnHand = &base
		}
	}
	return adjustments, refuse(wrong, "no stock was adjusted")
}

// statusChangesFromProto decodes a set of changes of status.
func (s *Service) statusChangesFromProto(
	ctx context.Context, req *inventoryv1.ChangeStockStatusRequest, now time.Time,
) ([]domain.Flow, error) {
	all := make([]goods, len(req.GetChanges()))
	for i, asked := range req.GetChanges() {
		all[i] = goods{
			field: fmt.Sprintf("changes[%d]", i), sku: asked.GetSku(), node: asked.GetNodeId(), lot: asked.GetLot(),
			quantity: asked.GetQuantity(),
		}
	}
	known, wrong, err := s.decodeGoods(ctx, all)
	if err != nil {
		return nil, err
	}
	flows := make([]domain.Flow, len(known))
	for i, asked := range req.GetChanges() {
		if asked.GetFromStatus() == asked.GetToStatus() {
			wrong = append(wrong, fault.Field{
				Path: all[i].field + ".to_status", Reason: "SAME_STATUS", Message: "it is what the goods were before",
			})
		}
		flows[i] = domain.Flow{
			StockKey: known[i].StockKey, Policy: policies[asked.GetOutflowPolicy()], ID: "sts_" + id.New().String(),
			Movement: domain.Movement{
				From: buckets[asked.GetFromStatus()], To: buckets[asked.GetToStatus()], Lot: asked.GetLot(),
				Quantity: known[i].base, Reason: asked.GetReason(),
				Document: cmp.Or(asked.GetSourceDocument(), asked.GetDocument().GetNumber()), OccurredAt: moment(asked.GetOccurredAt(), now),
			},
		}
	}
	return flows, refuse(wrong, "nothing was changed")
}

// flowFault is the refusal of a flow as a fault about the field.
func flowFault(refusal *domain.FlowRefusal, field string) error {
	if refusal == nil {
		return nil
	}
	return fault.New(fault.Precondition, refusal.Reason, "nothing was moved: %s", refusal.Message).
		WithField(fmt.Sprintf(field, refusal.Index), refusal.Reason, refusal.Message)
}

func lotToProto(lot domain.Lot, item domain.Item) *inventoryv1.Lot {
	return &inventoryv1.Lot{
		Sku: string(lot.SKU), NodeId: string(lot.Node), Lot: lot.Lot, OnHand: lot.OnHand, QualityHold: lot.QualityHold,
		Damaged: lot.Damaged, Scale: int32(item.Scale), ExpiresOn: lot.ExpiresOn,
	}
}

var incomingSources = map[domain.IncomingSource]inventoryv1.IncomingSource{
	domain.FromReceipt:  inventoryv1.IncomingSource_INCOMING_SOURCE_RECEIPT,
	domain.FromTransfer: inventoryv1.IncomingSource_INCOMING_SOURCE_TRANSFER,
	domain.FromPlan:     inventoryv1.IncomingSource_INCOMING_SOURCE_PLAN,
}

func incomingToProto(row domain.Incoming, item domain.Item) *inventoryv1.IncomingSupply {
	return &inventoryv1.IncomingSupply{
		Sku: string(row.SKU), NodeId: string(row.Node), Source: incomingSources[row.Source], Document: row.Document,
		Line: row.Line, Expected: row.Expected, Received: row.Received, ExpectedAt: wireTime(row.ExpectedAt), Open: row.Open,
		Scale: int32(item.Scale),
	}
}
