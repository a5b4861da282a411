package mesh

import (
	"context"
	"time"

	"google.golang.org/grpc"

	"github.com/waybill-dev/waybill/internal/outside"
	"github.com/waybill-dev/waybill/internal/sandbox"
)

const (
	// erpCallsPerSecond is what the sandbox ERP takes from everybody together.
	erpCallsPerSecond = 50
	// backofficeCallsPerSecond is the part of it that posting gets.
	backofficeCallsPerSecond = 20
	// operationsCallsPerSecond is the part that reading what is posted gets: a reconciliation must not keep documents waiting.
	operationsCallsPerSecond = 10
)

// bounds are those of each role's calls of a connector, where they differ from a guard's own.
func bounds(caller, connector string) outside.Config {
	switch caller + " " + connector {
	case "backoffice connector-erp":
		return outside.Config{Concurrency: 4, CallsPerSecond: backofficeCallsPerSecond}
	case "operations connector-erp":
		return outside.Config{Concurrency: 1, CallsPerSecond: operationsCallsPerSecond}
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
	guard, err := outside.New(p.role.name, connector, bounds(p.role.name, connector), p.metrics)
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
