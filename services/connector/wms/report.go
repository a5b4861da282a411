package wms

import (
	"context"
	"log/slog"
	"sync"
	"time"

	commonv1 "github.com/waybill-dev/waybill/gen/waybill/common/v1"
	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/services/connector/wms/internal/domain"
	"github.com/waybill-dev/waybill/services/connector/wms/internal/store"
)

// reasonUnknown is the refusal that passes: the order may not be stored yet.
const reasonUnknown = "UNKNOWN_FULFILLMENT"

// reportedTask is a task with the step that was reported, which may be later than the one it stood at.
type reportedTask struct {
	store.Task
	as domain.Step
}

// reported is what became of the reports of a round.
type reported struct {
	recorded []reportedTask
	failed   []store.Task
}

// report tells the fulfilment service what is due, one call for each kind of report, side by side.
func (w *worker) report(ctx context.Context, tasks []store.Task, now time.Time) reported {
	ctx, cancel := context.WithTimeout(ctx, w.config.Timeout)
	defer cancel()
	byStep := make(map[domain.Step][]store.Task, 4)
	for _, task := range tasks {
		step := w.reportStep(task, now)
		byStep[step] = append(byStep[step], task)
	}
	var all reported
	var lock sync.Mutex
	var group sync.WaitGroup
	for step, set := range byStep {
		group.Go(func() {
			one := w.reportSet(ctx, step, set)
			lock.Lock()
			defer lock.Unlock()
			all.recorded = append(all.recorded, one.recorded...)
			all.failed = append(all.failed, one.failed...)
		})
	}
	group.Wait()
	return all
}

// reportStep is the step to report: the task's own, or the pick for an order so late that it is due as well.
func (w *worker) reportStep(task store.Task, now time.Time) domain.Step {
	if task.Step == domain.StepAcknowledge && w.delays.Pick > 0 && now.Sub(task.DueAt) >= w.delays.Pick {
		return domain.StepPick
	}
	return task.Step
}

// reportSet makes one call. A set that the service finds unsound is halved until what spoils it stands alone.
func (w *worker) reportSet(ctx context.Context, step domain.Step, set []store.Task) reported {
	refusals, err := w.call(ctx, step, set)
	switch {
	case err != nil && fault.KindOf(err) == fault.Invalid && len(set) > 1:
		half := len(set) / 2
		first, second := w.reportSet(ctx, step, set[:half]), w.reportSet(ctx, step, set[half:])
		return reported{
			recorded: append(first.recorded, second.recorded...), failed: append(first.failed, second.failed...),
		}
	case err != nil:
		w.log.WarnContext(ctx, "warehouse report failed", slog.String("step", string(step)), slog.Int("orders", len(set)),
			slog.Any("error", err))
		return reported{failed: set}
	case len(refusals) != len(set):
		w.log.ErrorContext(ctx, "warehouse report was not answered whole", slog.String("step", string(step)))
		return reported{failed: set}
	}
	var done reported
	for i, task := range set {
		refusal := refusals[i]
		if refusal.GetReason() == reasonUnknown {
			done.failed = append(done.failed, task)
			continue
		}
		if refusal != nil {
			w.log.ErrorContext(ctx, "warehouse report was refused", slog.String("step", string(step)),
				slog.String("fulfillment_id", fulfillmentID(task.Order.ID)), slog.String("reason", refusal.GetReason()),
				slog.String("message", refusal.GetMessage()))
		}
		done.recorded = append(done.recorded, reportedTask{Task: task, as: step})
	}
	return done
}

// call makes the report of a step and gives the refusals in the order of the set, nil where it was recorded.
func (w *worker) call(ctx context.Context, step domain.Step, set []store.Task) ([]*commonv1.Refusal, error) {
	switch step {
	case domain.StepAcknowledge:
		reply, err := w.fulfillment.RecordAcknowledgement(ctx, &fulfillmentv1.RecordAcknowledgementRequest{
			Acknowledgements: convertAll(set, acknowledgementToProto),
		})
		return refusalsOf(reply.GetOutcomes()), err
	case domain.StepPick:
		reply, err := w.fulfillment.RecordPick(ctx, &fulfillmentv1.RecordPickRequest{Reports: convertAll(set, pickToProto)})
		return refusalsOf(reply.GetOutcomes()), err
	case domain.StepManifest:
		reply, err := w.fulfillment.RecordManifest(ctx, &fulfillmentv1.RecordManifestRequest{
			Manifests: convertAll(set, w.manifestToProto),
		})
		return refusalsOf(reply.GetOutcomes()), err
	case domain.StepDeliver:
		reply, err := w.fulfillment.RecordMilestone(ctx, &fulfillmentv1.RecordMilestoneRequest{
			Milestones: convertAll(set, deliveryToProto),
		})
		return refusalsOf(reply.GetOutcomes()), err
	case domain.StepShip:
		reply, err := w.fulfillment.RecordShipment(ctx, &fulfillmentv1.RecordShipmentRequest{
			Shipments: convertAll(set, w.shipmentToProto),
		})
		return refusalsOf(reply.GetOutcomes()), err
	default:
		reply, err := w.fulfillment.RecordCancellation(ctx, &fulfillmentv1.RecordCancellationRequest{
			Reports: convertAll(set, answerToProto),
		})
		return refusalsOf(reply.GetOutcomes()), err
	}
}

func refusalsOf[T interface{ GetRefusal() *commonv1.Refusal }](outcomes []T) []*commonv1.Refusal {
	return convertAll(outcomes, func(outcome T) *commonv1.Refusal { return outcome.GetRefusal() })
}

func convertAll[From, To any](from []From, convert func(From) To) []To {
	converted := make([]To, 0, len(from))
	for _, one := range from {
		converted = append(converted, convert(one))
	}
	return converted
}
