package inventory

import (
	"context"
	"fmt"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	"github.com/waybill-dev/waybill/internal/quantity"
	"github.com/waybill-dev/waybill/services/inventory/internal/domain"
	"github.com/waybill-dev/waybill/services/inventory/internal/store"
)

func calendarFromProto(node *masterdatav1.Node) store.NodeCalendar {
	calendar := store.NodeCalendar{
		TimeZone: node.GetTimeZone(), Holidays: node.GetHolidays(), CutOff: node.GetCutOff(),
		Capacity: int(node.GetDailyLineCapacity()),
	}
	for _, closed := range node.GetClosedWeekdays() {
		calendar.Closed = append(calendar.Closed, int(closed))
	}
	for _, transit := range node.GetTransitTimes() {
		calendar.Transits = append(calendar.Transits, store.NodeTransit{
			Country: transit.GetCountryCode(), Region: transit.GetRegion(), Days: int(transit.GetDays()),
		})
	}
	return calendar
}

func curveToProto(curve domain.Curve, item domain.Item) []*inventoryv1.PromiseStep {
	told := make([]*inventoryv1.PromiseStep, len(curve))
	for i, step := range curve {
		told[i] = &inventoryv1.PromiseStep{From: timestamppb.New(step.From), Quantity: quantity.Format(step.Quantity, item.Scale)}
	}
	return told
}

func (s *Service) plansFromProto(ctx context.Context, req *inventoryv1.SetPlannedSuppliesRequest) ([]store.PlanRow, error) {
	var codes, places []string
	for _, asked := range req.GetPlannedSupplies() {
		codes, places = append(codes, asked.GetSku()), append(places, asked.GetNodeId())
	}
	items, err := s.items.find(ctx, s.db.Pool(), codes)
	if err != nil {
		return nil, err
	}
	nodes, err := store.KnownNodes(ctx, s.db.Pool(), places)
	if err != nil {
		return nil, err
	}
	var wrong blames
	seen := map[store.PlanRow]bool{}
	rows := make([]store.PlanRow, len(req.GetPlannedSupplies()))
	for i, asked := range req.GetPlannedSupplies() {
		path := fmt.Sprintf("planned_supplies[%d].", i)
		item, known := wrong.goods(items, asked.GetSku(), path+"sku")
		if !nodes[domain.NodeID(asked.GetNodeId())] {
			wrong.add(path+"node_id", "UNKNOWN_NODE", "there is no such place")
		}
		row := store.PlanRow{
			StockKey: domain.StockKey{SKU: item.SKU, Node: domain.NodeID(asked.GetNodeId())}, Document: asked.GetDocument(),
			Line: asked.GetLine(),
		}
		if known && seen[row] {
			wrong.add(path+"line", "DUPLICATE_ENTRY", "the item, place, document and line stand on an earlier entry too")
		}
		seen[row] = true
		if known {
			row.Quantity = wrong.amount(item, asked.GetQuantity(), path+"quantity")
		}
		if asked.GetExpectedAt() != nil {
			row.ExpectedAt = asked.GetExpectedAt().AsTime().Truncate(time.Microsecond)
		}
		rows[i] = row
	}
	return rows, wrong.fault("no plan was set")
}

func (s *Service) plansToProto(rows []store.PlanRow) []*inventoryv1.PlannedSupply {
	told := make([]*inventoryv1.PlannedSupply, len(rows))
	for i, row := range rows {
		told[i] = &inventoryv1.PlannedSupply{
			Sku: string(row.SKU), NodeId: string(row.Node), Document: row.Document, Line: row.Line,
			Quantity: quantity.Format(row.Quantity, s.items.known(row.SKU).Scale),
		}
		if !row.ExpectedAt.IsZero() {
			told[i].ExpectedAt = timestamppb.New(row.ExpectedAt)
		}
	}
	return told
}

var promiseReasons = map[domain.Reason]inventoryv1.PromiseReason{
	domain.Chosen:         inventoryv1.PromiseReason_PROMISE_REASON_CHOSEN,
	domain.IsExcluded:     inventoryv1.PromiseReason_PROMISE_REASON_EXCLUDED,
	domain.IsInactive:     inventoryv1.PromiseReason_PROMISE_REASON_INACTIVE,
	domain.IsFrozen:       inventoryv1.PromiseReason_PROMISE_REASON_FROZEN,
	domain.NoStock:        inventoryv1.PromiseReason_PROMISE_REASON_NO_STOCK,
	domain.SafetyKept:     inventoryv1.PromiseReason_PROMISE_REASON_SAFETY_STOCK,
	domain.Committed:      inventoryv1.PromiseReason_PROMISE_REASON_COMMITTED,
	domain.CapacityTaken:  inventoryv1.PromiseReason_PROMISE_REASON_CAPACITY,
	domain.CalendarClosed: inventoryv1.PromiseReason_PROMISE_REASON_CALENDAR,
	domain.TransitLonger:  inventoryv1.PromiseReason_PROMISE_REASON_TRANSIT,
	domain.LessPreferred:  inventoryv1.PromiseReason_PROMISE_REASON_PREFERENCE,
}

// promiseLinesFromProto reads what is asked for, in base quantities.
func (s *Service) promiseLinesFromProto(ctx context.Context, req *inventoryv1.CheckPromiseRequest) ([]domain.WantLine, error) {
	var codes []string
	for _, line := range req.GetLines() {
		codes = append(codes, line.GetSku())
	}
	items, err := s.items.find(ctx, s.db.Pool(), codes)
	if err != nil {
		return nil, err
	}
	var wrong blames
	lines := make([]domain.WantLine, len(req.GetLines()))
	for i, asked := range req.GetLines() {
		path := fmt.Sprintf("lines[%d].", i)
		item, known := wrong.goods(items, asked.GetSku(), path+"sku")
		lines[i] = domain.WantLine{Line: int32(i + 1), SKU: item.SKU}
		if !known {
			continue
		}
		before := len(wrong)
		lines[i].Quantity = wrong.amount(item, asked.GetQuantity(), path+"quantity")
		if lines[i].Quantity == 0 && len(wrong) == before {
			wrong.add(path+"quantity", "QUANTITY_ZERO", "nothing to promise")
		}
	}
	return lines, wrong.fault("nothing was looked for")
}

func promiseToProto(line domain.WantLine, promise domain.Promise, item domain.Item) *inventoryv1.LinePromise {
	told := &inventoryv1.LinePromise{
		Sku: string(line.SKU), Quantity: quantity.Format(line.Quantity, item.Scale), DeliveryDate: promise.Arrives.String(),
	}
	for _, part := range promise.Parts {
		told.Parts = append(told.Parts, &inventoryv1.PromisePart{
			NodeId: string(part.Node), Quantity: quantity.Format(part.Quantity, item.Scale),
			AvailableAt: timestamppb.New(part.AvailableAt), ShipDate: part.Ships.String(), DeliveryDate: part.Arrives.String(),
		})
	}
	for _, one := range promise.Candidates {
		candidate := &inventoryv1.PromiseCandidate{
			NodeId: string(one.Node), Reason: promiseReasons[one.Reason], PromisableNow: quantity.Format(one.Now, item.Scale),
		}
		if one.Whole.Node != "" {
			candidate.AvailableAt = timestamppb.New(one.Whole.AvailableAt)
			candidate.ShipDate, candidate.DeliveryDate = one.Whole.Ships.String(), one.Whole.Arrives.String()
		}
		told.Candidates = append(told.Candidates, candidate)
	}
	return told
}
