package mesh

import (
	"cmp"
	"context"
	"time"

	"google.golang.org/grpc"

	"github.com/waybill-dev/waybill/internal/outside"
	"github.com/waybill-dev/waybill/internal/sandbox"
	"github.com/waybill-dev/waybill/services/backoffice"
	"github.com/waybill-dev/waybill/services/masterdata"
)

// operationsCallsPerSecond is how often operations reads what is posted: a reconciliation must not keep documents waiting.
const operationsCallsPerSecond = 10

// acceptanceWait is how long the acceptance of orders waits for its turn at an outside system: its budget is for the answer.
const acceptanceWait = 20 * time.Millisecond

// ERPConfig is how the ERP is told what was sold, invoiced and credited, and what its sandbox takes. The zero value of each field is its
// default.
type ERPConfig struct {
	// CallsPerSecond is how many calls a replica of backoffice begins in a second at most: its part of what the ERP allows. 10.
	CallsPerSecond int
	// TermsPerSecond is how many calls a replica of order makes in a second at most, to ask about customers' terms. 25.
	TermsPerSecond int
	// MastersEvery is how often the ERP is asked for masters that have changed, MastersPerSecond how many calls masterdata makes of it in a
	// second at most while there are more. 5 s, 5.
	MastersEvery     time.Duration
	MastersPerSecond int
	// DocumentsPerCall is how many documents a call posts at most. 100.
	DocumentsPerCall int
	// FirstPause and MaxPause bound for how long an ERP that does not answer is left alone: longer from failure to failure. 1 s, 30 s.
	FirstPause, MaxPause time.Duration
	// SandboxCallsPerSecond is how many calls the sandbox ERP takes from everybody together. 50.
	SandboxCallsPerSecond int
}

func (c ERPConfig) withDefaults() ERPConfig {
	c.CallsPerSecond = cmp.Or(c.CallsPerSecond, 10)
	c.TermsPerSecond = cmp.Or(c.TermsPerSecond, 25)
	c.MastersEvery = cmp.Or(c.MastersEvery, 5*time.Second)
	c.MastersPerSecond = cmp.Or(c.MastersPerSecond, 5)
	c.FirstPause = cmp.Or(c.FirstPause, time.Second)
	c.MaxPause = cmp.Or(c.MaxPause, 30*time.Second)
	c.SandboxCallsPerSecond = cmp.Or(c.SandboxCallsPerSecond, 50)
	return c
}

// queue is how the queue for the ERP is drained.
func (c ERPConfig) queue() backoffice.Config {
	c = c.withDefaults()
	return backoffice.Config{
		Batch: c.DocumentsPerCall, Pace: time.Second / time.Duration(max(c.CallsPerSecond, 1)),
		FirstDelay: max(c.FirstPause/5, time.Millisecond), MaxDelay: c.MaxPause,
	}
}

// mastersPerCall is how many masters a call asks for: as many as the contract lets, of an ERP that allows few calls.
const mastersPerCall = 1000

// masters is how masters are taken from the ERP.
func (c ERPConfig) masters() masterdata.Config {
	c = c.withDefaults()
	return masterdata.Config{
		Poll: c.MastersEvery, PageSize: mastersPerCall, FirstDelay: max(c.FirstPause/5, time.Millisecond), MaxDelay: max(c.MaxPause, c.FirstPause/5),
	}
}

// bounds are those of the calls that the role being built makes of a connector, where they differ from a guard's own.
func (p *process) bounds(connector string) outside.Config {
	switch p.role.name + " " + connector {
	case "backoffice connector-erp":
		erp := p.config.ERP.withDefaults()
		return outside.Config{
			Concurrency: 4, CallsPerSecond: erp.CallsPerSecond, OpenFor: erp.FirstPause, MaxOpenFor: erp.MaxPause,
		}
	case "order connector-erp":
		// A set of orders waits for each call, so a system that is away must not cost many sets their budget.
		erp := p.config.ERP.withDefaults()
		return outside.Config{
			Concurrency: 4, CallsPerSecond: erp.TermsPerSecond, MaxWait: acceptanceWait, MinCalls: 3,
			OpenFor: erp.FirstPause, MaxOpenFor: min(erp.MaxPause, 10*erp.FirstPause),
		}
	case "masterdata connector-erp":
		erp := p.config.ERP.withDefaults()
		return outside.Config{
			Concurrency: 1, CallsPerSecond: erp.MastersPerSecond, MinCalls: 3, Window: 30 * time.Second,
			OpenFor: erp.FirstPause, MaxOpenFor: erp.MaxPause,
		}
	case "operations connector-erp":
		return outside.Config{Concurrency: 1, CallsPerSecond: operationsCallsPerSecond}
	case "order connector-tms", "order connector-channel":
		return outside.Config{Concurrency: 4, MaxWait: acceptanceWait, MinCalls: 3, MaxOpenFor: 10 * time.Second}
	case "fulfillment connector-wms", "billing connector-tax", "billing connector-payment":
		// Each is called by a drain or two that pause by themselves.
		return outside.Config{Concurrency: 8}
	default:
		return outside.Config{}
	}
}

// dialOutside connects the role being built with a connector, through a guard.
func (p *process) dialOutside(connector string) (grpc.ClientConnInterface, error) {
	conn, err := p.dial(connector)
	if err != nil {
		return nil, err
	}
	guard, err := outside.New(p.role.name, connector, p.bounds(connector), p.metrics)
	if err != nil {
		return nil, err
	}
	p.guards = append(p.guards, guard)
	if db := p.db; db != nil && p.bus != nil {
		p.runs = append(p.runs, namedRun{p.role.name, func(ctx context.Context) error { return guard.Tell(ctx, db, p.log) }})
	}
	return guard.Around(conn), nil
}

// dialOutsideAll connects the role being built with several connectors.
func (p *process) dialOutsideAll(connectors ...string) ([]grpc.ClientConnInterface, error) {
	conns := make([]grpc.ClientConnInterface, 0, len(connectors))
	for _, connector := range connectors {
		conn, err := p.dialOutside(connector)
		if err != nil {
			return nil, err
		}
		conns = append(conns, conn)
	}
	return conns, nil
}

// box makes the dials of the sandbox being built.
func (p *process) box(system string, start sandbox.Dials) *sandbox.Box {
	box := sandbox.New(system, start, time.Now)
	p.boxes = append(p.boxes, box)
	return box
}

// offerInsight offers the RPCs about guards and dials, where there are any.
func (p *process) offerInsight() {
	if len(p.guards) > 0 {
		outside.NewService(p.guards...).Register(p.server)
	}
	if len(p.boxes) > 0 {
		sandbox.NewService(p.boxes...).Register(p.server)
	}
}
