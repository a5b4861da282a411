package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/waybill-dev/waybill/cmd/waybill/internal/access"
	operationsv1 "github.com/waybill-dev/waybill/gen/waybill/operations/v1"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/internal/pace"
)

// reconcileCommand compares the books of all services, and repairs what differs.
type reconcileCommand struct {
	Run    runReconciliation   `cmd:"" help:"Compare the books of all services now, and show what differs; exit code 1 when anything does."`
	Runs   listReconciliations `cmd:"" help:"List what was compared, the newest first."`
	List   listBreaks          `cmd:"" default:"withargs" help:"List the breaks that are open, the longest open first."`
	Show   showBreak           `cmd:"" help:"Show a break with both sides, what would repair it, and what was done about it."`
	Repair repairBreak         `cmd:"" help:"Have a break repaired as it suggests."`
}

// runReconciliation asks for one and waits for it.
type runReconciliation struct {
	Wait    span           `default:"10m" help:"How long to wait for its end."`
	Actor   string         `env:"USER" help:"Who says so."`
	Running runningWaybill `embed:""`
}

// reconcileLook is how often it is looked for the end of a reconciliation.
const reconcileLook = 200 * time.Millisecond

// Run prints what became of each rule, and the open breaks.
func (c *runReconciliation) Run(env *environment) error {
	door, err := c.Running.open()
	if err != nil {
		return err
	}
	defer door.Close()
	ctx, cancel := context.WithTimeout(env.ctx, time.Duration(c.Wait))
	defer cancel()
	started, err := door.Books.StartReconciliation(ctx, &operationsv1.StartReconciliationRequest{RequestId: id.New().String(), Actor: c.Actor})
	if err != nil {
		return err
	}
	run := started.GetReconciliation()
	for run.GetState() != operationsv1.ReconciliationState_RECONCILIATION_STATE_DONE {
		if pace.Sleep(ctx, reconcileLook); ctx.Err() != nil && env.ctx.Err() == nil {
			return fmt.Errorf("%s has not ended within %s: it goes on, and waybill reconcile runs shows it",
				run.GetReconciliationId(), time.Duration(c.Wait))
		}
		reply, err := door.Books.GetReconciliation(ctx, &operationsv1.GetReconciliationRequest{ReconciliationId: run.GetReconciliationId()})
		if err != nil {
			return err
		}
		run = reply.GetReconciliation()
	}
	if err := printResults(run); err != nil {
		return err
	}
	unread := 0
	for _, result := range run.GetResults() {
		if result.GetFailure() != "" {
			unread++
		}
	}
	fmt.Printf("%d breaks found, %d closed, %d open; %d rules could not be checked\n",
		run.GetBreaksFound(), run.GetBreaksClosed(), run.GetBreaksOpen(), unread)
	if run.GetBreaksOpen() == 0 && unread == 0 {
		return nil
	}
	breaks, err := door.Books.ListBreaks(ctx, &operationsv1.ListBreaksRequest{PageSize: 500})
	if err != nil {
		return err
	}
	if err := printBreaks(breaks); err != nil {
		return err
	}
	return errFailed
}

func printResults(run *operationsv1.Reconciliation) error {
	shown := newTable(os.Stdout, "EQUATION\tRULE\tEXAMINED\tBROKEN\tIN FLIGHT\tNOT CHECKED")
	for _, result := range run.GetResults() {
		shown.row(result.GetEquation(), result.GetRule(), result.GetExamined(), result.GetBroken(),
			result.GetInFlight(), result.GetFailure())
	}
	return shown.end(nil)
}

// listReconciliations lists them.
type listReconciliations struct {
	Running runningWaybill `embed:""`
}

// Run prints the last 20.
func (c *listReconciliations) Run(env *environment) error {
	door, err := c.Running.open()
	if err != nil {
		return err
	}
	defer door.Close()
	reply, err := door.Books.ListReconciliations(env.ctx, &operationsv1.ListReconciliationsRequest{})
	if err != nil {
		return err
	}
	shown := newTable(os.Stdout, "ID\tSTATE\tWHY\tBY\tASKED FOR\tFOUND\tCLOSED\tOPEN")
	for _, run := range reply.GetReconciliations() {
		shown.row(run.GetReconciliationId(), short(run.GetState(), "RECONCILIATION_STATE_"),
			short(run.GetTrigger(), "RECONCILIATION_TRIGGER_"), run.GetRequestedBy(),
			run.GetRequestedAt().AsTime().Format("2006-01-02 15:04:05"), run.GetBreaksFound(), run.GetBreaksClosed(), run.GetBreaksOpen())
	}
	return shown.end(nil)
}

// listBreaks lists breaks.
type listBreaks struct {
	Equation string         `help:"Only of this rule, such as mesh.L4."`
	Order    string         `help:"Only of this order, by its id."`
	SKU      string         `name:"sku" help:"Only of this item."`
	Node     string         `help:"Only of this place."`
	Closed   bool           `help:"Those that are closed, too."`
	Running  runningWaybill `embed:""`
}

// Run prints the first 500.
func (c *listBreaks) Run(env *environment) error {
	door, err := c.Running.open()
	if err != nil {
		return err
	}
	defer door.Close()
	reply, err := door.Books.ListBreaks(env.ctx, &operationsv1.ListBreaksRequest{
		Equation: c.Equation, OrderId: c.Order, Sku: c.SKU, NodeId: c.Node, IncludeClosed: c.Closed, PageSize: 500,
	})
	if err != nil {
		return err
	}
	return printBreaks(reply)
}

func printBreaks(reply *operationsv1.ListBreaksResponse) error {
	shown := newTable(os.Stdout, "ID\tEQUATION\tSTATE\tSINCE\tABOUT\tLEFT\tRIGHT\tREPAIR")
	for _, b := range reply.GetBreaks() {
		shown.row(b.GetBreakId(), b.GetEquation(), short(b.GetState(), "BREAK_STATE_"),
			b.GetSince().AsTime().Format("2006-01-02 15:04"), b.GetEntity(), b.GetLeft(), b.GetRight(), short(b.GetRepair(), "BREAK_REPAIR_"))
	}
	if reply.GetNextPageToken() != "" {
		shown.row("… and more")
	}
	return shown.end(nil)
}

func short(value fmt.Stringer, prefix string) string {
	return strings.TrimPrefix(value.String(), prefix)
}

// showBreak shows one.
type showBreak struct {
	ID      string         `arg:"" help:"The break's id."`
	Running runningWaybill `embed:""`
}

// Run prints it as JSON.
func (c *showBreak) Run(env *environment) error {
	return c.Running.show(func(door *access.Access) (proto.Message, error) {
		return door.Books.GetBreak(env.ctx, &operationsv1.GetBreakRequest{BreakId: c.ID})
	})
}

// repairBreak has one repaired.
type repairBreak struct {
	ID       string `arg:"" help:"The break's id."`
	decision `embed:""`
	Input    map[string]string `help:"What the repair needs, such as counted=12."`
	Running  runningWaybill    `embed:""`
}

// Run carries out what the break suggests.
func (c *repairBreak) Run(env *environment) error {
	return c.Running.show(func(door *access.Access) (proto.Message, error) {
		found, err := door.Books.GetBreak(env.ctx, &operationsv1.GetBreakRequest{BreakId: c.ID})
		if err != nil {
			return nil, err
		}
		return door.Books.RepairBreak(env.ctx, &operationsv1.RepairBreakRequest{
			RequestId: c.key(), BreakId: c.ID, Repair: found.GetFound().GetRepair(), Input: c.Input, Reason: c.Reason, Actor: c.Actor,
		})
	})
}
