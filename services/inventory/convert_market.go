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

func (s *Service) plansFromProto(ctx context.Context, req *inventoryv1.SetPlannedSuppliesRequest) ([]domain.Plan, error) {
	read, err := readCodes(ctx, s, req.GetPlannedSupplies())
	if err != nil {
		return nil, err
	}
	seen := map[domain.PlanKey]bool{}
	plans := make([]domain.Plan, len(req.GetPlannedSupplies()))
	for i, asked := range req.GetPlannedSupplies() {
		path := fmt.Sprintf("planned_supplies[%d].", i)
		key, item, known := read.stock(asked.GetSku(), asked.GetNodeId(), path)
		plan := domain.Plan{PlanKey: domain.PlanKey{StockKey: key, Document: asked.GetDocument(), Line: asked.GetLine()}, Version: asked.GetVersion()}
		if known && seen[plan.PlanKey] {
			read.add(path+"line", "DUPLICATE_ENTRY", "the item, place, document and line stand on an earlier entry too")
		}
		seen[plan.PlanKey] = true
		if known {
			plan.Quantity = read.amount(item, asked.GetQuantity(), path+"quantity")
		}
		if asked.GetExpectedAt() != nil {
			plan.ExpectedAt = asked.GetExpectedAt().AsTime().Truncate(time.Microsecond)
		}
		plans[i] = plan
	}
	return plans, read.fault("no plan was set")
}

func (s *Service) plansToProto(plans []domain.Plan) []*inventoryv1.PlannedSupply {
	told := make([]*inventoryv1.PlannedSupply, len(plans))
	for i, plan := range plans {
		told[i] = &inventoryv1.PlannedSupply{
			Sku: string(plan.SKU), NodeId: string(plan.Node), Document: plan.Document, Line: plan.Line,
			Quantity: quantity.Format(plan.Quantity, s.items.known(plan.SKU).Scale), Version: plan.Version,
		}
		if !plan.ExpectedAt.IsZero() {
			told[i].ExpectedAt = timestamppb.New(plan.ExpectedAt)
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

func promiseToProto(line domain.WantLine, promise domain.Promise, item domain.Item, known ages) *inventoryv1.LinePromise {
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
		candidate.StockAsOf, candidate.StaleMs = known.of(told.GetSku(), candidate.GetNodeId())
		if one.Whole.Node != "" {
			candidate.AvailableAt = timestamppb.New(one.Whole.AvailableAt)
			candidate.ShipDate, candidate.DeliveryDate = one.Whole.Ships.String(), one.Whole.Arrives.String()
		}
		told.Candidates = append(told.Candidates, candidate)
	}
	return told
}
