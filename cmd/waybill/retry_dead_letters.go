package main

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/waybill-dev/waybill/cmd/waybill/internal/access"
	operationsv1 "github.com/waybill-dev/waybill/gen/waybill/operations/v1"
)

// retryDeadLetters hands one in again, or all that fit.
type retryDeadLetters struct {
	Consumer  string         `arg:"" optional:"" help:"The consumer of the one, such as billing-orders."`
	Event     string         `arg:"" optional:"" help:"The id of its event."`
	Service   string         `help:"Of all: only of this service, such as billing."`
	Of        string         `help:"Of all: only of this consumer, such as billing-orders."`
	Type      string         `help:"Of all: only events of this type, such as waybill.order.order.accepted.v1."`
	Since     span           `placeholder:"2h" help:"Of all: only those put away in this time until now, such as 2h."`
	Outside   bool           `name:"outside-calls" help:"Of all: also of consumers whose effects lead to calls of outside systems."`
	Yes       bool           `help:"Of all: do it. Else nothing is done, and what would be is shown."`
	Reason    string         `help:"Why. Needed where something is done."`
	Actor     string         `env:"USER" help:"Who says so."`
	RequestID string         `help:"The key of the command: the same again has no further effect. Default: a new one."`
	Running   runningWaybill `embed:""`
}

const retryStart = "RETRY_OUTCOME_"

// Run does so.
func (c *retryDeadLetters) Run(env *environment) error {
	switch {
	case c.Consumer == "":
		return c.all(env)
	case c.Event == "":
		return errors.New("name the event of the dead letter, too; --of takes a consumer whose dead letters are all meant")
	case c.Service+c.Of+c.Type != "" || c.Since != 0 || c.Yes || c.Outside:
		return errors.New("flags say which of all dead letters are meant, and one is named")
	}
	return c.one(env)
}

func (c *retryDeadLetters) key() string { return decision{RequestID: c.RequestID}.key() }

// one hands one in, and prints it as JSON.
func (c *retryDeadLetters) one(env *environment) error {
	return c.Running.show(func(door *access.Access) (proto.Message, error) {
		reply, err := door.Letters.RetryDeadLetter(env.ctx, &operationsv1.RetryDeadLetterRequest{
			RequestId: c.key(), Service: namedLetter{Consumer: c.Consumer}.service(), Consumer: c.Consumer, EventId: c.Event,
			Reason: c.Reason, Actor: c.Actor,
		})
		return reply.GetDeadLetter(), err
	})
}

// all goes through the open ones page by page.
func (c *retryDeadLetters) all(env *environment) error {
	door, err := c.Running.open()
	if err != nil {
		return err
	}
	defer door.Close()
	now := time.Now()
	request := &operationsv1.RetryDeadLettersRequest{
		RequestId: c.key(), Service: c.Service, Consumer: c.Of, EventType: c.Type, FailedBefore: timestamppb.New(now), Perform: c.Yes,
		OutsideCalls: c.Outside, Reason: c.Reason, Actor: c.Actor,
	}
	if c.Since > 0 {
		request.FailedFrom = timestamppb.New(now.Add(-time.Duration(c.Since)))
	}
	shown := newTable(os.Stdout, "CONSUMER\tEVENT\tTYPE\tAGGREGATE\tNO\tOUTCOME\tEFFECT")
	counts, unanswered := map[operationsv1.RetryOutcome]int{}, ""
	for more := true; more; more = request.GetPageToken() != "" {
		reply, err := door.Letters.RetryDeadLetters(env.ctx, request)
		if err != nil {
			return shown.end(err)
		}
		for _, retry := range reply.GetRetries() {
			l := retry.GetDeadLetter()
			counts[retry.GetOutcome()]++
			shown.row(l.GetConsumer(), l.GetEventId(), l.GetEventType(), l.GetAggregate(), l.GetSequence(),
				retryText(retry.GetOutcome()), retryEffect(retry))
		}
		if len(reply.GetUnanswered()) > 0 {
			unanswered = strings.Join(reply.GetUnanswered(), ", ")
		}
		request.PageToken = reply.GetNextPageToken()
	}
	if err := shown.end(nil); err != nil {
		return err
	}
	fmt.Println()
	for outcome := range operationsv1.RetryOutcome(len(operationsv1.RetryOutcome_name)) {
		if counts[outcome] > 0 {
			fmt.Printf("%d %s\n", counts[outcome], retryText(outcome))
		}
	}
	if !c.Yes {
		fmt.Println("Nothing was done. The same with --yes and --reason does it.")
	}
	if unanswered != "" {
		return fmt.Errorf("these are not all: no answer from %s", unanswered)
	}
	return nil
}

func retryText(outcome operationsv1.RetryOutcome) string {
	return strings.ToLower(strings.TrimPrefix(outcome.String(), retryStart))
}

func retryEffect(retry *operationsv1.DeadLetterRetry) string {
	if retry.GetRefusal() != "" {
		return firstLine(retry.GetRefusal())
	}
	return effectText(retry.GetRehearsal())
}

// skipGap goes on without events that do not come.
type skipGap struct {
	Consumer  string `arg:"" help:"The consumer, such as billing-orders."`
	Aggregate string `arg:"" help:"The aggregate whose events are missing, as parked shows it: its kind, a slash, its id."`
	UpTo      int64  `help:"The number of the last event to go on without. Default: the last one before the first that is there."`
	decision  `embed:""`
	Running   runningWaybill `embed:""`
}

// Run does so, and says what was gone past.
func (c *skipGap) Run(env *environment) error {
	door, err := c.Running.open()
	if err != nil {
		return err
	}
	defer door.Close()
	reply, err := door.Letters.SkipGap(env.ctx, &operationsv1.SkipGapRequest{
		RequestId: c.key(), Service: namedLetter{Consumer: c.Consumer}.service(), Consumer: c.Consumer, Aggregate: c.Aggregate, UpToSequence: c.UpTo,
		Reason: c.Reason, Actor: c.Actor,
	})
	if err != nil {
		return err
	}
	fmt.Printf("%s went on without events %d to %d of %s\n", c.Consumer, reply.GetFirstSequence(), reply.GetLastSequence(), c.Aggregate)
	return nil
}
