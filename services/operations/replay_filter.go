package operations

import (
	"context"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	operationsv1 "github.com/waybill-dev/waybill/gen/waybill/operations/v1"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/id"
)

// aroundID is how far from the moment that its id names an event may have been recorded: both are made in one transaction.
const aroundID = time.Minute

// replayFilter reads which events are meant. What cannot be meant is refused with the field.
func (s *Service) replayFilter(ctx context.Context, req *operationsv1.ReplayEventsRequest) (archiveFilter, error) {
	if err := checkReplay(req); err != nil {
		return archiveFilter{}, err
	}
	filter := archiveFilter{event: req.GetEventId(), types: req.GetEventTypes(), from: firstMoment, before: forEver, token: req.GetPageToken()}
	var err error
	if filter.from, err = momentOr(req.GetRecordedFrom(), "recorded_from", filter.from); err != nil {
		return filter, err
	}
	if filter.before, err = momentOr(req.GetRecordedBefore(), "recorded_before", filter.before); err != nil {
		return filter, err
	}
	if !filter.from.Before(filter.before) {
		return filter, invalid("recorded_before", "RANGE_EMPTY", "nothing lies before it and not before recorded_from")
	}
	if filter.event != "" {
		if err := aroundEvent(&filter); err != nil {
			return filter, err
		}
	}
	if req.GetAggregate() != "" {
		kind, aggregate, _ := strings.Cut(req.GetAggregate(), "/")
		if domain, name, ok := strings.Cut(kind, "."); !ok || domain == "" || name == "" || aggregate == "" {
			return filter, invalid("aggregate", "AGGREGATE_INVALID", "the kind, a slash, the id, such as order.order/ord_…")
		}
		filter.kind, filter.aggregate = kind, aggregate
	}
	if req.GetOrder() != "" {
		order, err := s.oneOrder(ctx, req.GetOrder(), "")
		if err != nil {
			return filter, err
		}
		filter.order = order.ID
	}
	return filter, nil
}

// checkReplay refuses filters that say nothing or do not go together, and a replay that nobody gives a reason for.
func checkReplay(req *operationsv1.ReplayEventsRequest) error {
	named := ""
	for _, one := range []struct{ field, value string }{
		{"event_id", req.GetEventId()}, {"aggregate", req.GetAggregate()}, {"order", req.GetOrder()},
	} {
		switch {
		case one.value == "":
		case named != "":
			return invalid(one.field, "FILTER_CONFLICT", "it does not go together with "+named)
		default:
			named = one.field
		}
	}
	if named == "" && len(req.GetEventTypes()) == 0 && req.GetRecordedFrom() == nil {
		return invalid("recorded_from", "FILTER_REQUIRED", "say which events: event_id, aggregate, order, event_types or recorded_from")
	}
	if req.GetPerform() && strings.TrimSpace(req.GetReason()) == "" {
		return invalid("reason", "REASON_REQUIRED", "say why; it is told with the events")
	}
	return nil
}

// aroundEvent narrows a filter to when the event can have been recorded, which its id tells.
func aroundEvent(filter *archiveFilter) error {
	made, err := id.Parse(id.Event, filter.event)
	const timed = 7 // the version of ids that begin with their moment
	if err != nil || made.Version() != timed {
		return invalid("event_id", "EVENT_ID_INVALID", "the id of an event, such as evt_…")
	}
	seconds, nanos := made.Time().UnixTime()
	at := time.Unix(seconds, nanos).UTC()
	if from := at.Add(-aroundID); from.After(filter.from) {
		filter.from = from
	}
	if before := at.Add(aroundID); before.Before(filter.before) {
		filter.before = before
	}
	return nil
}

func momentOr(from *timestamppb.Timestamp, field string, otherwise time.Time) (time.Time, error) {
	if from == nil {
		return otherwise, nil
	}
	if !from.IsValid() || !tellable(from.AsTime()) {
		return otherwise, invalid(field, "TIME_INVALID", "a moment of the years 1970 to 9998")
	}
	return from.AsTime(), nil
}

// tellable reports whether a moment is one that a database can keep and an event can have.
func tellable(at time.Time) bool { return !at.Before(firstMoment) && at.Before(forEver) }

// firstMoment is before every event.
var firstMoment = time.Unix(0, 0).UTC() //nolint:gochecknoglobals // a constant in all but syntax

func invalid(field, reason, text string) error {
	return fault.New(fault.Invalid, reason, "%s is refused", field).WithField(field, reason, text)
}
