package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/waybill-dev/waybill/cmd/waybill/internal/access"
	deliveryv1 "github.com/waybill-dev/waybill/gen/waybill/delivery/v1"
	operationsv1 "github.com/waybill-dev/waybill/gen/waybill/operations/v1"
)

// replayCommand hands events out of the archive to consumers that do not have them.
type replayCommand struct {
	Event     string         `xor:"what" help:"Only the event with this id."`
	Aggregate string         `xor:"what" help:"Only events of this aggregate: its kind, a slash, its id, such as order.order/ord_…"`
	Order     string         `xor:"what" help:"Only events on the timeline of this order, by its id or number."`
	Type      []string       `help:"Only events of these types, such as waybill.order.order.accepted.v1."`
	From      time.Time      `help:"Only events recorded at this time or later, such as 2026-03-02T09:00:00Z."`
	Before    time.Time      `help:"Only events recorded before this time. Default: now."`
	Since     span           `placeholder:"2h" help:"Only events recorded in this time until now, such as 2h."`
	Service   string         `help:"Only to consumers of this service, such as billing."`
	Consumer  string         `help:"Only to this consumer, such as billing-orders."`
	Outside   bool           `name:"outside-calls" help:"Also to consumers whose effects lead to calls of outside systems."`
	Yes       bool           `help:"Do it. Else nothing is done, and what would be is shown."`
	All       bool           `help:"Show events too with which nothing is done."`
	Max       int            `default:"10000" help:"The most events of one run."`
	Reason    string         `help:"Why. Needed with --yes."`
	Actor     string         `env:"USER" help:"Who says so."`
	Running   runningWaybill `embed:""`
}

const (
	replayPage   = 50
	outcomeStart = "REPLAY_OUTCOME_"
)

// Run goes through the archive page by page.
func (c *replayCommand) Run(env *environment) error {
	if c.Since > 0 && !c.From.IsZero() {
		return errors.New("--since and --from say the same")
	}
	if c.Max < 1 {
		return fmt.Errorf("--max %d: at least one event is replayed in a run", c.Max)
	}
	door, err := c.Running.open()
	if err != nil {
		return err
	}
	defer door.Close()
	shown := newTable(os.Stdout, "RECORDED\tEVENT\tTYPE\tAGGREGATE\tNO\tCONSUMER\tOUTCOME\tEFFECT")
	sum, err := c.pages(env, door, shown)
	if err := shown.end(err); err != nil {
		return err
	}
	return sum.print(os.Stdout, c.Yes)
}

// request says which events.
func (c *replayCommand) request() *operationsv1.ReplayEventsRequest {
	now := time.Now()
	request := &operationsv1.ReplayEventsRequest{
		EventId: c.Event, Aggregate: c.Aggregate, Order: c.Order, EventTypes: c.Type, Service: c.Service, Consumer: c.Consumer,
		RecordedBefore: timestamppb.New(now), Perform: c.Yes, OutsideCalls: c.Outside, Reason: c.Reason, Actor: c.Actor, PageSize: replayPage,
	}
	if c.Since > 0 {
		request.RecordedFrom = timestamppb.New(now.Add(-time.Duration(c.Since)))
	}
	if !c.From.IsZero() {
		request.RecordedFrom = timestamppb.New(c.From)
	}
	if !c.Before.IsZero() {
		request.RecordedBefore = timestamppb.New(c.Before)
	}
	return request
}

// replaySum is what became of all pages.
type replaySum struct {
	events  int
	counts  map[string]map[deliveryv1.ReplayOutcome]int
	order   []string // consumers, as they came
	untried int
	cut     bool
}

func (c *replayCommand) pages(env *environment, door *access.Access, shown *table) (replaySum, error) {
	sum := replaySum{counts: map[string]map[deliveryv1.ReplayOutcome]int{}}
	request := c.request()
	for {
		reply, err := door.Replay.ReplayEvents(env.ctx, request)
		if err != nil {
			return sum, err
		}
		for _, entry := range reply.GetEntries() {
			if c.All || entry.GetOutcome() != deliveryv1.ReplayOutcome_REPLAY_OUTCOME_IGNORED {
				shown.row(entry.GetRecordedAt().AsTime().Format(time.DateTime), entry.GetEventId(),
					entry.GetEventType(), entry.GetAggregate(), entry.GetSequence(), entry.GetConsumer(), outcomeText(entry.GetOutcome()), effectText(entry.GetRehearsal()))
			}
		}
		sum.add(reply)
		if len(reply.GetUnanswered()) > 0 {
			return sum, fmt.Errorf("no answer from %s: nothing of the last page went there; run the same again, nothing happens twice",
				strings.Join(reply.GetUnanswered(), ", "))
		}
		if request.PageToken = reply.GetNextPageToken(); request.GetPageToken() == "" {
			return sum, nil
		}
		if sum.events >= c.Max {
			sum.cut = true
			return sum, nil
		}
	}
}

func (s *replaySum) add(reply *operationsv1.ReplayEventsResponse) {
	s.events += int(reply.GetEvents())
	for _, count := range reply.GetCounts() {
		if s.counts[count.GetConsumer()] == nil {
			s.counts[count.GetConsumer()] = map[deliveryv1.ReplayOutcome]int{}
			s.order = append(s.order, count.GetConsumer())
		}
		s.counts[count.GetConsumer()][count.GetOutcome()] += int(count.GetCount())
	}
	for _, entry := range reply.GetEntries() {
		if entry.GetOutcome() == deliveryv1.ReplayOutcome_REPLAY_OUTCOME_APPLIES && entry.GetRehearsal() == nil {
			s.untried++
		}
	}
}

// print counts, and says what was done and what was not.
func (s *replaySum) print(to io.Writer, done bool) error {
	fmt.Fprintf(to, "\n%d events of the archive\n", s.events)
	for _, consumer := range s.order {
		var parts []string
		for outcome := range deliveryv1.ReplayOutcome(len(deliveryv1.ReplayOutcome_name)) {
			if n := s.counts[consumer][outcome]; n > 0 {
				parts = append(parts, fmt.Sprintf("%d %s", n, outcomeText(outcome)))
			}
		}
		fmt.Fprintf(to, "  %s: %s\n", consumer, strings.Join(parts, ", "))
	}
	if s.cut {
		fmt.Fprintln(to, "There are more: run it again for a later range, or with a larger --max.")
	}
	if done {
		return nil
	}
	if s.untried > 0 {
		fmt.Fprintf(to, "The effect of %d was not tried: past 50 of a call, behind one that fails, or on its way already.\n", s.untried)
	}
	_, err := fmt.Fprintln(to, "Nothing was done. The same with --yes and --reason does it.")
	return err
}

func outcomeText(outcome deliveryv1.ReplayOutcome) string {
	return strings.ReplaceAll(strings.ToLower(strings.TrimPrefix(outcome.String(), outcomeStart)), "_", " ")
}

// effectText says what the effect of an event would be, where that was tried.
func effectText(tried *deliveryv1.Rehearsal) string {
	switch {
	case tried == nil:
		return ""
	case tried.GetRetryable():
		return "would wait: " + firstLine(tried.GetError())
	case tried.GetError() != "":
		return "would fail: " + firstLine(tried.GetError())
	}
	text := fmt.Sprintf("rows: %d", tried.GetChangedRows())
	for _, told := range tried.GetAnnouncements() {
		text += ", tells " + told.GetEventType() + " of " + told.GetAggregate()
	}
	if more := int(tried.GetAnnouncementCount()) - len(tried.GetAnnouncements()); more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}
