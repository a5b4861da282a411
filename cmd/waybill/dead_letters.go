package main

import (
	"fmt"
	"os"
	"strings"
	"time"
	"unicode"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/waybill-dev/waybill/cmd/waybill/internal/access"
	deliveryv1 "github.com/waybill-dev/waybill/gen/waybill/delivery/v1"
	operationsv1 "github.com/waybill-dev/waybill/gen/waybill/operations/v1"
	"github.com/waybill-dev/waybill/internal/id"
)

// deadLettersCommand shows what services could not handle of each other's events, and lets people do something about it.
type deadLettersCommand struct {
	List    listDeadLetters  `cmd:"" default:"withargs" help:"List events that could not be handled, the last one first."`
	Show    showDeadLetter   `cmd:"" help:"Show one with its payload."`
	Retry   retryDeadLetters `cmd:"" help:"Hand one in again, or all that fit."`
	Skip    skipDeadLetter   `cmd:"" help:"Go on without one. There is no way back."`
	Parked  listParked       `cmd:"" help:"List the events that wait behind one, or behind a gap."`
	SkipGap skipGap          `cmd:"" help:"Go on without events that do not come. There is no way back."`
}

const (
	lettersPage   = 200
	letterState   = "DEAD_LETTER_STATE_"
	maxErrorShown = 100
)

// listDeadLetters lists them.
type listDeadLetters struct {
	Service  string         `help:"Only of this service, such as billing."`
	Consumer string         `help:"Only of this consumer, such as billing-orders."`
	Type     string         `help:"Only events of this type, such as waybill.order.order.accepted.v1."`
	Since    span           `placeholder:"2h" help:"Only those put away in this time until now, such as 2h."`
	State    string         `enum:"open,retried,skipped" default:"open" help:"Only those of which this became: open, retried or skipped."`
	Running  runningWaybill `embed:""`
}

// Run prints all pages.
func (c *listDeadLetters) Run(env *environment) error {
	door, err := c.Running.open()
	if err != nil {
		return err
	}
	defer door.Close()
	request := &operationsv1.ListDeadLettersRequest{
		Service: c.Service, Consumer: c.Consumer, EventType: c.Type, PageSize: lettersPage,
		State: deliveryv1.DeadLetterState(deliveryv1.DeadLetterState_value[letterState+strings.ToUpper(c.State)]),
	}
	if c.Since > 0 {
		request.FailedFrom = timestamppb.New(time.Now().Add(-time.Duration(c.Since)))
	}
	return printTable("SERVICE\tCONSUMER\tEVENT\tTYPE\tAGGREGATE\tNO\tPUT AWAY\tTRIES\tSTATE\tERROR", func(shown *table) ([]string, string, error) {
		reply, err := door.Letters.ListDeadLetters(env.ctx, request)
		for _, l := range reply.GetDeadLetters() {
			shown.row(l.GetService(), l.GetConsumer(), l.GetEventId(), l.GetEventType(),
				l.GetAggregate(), l.GetSequence(), l.GetFailedAt().AsTime().Format(time.DateTime), l.GetAttempts(),
				strings.TrimPrefix(l.GetState().String(), letterState), firstLine(l.GetError()))
		}
		request.PageToken = reply.GetNextPageToken()
		return reply.GetUnanswered(), request.GetPageToken(), err
	})
}

// listParked lists what waits.
type listParked struct {
	Service   string         `help:"Only of this service."`
	Consumer  string         `help:"Only of this consumer."`
	Aggregate string         `help:"Only of this aggregate, as dead letters show it."`
	Running   runningWaybill `embed:""`
}

// Run prints all pages.
func (c *listParked) Run(env *environment) error {
	door, err := c.Running.open()
	if err != nil {
		return err
	}
	defer door.Close()
	request := &operationsv1.ListParkedRequest{
		Service: c.Service, Consumer: c.Consumer, Aggregate: c.Aggregate, PageSize: lettersPage,
	}
	return printTable("SERVICE\tCONSUMER\tAGGREGATE\tNO\tEVENT\tTYPE\tSINCE", func(shown *table) ([]string, string, error) {
		reply, err := door.Letters.ListParked(env.ctx, request)
		for _, e := range reply.GetEvents() {
			shown.row(e.GetService(), e.GetConsumer(), e.GetAggregate(), e.GetSequence(),
				e.GetEventId(), e.GetEventType(), e.GetParkedAt().AsTime().Format(time.DateTime))
		}
		request.PageToken = reply.GetNextPageToken()
		return reply.GetUnanswered(), request.GetPageToken(), err
	})
}

// printTable prints pages under a heading until there is no next one, and says whose entries are missing. page names the services
// that did not answer, and the next page.
func printTable(heading string, page func(*table) (unanswered []string, next string, err error)) error {
	shown, missing := newTable(os.Stdout, heading), ""
	for {
		unanswered, next, err := page(shown)
		if err != nil {
			return shown.end(err)
		}
		if len(unanswered) > 0 {
			missing = strings.Join(unanswered, ", ")
		}
		if next == "" {
			break
		}
	}
	if err := shown.end(nil); err != nil || missing == "" {
		return err
	}
	return fmt.Errorf("the list is not whole: no answer from %s", missing)
}

// firstLine is what a table shows of a text, without what would move a terminal's cursor: it may be a partner's.
func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	line = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return '·'
		}
		return r
	}, line)
	if runes := []rune(line); len(runes) > maxErrorShown {
		return string(runes[:maxErrorShown]) + "…"
	}
	return line
}

// namedLetter names a dead letter. Its consumer says whose it is.
type namedLetter struct {
	Consumer string         `arg:"" help:"The consumer, such as billing-orders."`
	Event    string         `arg:"" help:"The id of the event."`
	Running  runningWaybill `embed:""`
}

func (n namedLetter) service() string {
	service, _, _ := strings.Cut(n.Consumer, "-")
	return service
}

// showDeadLetter shows one.
type showDeadLetter struct {
	namedLetter `embed:""`
}

// Run prints it as JSON.
func (c *showDeadLetter) Run(env *environment) error {
	return c.Running.show(func(door *access.Access) (proto.Message, error) {
		return door.Letters.GetDeadLetter(env.ctx, &operationsv1.GetDeadLetterRequest{
			Service: c.service(), Consumer: c.Consumer, EventId: c.Event,
		})
	})
}

// decision is what a command needs that does something about what was found.
type decision struct {
	Reason    string `required:"" help:"Why."`
	Actor     string `env:"USER" help:"Who says so."`
	RequestID string `help:"The key of the command: the same again has no further effect. Default: a new one."`
}

func (d decision) key() string {
	if d.RequestID != "" {
		return d.RequestID
	}
	return id.New().String()
}

// skipDeadLetter goes on without one.
type skipDeadLetter struct {
	namedLetter `embed:""`
	decision    `embed:""`
}

// Run does so.
func (c *skipDeadLetter) Run(env *environment) error {
	return c.Running.show(func(door *access.Access) (proto.Message, error) {
		reply, err := door.Letters.SkipDeadLetter(env.ctx, &operationsv1.SkipDeadLetterRequest{
			RequestId: c.key(), Service: c.service(), Consumer: c.Consumer, EventId: c.Event, Reason: c.Reason, Actor: c.Actor,
		})
		return reply.GetDeadLetter(), err
	})
}
