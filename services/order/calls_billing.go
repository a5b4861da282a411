package order

import (
	"context"
	"fmt"
	"strconv"

	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	commonv1 "github.com/waybill-dev/waybill/gen/waybill/common/v1"
	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/services/order/internal/process"
)

func (b backend) claimCredit(ctx context.Context, calls []process.Call) error {
	req := &billingv1.ClaimCreditRequest{Claims: make([]*billingv1.CreditClaim, 0, len(calls))}
	for _, call := range calls {
		held, err := snapshotIn(call.Work)
		if err != nil {
			return err
		}
		claim := &billingv1.CreditClaim{Key: call.Work.Process.Key(call.Step), Forced: call.Step.Forced}
		carry(claim, claimOrderField, held.wire)
		req.Claims = append(req.Claims, claim)
	}
	reply, err := b.billing.ClaimCredit(ctx, req)
	if err != nil {
		return err
	}
	if err := sameCount(process.ClaimCredit, len(calls), len(reply.GetOutcomes())); err != nil {
		return err
	}
	for i, outcome := range reply.GetOutcomes() {
		if calls[i].Step.Err = notYet(outcome.GetRefusal()); calls[i].Step.Err == nil {
			calls[i].Step.Answer = &process.Answer{
				Refusal: refusalFromProto(outcome.GetRefusal()), AtRelease: outcome.GetCheckAtRelease(),
			}
		}
	}
	return nil
}

// clearCredit asks whether what is reserved for a set of orders may go to the warehouses.
func (b backend) clearCredit(ctx context.Context, calls []process.Call) error {
	req := &billingv1.ClearCreditRequest{}
	for _, call := range calls {
		req.Clearances = append(req.Clearances, &billingv1.CreditClearance{
			Key: call.Work.Process.Key(call.Step), OrderId: id.Format(id.Order, call.Work.Process.OrderID), Forced: call.Step.Forced,
		})
	}
	reply, err := b.billing.ClearCredit(ctx, req)
	if err != nil {
		return err
	}
	if err := sameCount(process.ClearCredit, len(calls), len(reply.GetOutcomes())); err != nil {
		return err
	}
	for i, outcome := range reply.GetOutcomes() {
		refusal := outcome.GetRefusal()
		if calls[i].Step.Err = notYet(refusal); calls[i].Step.Err != nil {
			continue
		}
		answer := &process.Answer{Refusal: refusalFromProto(refusal)}
		if refusal != nil {
			if answer.Block, err = strconv.ParseInt(refusal.GetDetails()["block"], 10, 64); err != nil {
				return fmt.Errorf("a refused clearance without its sequence: %w", err)
			}
		}
		calls[i].Step.Answer = answer
	}
	return nil
}

// notYet is the error of a call that was not decided, because billing lacks something that is on its way to it; nil when it
// was. The step is tried again, and the others of its set go on.
func notYet(refusal *commonv1.Refusal) error {
	if reason := refusal.GetReason(); reason == "ACCOUNT_UNKNOWN" || reason == "ORDER_UNKNOWN" {
		return fault.New(fault.Unavailable, reason, "%s", refusal.GetMessage())
	}
	return nil
}

// releaseCredit takes claims back whole, as the compensation of an acceptance, or in part.
func (b backend) releaseCredit(ctx context.Context, calls []process.Call) error {
	req := &billingv1.ReleaseCreditRequest{Releases: make([]*billingv1.CreditRelease, 0, len(calls))}
	for _, call := range calls {
		p, step := call.Work.Process, call.Step
		release := &billingv1.CreditRelease{Key: p.Key(step), OrderId: id.Format(id.Order, p.OrderID)}
		if step.State == process.Undoing {
			release.Key, release.ClaimKey = p.UndoKey(step), p.Key(step)
		}
		for _, part := range step.Parts {
			release.Lines = append(release.Lines, &orderv1.LineBuckets{LineNumber: part.Line, Cancelled: part.Quantity})
		}
		req.Releases = append(req.Releases, release)
	}
	reply, err := b.billing.ReleaseCredit(ctx, req)
	if err != nil {
		return err
	}
	if err := sameCount(process.ReleaseCredit, len(calls), len(reply.GetReleasedMinor())); err != nil {
		return err
	}
	return answerAll(calls)
}

func answerAll(calls []process.Call) error {
	for _, call := range calls {
		call.Step.Answer = &process.Answer{}
	}
	return nil
}

func refusalFromProto(refusal *commonv1.Refusal) *process.Refusal {
	if refusal == nil {
		return nil
	}
	return &process.Refusal{Reason: refusal.GetReason(), Message: refusal.GetMessage()}
}
