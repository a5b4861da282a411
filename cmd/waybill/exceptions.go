package main

import (
	"cmp"
	"os"
	"strings"

	"google.golang.org/protobuf/proto"

	"github.com/waybill-dev/waybill/cmd/waybill/internal/access"
	operationsv1 "github.com/waybill-dev/waybill/gen/waybill/operations/v1"
	"github.com/waybill-dev/waybill/internal/id"
)

// exceptionsCommand shows what needs a person, and lets him do something about it.
type exceptionsCommand struct {
	List    listExceptions   `cmd:"" default:"withargs" help:"List what needs a person, the earliest due first."`
	Show    showException    `cmd:"" help:"Show an exception and what happened to it."`
	Assign  assignException  `cmd:"" help:"Give an exception to somebody."`
	Resolve resolveException `cmd:"" help:"Do something about an exception."`
}

// listExceptions lists them.
type listExceptions struct {
	Class    string         `help:"Only of this class."`
	Queue    string         `help:"Only of this queue."`
	Order    string         `help:"Only of this order, by its id."`
	Overdue  bool           `help:"Only those past their due time."`
	Resolved bool           `help:"Those that are resolved, too."`
	Running  runningWaybill `embed:""`
}

// Run prints the first 500.
func (c *listExceptions) Run(env *environment) error {
	door, err := c.Running.open()
	if err != nil {
		return err
	}
	defer door.Close()
	reply, err := door.Operations.ListExceptions(env.ctx, &operationsv1.ListExceptionsRequest{
		Class: c.Class, Queue: c.Queue, OrderId: c.Order, Overdue: c.Overdue, IncludeResolved: c.Resolved, PageSize: 500,
	})
	if err != nil {
		return err
	}
	shown := newTable(os.Stdout, "ID\tCLASS\tSEVERITY\tSTATE\tQUEUE\tASSIGNEE\tDUE\tSUBJECT\tACTIONS\tWHY")
	for _, e := range reply.GetExceptions() {
		shown.row(e.GetExceptionId(), e.GetClass(),
			strings.TrimPrefix(e.GetSeverity().String(), "EXCEPTION_SEVERITY_"), strings.TrimPrefix(e.GetState().String(), "EXCEPTION_STATE_"),
			e.GetQueue(), e.GetAssignee(), e.GetDueAt().AsTime().Format("2006-01-02 15:04"), e.GetSubjectId(), actions(e),
			firstLine(cmp.Or(e.GetMessage(), e.GetReason())))
	}
	if reply.GetNextPageToken() != "" {
		shown.row("… and more")
	}
	return shown.end(nil)
}

func actions(e *operationsv1.OperationsException) string {
	var names []string
	for _, action := range e.GetActions() {
		names = append(names, strings.TrimPrefix(action.String(), "EXCEPTION_ACTION_"))
	}
	return strings.Join(names, ",")
}

// showException shows one.
type showException struct {
	ID      string         `arg:"" help:"The exception's id."`
	Running runningWaybill `embed:""`
}

// Run prints it as JSON.
func (c *showException) Run(env *environment) error {
	return c.Running.show(func(door *access.Access) (proto.Message, error) {
		return door.Operations.GetException(env.ctx, &operationsv1.GetExceptionRequest{ExceptionId: c.ID})
	})
}

// assignException gives one to somebody.
type assignException struct {
	ID      string         `arg:"" help:"The exception's id."`
	To      string         `arg:"" optional:"" help:"To whom. Nobody: back to its queue."`
	Reason  string         `help:"Why."`
	Actor   string         `env:"USER" help:"Who says so."`
	Running runningWaybill `embed:""`
}

// Run assigns it.
func (c *assignException) Run(env *environment) error {
	return c.Running.show(func(door *access.Access) (proto.Message, error) {
		reply, err := door.Operations.AssignException(env.ctx, &operationsv1.AssignExceptionRequest{
			RequestId: id.New().String(), ExceptionId: c.ID, Assignee: c.To, Reason: c.Reason, Actor: c.Actor,
		})
		return reply.GetException(), err
	})
}

// resolveException does something about one.
type resolveException struct {
	ID       string `arg:"" help:"The exception's id."`
	Action   string `required:"" enum:"retry,skip,replace-input,cancel,accept" help:"What to do: retry, skip, replace-input, cancel or accept."`
	decision `embed:""`
	Input    map[string]string `help:"What the action needs, such as counted=12."`
	Running  runningWaybill    `embed:""`
}

// Run carries it out.
func (c *resolveException) Run(env *environment) error {
	action := "EXCEPTION_ACTION_" + strings.ToUpper(strings.ReplaceAll(c.Action, "-", "_"))
	return c.Running.show(func(door *access.Access) (proto.Message, error) {
		return door.Operations.ResolveException(env.ctx, &operationsv1.ResolveExceptionRequest{
			RequestId: c.key(), ExceptionId: c.ID, Reason: c.Reason, Input: c.Input, Actor: c.Actor,
			Action: operationsv1.ExceptionAction(operationsv1.ExceptionAction_value[action]),
		})
	})
}
