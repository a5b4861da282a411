package process

import (
	"slices"
	"time"

	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/services/order/internal/domain"
)

// Plan starts the processes that follow from the order as it is now, with their intents: to hand over what may be
// shipped, to look for stock for what is open, to take back what is not needed. It is called after every change of an
// order, in its transaction; what it starts must be stored with the order.
func Plan(o *domain.Order, now time.Time) []*Process { return plan(o, nil, now) }

// plan is Plan after the acceptance in ended has come to its end (nil: after anything else). The first handover of an
// order goes on in the row of its acceptance: one row that is changed costs less than one that is deleted and one that
// is made.
func plan(o *domain.Order, ended *Process, now time.Time) []*Process {
	o.Expire(now)
	o.HoldBlocked(now)
	started := Timers(o, now)
	started = append(started, resource(o, now)...)
	if p := substitution(o, now); p != nil {
		started = append(started, p)
	}
	if handovers := o.HandOver(now); len(handovers) > 0 {
		p, number := newProcess(o, 0, &Release, now), 0
		if ended != nil {
			p.Version, p.DueAt = ended.Version, ended.DueAt
		} else {
			number = o.NextProcess()
			p.ID = idOf(o.ID, number)
		}
		for _, handover := range handovers {
			p.Steps = append(p.Steps, Step{
				Name: stepCreate, State: Calling, Round: 1, Node: handover.Node, ShipTo: handover.ShipTo, Parts: handover.Parts,
			})
		}
		o.Released(number, handovers)
		started = append(started, p)
	}
	if p := recheck(o, now); p != nil {
		started = append(started, p)
	}
	if p := clearance(o, now); p != nil {
		started = append(started, p)
	}
	if day, waits := o.WaitsForDay(now); waits {
		p := newProcess(o, 0, &Release, now)
		p.ID = id.Derive(o.ID, "day")
		p.DueAt, p.Deadline = day, day.Add(Release.Patience)
		started = append(started, p)
	}
	if p := withdraw(o, now); p != nil {
		started = append(started, p)
	}
	return started
}

// maxParts is how many parts a call takes back at most: what billing takes, and inventory takes more. An order has no more
// lines, but a line may be in several places.
const maxParts = 10_000

func withdraw(o *domain.Order, now time.Time) *Process {
	errands := &o.Errands
	if len(errands.Stop)+len(errands.GiveBack)+len(errands.Free) == 0 && errands.Void == "" {
		return nil
	}
	p := newProcess(o, o.NextProcess(), &Withdraw, now)
	for _, release := range errands.Stop {
		p.Steps = append(p.Steps, Step{
			Name: stepStop, State: Calling, Round: len(p.Steps) + 1,
			Target: keyOf(idOf(o.ID, release.Process), stepCreate, release.Node, release.ShipTo, 1),
		})
	}
	// One give-back for each reservation that is named, and for what keeps its age: a call names one.
	first := len(p.Steps)
	for _, back := range errands.GiveBack {
		at := first
		for at < len(p.Steps) && (p.Steps[at].Target != back.Key || p.Steps[at].KeepsAge != back.KeepsAge || len(p.Steps[at].Parts) == maxParts) {
			at++
		}
		if at == len(p.Steps) {
			p.Steps = append(p.Steps, Step{Name: stepGiveBack, State: Calling, Round: at + 1, Target: back.Key, KeepsAge: back.KeepsAge})
		}
		p.Steps[at].Parts = append(p.Steps[at].Parts, back.Part)
	}
	for parts := range slices.Chunk(errands.Free, maxParts) {
		p.Steps = append(p.Steps, Step{Name: stepFree, State: Calling, Round: len(p.Steps) + 1, Parts: parts})
	}
	if errands.Void != "" {
		p.Steps = append(p.Steps, Step{Name: stepVoid, State: Calling, Round: len(p.Steps) + 1, Target: errands.Void})
	}
	return p
}
