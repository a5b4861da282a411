package operations

import (
	"context"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	operationsv1 "github.com/waybill-dev/waybill/gen/waybill/operations/v1"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/rpc"
	"github.com/waybill-dev/waybill/services/operations/internal/domain"
	"github.com/waybill-dev/waybill/services/operations/internal/store"
)

const defaultTimelinePage = 100

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
	slice := store.Slice{Order: order.ID, KnownAt: forEver, PartnersOnly: caller.Service == rpc.Gateway}
	if req.GetAsKnownAt() != nil {
		slice.KnownAt = req.GetAsKnownAt().AsTime()
	}
	if slice.AfterAt, slice.AfterID, err = readTimelineToken(req.GetPageToken()); err != nil {
		return nil, err
	}
	size := int(req.GetPageSize())
	if size == 0 {
		size = defaultTimelinePage
	}
	events, err := store.PageTimeline(ctx, s.db.Pool(), slice, size+1)
	if err != nil {
		return nil, err
	}
	reply := &operationsv1.GetTimelineResponse{OrderId: order.ID, PartnerId: order.Partner, ExternalOrderId: order.ExternalID}
	if len(events) > size {
		events = events[:size]
		reply.NextPageToken = rpc.MomentToken(events[size-1].RecordedAt, events[size-1].ID)
	}
	causes, err := store.FindCauses(ctx, s.db.Pool(), slice, events)
	if err != nil {
		return nil, err
	}
	for _, event := range events {
		entry := entryToProto(event, causes[event.ID])
		if slice.PartnersOnly {
			entry.Actor = ""
		}
		reply.Entries = append(reply.Entries, entry)
	}
	return reply, nil
}

// oneOrder finds the order that a text means.
func (s *Service) oneOrder(ctx context.Context, text, partner string) (domain.KnownOrder, error) {
	found, err := store.FindOrder(ctx, s.db.Pool(), text, partner)
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
