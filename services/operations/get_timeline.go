package operations

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	operationsv1 "github.com/waybill-dev/waybill/gen/waybill/operations/v1"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/rpc"
	"github.com/waybill-dev/waybill/services/operations/internal/domain"
)

const (
	defaultTimelinePage = 100
	// maxCalled is how many orders with one number are named.
	maxCalled = 20
)

// forEver is later than every event.
var forEver = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC) //nolint:gochecknoglobals // a constant in all but syntax

// GetTimeline implements the RPC of the same name. Whoever comes through the gateway sees what partners may see.
func (s *Service) GetTimeline(
	ctx context.Context, req *operationsv1.GetTimelineRequest,
) (*operationsv1.GetTimelineResponse, error) {
	caller := rpc.IdentityFrom(ctx)
	order, err := s.oneOrder(ctx, req.GetOrder(), caller.Partner)
	if err != nil {
		return nil, err
	}
	slice := domain.Slice{KnownAt: forEver, PartnersOnly: caller.Service == rpc.Gateway, Size: int(req.GetPageSize())}
	if slice.Size == 0 {
		slice.Size = defaultTimelinePage
	}
	if req.GetAsKnownAt() != nil {
		slice.KnownAt = req.GetAsKnownAt().AsTime()
	}
	if slice.AfterAt, slice.AfterID, err = readTimelineToken(req.GetPageToken()); err != nil {
		return nil, err
	}
	timeline, err := s.timeline(ctx, order.ID)
	if err != nil {
		return nil, err
	}
	page, causes, more := slice.Cut(timeline)
	reply := &operationsv1.GetTimelineResponse{OrderId: order.ID, PartnerId: order.Partner, ExternalOrderId: order.ExternalID}
	if more {
		last := page[len(page)-1]
		reply.NextPageToken = rpc.MomentToken(last.RecordedAt, last.ID)
	}
	for _, event := range page {
		entry := entryToProto(event, causes[event.ID])
		if slice.PartnersOnly {
			entry.Actor = ""
		}
		reply.Entries = append(reply.Entries, entry)
	}
	return reply, nil
}

// timeline tells everything that the archive holds of an order: the events that name it, and those that name no order but
// something that belongs to it.
func (s *Service) timeline(ctx context.Context, order string) ([]domain.Event, error) {
	facts, err := look(ctx, s.db.Pool(), s.words, []string{order}, order)
	if err != nil {
		return nil, err
	}
	things := domain.Belonging(order, facts)
	mentioned, err := look(ctx, s.db.Pool(), s.words, things, things...)
	if err != nil {
		return nil, err
	}
	return domain.Timeline(order, things, append(facts, mentioned...)), nil
}

// oneOrder finds the order that a text means: its id, or else its number, of one partner unless that is empty. An order of
// which only later events are known has no more than its id.
func (s *Service) oneOrder(ctx context.Context, text, partner string) (domain.KnownOrder, error) {
	found, err := s.ordersCalled(ctx, text, partner)
	switch {
	case err != nil:
		return domain.KnownOrder{}, err
	case len(found) == 0:
		return domain.KnownOrder{}, fault.New(fault.NotFound, "NOT_FOUND", "nothing is known of an order %q", text)
	case len(found) > 1:
		ids := make([]string, 0, len(found))
		for _, order := range found {
			ids = append(ids, order.ID)
		}
		return domain.KnownOrder{}, fault.New(fault.Precondition, "ORDER_AMBIGUOUS", "%d orders have the number %q: name one by its id",
			len(found), text).WithMeta("order_ids", strings.Join(ids, " "))
	}
	return found[0], nil
}

func (s *Service) ordersCalled(ctx context.Context, text, partner string) ([]domain.KnownOrder, error) {
	facts, err := look(ctx, s.db.Pool(), s.words, []string{text, domain.NumberName(text)}, text)
	if err != nil {
		return nil, err
	}
	called := map[string]domain.KnownOrder{}
	named := false // by its id
	for _, fact := range facts {
		if named = named || slices.Contains(fact.Orders, text); fact.Received == nil {
			continue
		}
		if order := *fact.Received; (order.ID == text || order.ExternalID == text) && (partner == "" || order.Partner == partner) {
			called[order.ID] = order
		}
	}
	if order, ok := called[text]; ok {
		return []domain.KnownOrder{order}, nil
	}
	if named && partner == "" {
		return []domain.KnownOrder{{ID: text}}, nil
	}
	orders := slices.SortedFunc(maps.Values(called), func(a, b domain.KnownOrder) int { return strings.Compare(a.ID, b.ID) })
	return orders[:min(len(orders), maxCalled)], nil
}

func entryToProto(event domain.Event, cause string) *operationsv1.TimelineEntry {
	return &operationsv1.TimelineEntry{
		EventId: event.ID, Type: event.Type, AggregateKind: event.Kind, AggregateId: event.Aggregate, Sequence: event.Sequence,
		OccurredAt: timestamppb.New(event.OccurredAt), RecordedAt: timestamppb.New(event.RecordedAt), CausedBy: cause,
		Actor: event.Actor, Sentence: event.Sentence,
	}
}

func readTimelineToken(token string) (time.Time, string, error) {
	if token == "" {
		return time.Unix(0, 0), "", nil
	}
	at, last, err := rpc.ReadMomentToken(token)
	return at, string(last), err
}
