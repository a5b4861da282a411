package process

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/shard"
)

// maxCallWeight bounds the lines of one set RPC.
const maxCallWeight = 20000

// call makes the calls of a set, action by action side by side, and those that come last when the others of their process have
// agreed. Each step has an answer or an error afterwards, or was not called.
func (d *Driver) call(ctx context.Context, set []*Work) {
	byAction, last := map[Action][]Call{}, map[Action][]Call{}
	for _, w := range set {
		for i := range w.Process.Steps {
			s := &w.Process.Steps[i]
			s.Answer, s.Err = nil, nil
			action := ActionOf(w.Process, s)
			switch {
			case action == nothing || w.pointless(s):
			case w.comesLast(s):
				last[action] = append(last[action], Call{Work: w, Step: s})
			default:
				byAction[action] = append(byAction[action], Call{Work: w, Step: s})
			}
		}
	}
	d.callAll(ctx, byAction)
	for action, calls := range last {
		calls = slices.DeleteFunc(calls, func(call Call) bool { return !call.Work.agreed() })
		if last[action] = calls; len(calls) == 0 {
			delete(last, action)
		}
	}
	d.callAll(ctx, last)
}

// comesLast reports whether a step is called when the others have agreed.
func (w *Work) comesLast(s *Step) bool {
	kind := kindOf(w.Process.Kind)
	return kind != nil && kind.Last == s.Name && s.State == Calling
}

// agreed reports whether all steps but the last have answers with which the process goes on.
func (w *Work) agreed() bool {
	for i := range w.Process.Steps {
		s := &w.Process.Steps[i]
		if !s.active() || w.comesLast(s) || w.pointless(s) {
			continue
		}
		if s.State != Calling || s.Answer == nil || s.Answer.TooMuch != "" || s.Answer.Refusal != nil && w.decisive(s) {
			return false
		}
	}
	return true
}

// decisive reports whether the process does not go on where the step is refused: where nobody goes an order is taken all the same, and a
// customer whom the ERP refuses is not.
func (w *Work) decisive(s *Step) bool { return s.Name == StepTerms || needOf(w.Process, s) == Required }

func (d *Driver) callAll(ctx context.Context, byAction map[Action][]Call) {
	var group sync.WaitGroup
	for action, calls := range byAction {
		ctx, end := d.within(ctx, calls)
		defer end() // after the wait
		for _, chunk := range chunks(calls) {
			if len(byAction) == 1 && len(chunk) == len(calls) {
				d.callSet(ctx, action, chunk)
				return
			}
			group.Go(func() { d.callSet(ctx, action, chunk) })
		}
	}
	group.Wait()
}

// within is a context that ends when the budget of the calls is over: one for all sets that they are made in.
func (d *Driver) within(ctx context.Context, calls []Call) (context.Context, context.CancelFunc) {
	if needOf(calls[0].Work.Process, calls[0].Step) != Required {
		return context.WithTimeout(ctx, d.budget)
	}
	return ctx, func() {}
}

// goWithout gives the calls of a best-effort step that have no answer what takes its place. One that insists is called again.
func (d *Driver) goWithout(calls []Call, err error) {
	for _, call := range calls {
		s := call.Step
		if s.Answer != nil {
			continue
		}
		why := s.Err
		if why == nil {
			why = err
		}
		if s.Insists && s.State == Calling {
			if s.Err = why; errors.Is(why, context.DeadlineExceeded) || why == nil {
				s.Err = fault.New(fault.Deadline, "NO_ANSWER", "there was no answer in time")
			}
			continue
		}
		s.Answer, s.Err = d.backend.Without(call, why), nil
	}
}

// callSet makes one call. When the set is refused as such, it is asked in halves until the one that spoils it stands
// alone; a best-effort one has no time for that.
func (d *Driver) callSet(ctx context.Context, action Action, calls []Call) {
	traced, end := d.follow(ctx, action, calls)
	err := d.backend.Call(traced, action, calls)
	end(err)
	if needOf(calls[0].Work.Process, calls[0].Step) != Required {
		d.goWithout(calls, err)
		return
	}
	if err == nil {
		return
	}
	if len(calls) > 1 && ctx.Err() == nil && !passing(err) {
		d.callSet(ctx, action, calls[:len(calls)/2])
		d.callSet(ctx, action, calls[len(calls)/2:])
		return
	}
	d.log.DebugContext(ctx, "call failed", "action", action, "calls", len(calls), "order_ids", orderIDs(calls), "error", err)
	for _, call := range calls {
		call.Step.Answer, call.Step.Err = nil, err
	}
}

// chunks cuts calls into sets that are small enough. Calls that have failed before, and not because nobody was there, go in ever smaller
// sets, so that one that makes its set fail does so for fewer and fewer others.
func chunks(calls []Call) [][]Call {
	var sets [][]Call
	start, weight, most := 0, 0, maxSet
	for i, call := range calls {
		w := call.weight()
		limit := max(maxSet>>min(call.Step.Suspect, 8), 1)
		if i > start && (weight+w > maxCallWeight || i-start >= min(most, limit)) {
			sets = append(sets, calls[start:i])
			start, weight, most = i, 0, maxSet
		}
		weight += w
		most = min(most, limit)
	}
	return append(sets, calls[start:])
}

func (c Call) weight() int {
	if len(c.Step.Parts) == 0 && c.Work.Order != nil {
		return len(c.Work.Order.Lines)
	}
	return 1 + len(c.Step.Parts) + len(c.Step.GivesBack)
}

// passing reports whether an error may pass by itself.
func passing(err error) bool {
	return fault.Retryable(err) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

func lost(err error) bool { return fault.ReasonOf(err) == shard.ReasonLeaseLost }
