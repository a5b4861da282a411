package process

import (
	"encoding/binary"
	"time"

	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/services/order/internal/domain"
)

// stuckRetry is how often a stuck process is tried again by itself.
const stuckRetry = 5 * time.Minute

// Work is a process in the driver's hands, with what its calls need.
type Work struct {
	Process *Process
	// Order is the order as the calls need it; nil for a kind that does not. Fresh: nobody else can have changed it
	// unless its version in the table says so.
	Order *domain.Order
	Fresh bool
	// Snapshot is the priced order in the form in which the backend keeps it.
	Snapshot any
}

// Quiet reports whether what the calls brought changes nothing on the order, so that it need not be loaded.
func (w *Work) Quiet() bool {
	switch w.Process.Kind {
	case Withdraw.Name:
		return !w.Process.givesUp()
	case Release.Name:
		return madeAll(w.Process)
	default:
		return false
	}
}

// Outcome is a process after its calls.
type Outcome struct {
	// Process is the row to be stored; Finished: to be deleted.
	Process  *Process
	Finished bool
	// Started are the processes that follow.
	Started []*Process
	// OrderChanged: the order is to be saved. Undecided: its acceptance is to go on, or to start.
	OrderChanged, Undecided bool
	// Stuck: it has failed for too long just now, and Reason says how. Recovered: it was stuck and has ended.
	Stuck, Recovered bool
	Reason           string
}

// Advance books what the calls of a work brought: on a copy of its process and on the order, which is nil for a quiet
// one. It is pure apart from the order, so a transaction that runs twice does it twice on two copies.
func Advance(w *Work, o *domain.Order, now time.Time) Outcome {
	p := w.Process.Clone()
	hopeless, failure := false, ""
	for i := range p.Steps {
		s := &p.Steps[i]
		if !s.active() || s.Err == nil {
			continue
		}
		s.Attempt++
		if reason := fault.ReasonOf(s.Err); reason != reasonAway && reason != reasonBusy {
			s.Suspect++
		}
		s.Error = shorten(s.Err.Error())
		failure = string(s.Name) + ": " + s.Error
		hopeless = hopeless || !fault.Retryable(s.Err)
	}
	out := Outcome{Process: p, OrderChanged: decide(o, p, now)}
	out.Finished = !p.Live()
	p.Version++
	if o != nil {
		out.follow(o, now)
		out.Undecided = p.Kind == Recheck.Name && out.OrderChanged && o.State == domain.Received
	}
	if out.Finished {
		out.Recovered = p.State == Stuck
		return out
	}
	if out.Process != p {
		return out // the row goes on as another process
	}
	if delay := p.delay(); delay > 0 {
		p.DueAt = now.Add(delay)
	}
	if failure != "" && (hopeless || now.After(p.Deadline)) {
		out.Stuck, out.Reason = p.State != Stuck, failure
		p.State = Stuck
	}
	if p.State == Stuck && failure != "" {
		p.DueAt = now.Add(stuckRetry)
	}
	return out
}

// follow starts what follows from the order. A release that starts as an acceptance ends takes over its row.
func (out *Outcome) follow(o *domain.Order, now time.Time) {
	var ended *Process
	if out.Finished && out.Process.Kind == Acceptance.Name && out.Process.State == Active {
		ended = out.Process
	}
	out.Started = plan(o, ended, now)
	out.OrderChanged = out.OrderChanged || len(out.Started) > 0
	if ended == nil {
		return
	}
	for i, p := range out.Started {
		if p.ID == ended.ID {
			out.Process, out.Finished = p, false
			out.Started = append(out.Started[:i], out.Started[i+1:]...)
			return
		}
	}
}

// Hand keeps a process that is handed over in memory out of sight of the poll for a while, and reports whether there is
// anything to hand over: calls that need not wait.
func (p *Process) Hand(now time.Time) bool {
	if !p.Live() || p.delay() > 0 || p.State == Stuck {
		return false
	}
	if p.DueAt.Before(now.Add(Grace / 2)) {
		p.DueAt = now.Add(Grace)
	}
	return true
}

func decide(o *domain.Order, p *Process, now time.Time) (orderChanged bool) {
	switch p.Kind {
	case Acceptance.Name:
		return decideAcceptance(o, p, now)
	case Amendment.Name:
		return decideAmendment(o, p, now)
	case Clearance.Name:
		return decideClearance(o, p)
	case Release.Name:
		return decideRelease(o, p, now)
	case Resource.Name:
		return decideResource(o, p, now)
	case Expiry.Name:
		return o.Expire(now)
	case Substitution.Name:
		return decideSubstitution(o, p, now)
	case Recheck.Name:
		return decideRecheck(o, p, now)
	default:
		return decideWithdraw(o, p)
	}
}

// delay is how long to wait before the calls are made again: not at all when one of them is new. A step that was answered
// just now and is asked again only because another one was not says nothing about that, and neither does one that is called when the
// others have agreed: the other one sets the pace.
func (p *Process) delay() time.Duration {
	kind := kindOf(p.Kind)
	shortest := time.Duration(-1)
	for i := range p.Steps {
		s := &p.Steps[i]
		if !s.active() || s.Answer != nil || s.awaitsOthers(kind) {
			continue
		}
		retry := Patient // for a step that only a newer binary knows
		if kind != nil {
			if rule := kind.rule(s.Name); rule != nil {
				retry = rule.Retry
			}
		}
		if d := retry.after(s.Attempt, p.salt()); shortest < 0 || d < shortest {
			shortest = d
		}
	}
	return max(shortest, 0)
}

// awaitsOthers reports whether a step that comes last has not been called yet.
func (s *Step) awaitsOthers(kind *Kind) bool {
	return kind != nil && kind.Last == s.Name && s.State == Calling && s.Attempt == 0 && s.Err == nil
}

// after is the delay after so many failed attempts: between half and all of what has doubled each time. The salt spreads
// processes that failed together, and gives one process the same delay in each run of a transaction.
func (r Retry) after(attempts int, salt uint64) time.Duration {
	if attempts == 0 {
		return 0
	}
	full := min(r.First<<min(attempts-1, 20), r.Longest)
	return full/2 + time.Duration(salt%uint64(full/2))
}

func (p *Process) salt() uint64 {
	return binary.BigEndian.Uint64(p.ID[8:]) ^ uint64(p.Version)*0x9e3779b97f4a7c15
}

// shorten bounds what is stored of an error.
func shorten(text string) string {
	const longest = 300
	if len(text) > longest {
		return text[:longest]
	}
	return text
}
