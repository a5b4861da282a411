package operations

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"math"
	"slices"
	"time"

	"github.com/waybill-dev/waybill/internal/inbox"
	"github.com/waybill-dev/waybill/internal/rpc"
	"github.com/waybill-dev/waybill/services/operations/internal/domain"
	"github.com/waybill-dev/waybill/services/operations/internal/store"
)

// archiveFilter chooses events of the archive. At most one of event, aggregate and order is set.
type archiveFilter struct {
	event string
	// kind and aggregate name one aggregate.
	kind, aggregate string
	order           string
	// kinds are those of aggregates of which events are wanted. types: none for all.
	kinds, types []string
	// from and before bound when events were recorded.
	from, before time.Time
	// token names the page.
	token string
}

const (
	// maxSegments is how many segments one page looks at, segmentsAtOnce how many are in memory together.
	maxSegments    = 64
	segmentsAtOnce = 8
	// replayBytes is how large the events of one page become, unless one is larger.
	replayBytes = 6 << 20
)

// errPageFull ends the reading of a page.
var errPageFull = errors.New("the page is full")

// pageArchive gives at most size events that a filter chooses, and the token of the next page where there may be one: the events of
// an order in the order of recording, others in that of the archive, in which those of an aggregate keep theirs. An event that
// stands there twice may come twice.
func (s *Service) pageArchive(ctx context.Context, filter archiveFilter, size int) (page []inbox.Message, next string, err error) {
	if filter.order != "" {
		return s.pageOfOrder(ctx, filter, size)
	}
	place, err := readArchiveToken(filter.token)
	if err != nil {
		return nil, "", err
	}
	reader := &archiveReader{filter: filter, size: size, after: place}
	for looked := 0; looked < maxSegments; looked += segmentsAtOnce {
		segments, err := store.SegmentsOfRange(ctx, s.db.Pool(), reader.after.segment, filter.from, filter.before, segmentsAtOnce)
		if err != nil {
			return nil, "", err
		}
		for _, segment := range segments {
			err := reader.read(segment)
			if errors.Is(err, errPageFull) {
				return reader.page, reader.after.token(), nil
			}
			if err != nil {
				return nil, "", err
			}
		}
		if len(segments) < segmentsAtOnce {
			return reader.page, "", nil
		}
	}
	return reader.page, reader.after.token(), nil
}

// archiveReader gathers a page from one segment after the other.
type archiveReader struct {
	filter archiveFilter
	size   int
	after  archivePlace // the last event that was looked at
	page   []inbox.Message
	bytes  int
}

// archivePlace is the place of an event in the archive: the last one of the segment before, where event is not given.
type archivePlace struct{ segment, event int64 }

// read adds what a segment has behind the place, up to where the page is full.
func (r *archiveReader) read(segment store.Segment) error {
	from := int64(0)
	if segment.Number == r.after.segment {
		from = r.after.event
	}
	at := int64(0) // counts the events of the segment from 1
	err := unpack(segment.Content, func(envelope []byte) bool {
		at++
		return at > from && r.filter.mayBe(envelope)
	}, func(message inbox.Message) error {
		if !r.filter.chooses(message) {
			return nil
		}
		event := message.Event()
		if r.bytes += len(event.Data); len(r.page) == r.size || r.bytes > replayBytes && len(r.page) > 0 {
			return errPageFull
		}
		r.page = append(r.page, message)
		r.after = archivePlace{segment.Number, at}
		return nil
	})
	if err == nil {
		r.after = archivePlace{segment.Number, math.MaxInt64}
	}
	return err
}

// mayBe sorts out most of what is not chosen before it is read.
func (f archiveFilter) mayBe(envelope []byte) bool {
	return bytes.Contains(envelope, []byte(f.event)) && bytes.Contains(envelope, []byte(f.aggregate))
}

func (f archiveFilter) chooses(message inbox.Message) bool {
	return (f.event == "" || message.ID == f.event) && (f.aggregate == "" || message.Aggregate == f.aggregate) &&
		slices.Contains(f.kinds, message.Kind) && (len(f.types) == 0 || slices.Contains(f.types, message.Type)) &&
		!message.RecordedAt.Before(f.from) && message.RecordedAt.Before(f.before)
}

func (p archivePlace) token() string {
	raw := binary.BigEndian.AppendUint64(nil, uint64(p.segment))
	return base64.RawURLEncoding.EncodeToString(binary.BigEndian.AppendUint64(raw, uint64(p.event)))
}

func readArchiveToken(token string) (archivePlace, error) {
	if token == "" {
		return archivePlace{}, nil
	}
	const half = 8
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(raw) != half+half {
		return archivePlace{}, rpc.PageTokenInvalid()
	}
	place := archivePlace{int64(binary.BigEndian.Uint64(raw)), int64(binary.BigEndian.Uint64(raw[half:]))}
	if place.segment < 0 || place.event < 0 {
		return archivePlace{}, rpc.PageTokenInvalid()
	}
	return place, nil
}

// pageOfOrder is a page of the events on the timeline of an order.
func (s *Service) pageOfOrder(ctx context.Context, filter archiveFilter, size int) (page []inbox.Message, next string, err error) {
	slice := domain.Slice{KnownAt: forEver, Size: math.MaxInt}
	if slice.AfterAt, slice.AfterID, err = readTimelineToken(filter.token); err != nil {
		return nil, "", err
	}
	timeline, err := s.timeline(ctx, filter.order)
	if err != nil {
		return nil, "", err
	}
	events, _, _ := slice.Cut(timeline)
	messages, err := s.messagesOf(ctx, filter.order, timeline)
	if err != nil {
		return nil, "", err
	}
	taken := 0
	for _, event := range events {
		message, ok := messages[event.ID]
		if !ok || !filter.chooses(message) {
			continue
		}
		if taken += len(message.Event().Data); len(page) == size || taken > replayBytes && len(page) > 0 {
			last := page[len(page)-1]
			return page, rpc.MomentToken(last.RecordedAt, last.ID), nil
		}
		page = append(page, message)
	}
	return page, "", nil
}

// messagesOf are the events of an order's timeline as they travelled, by id: found as the timeline is, under the order and the things
// that belong to it.
func (s *Service) messagesOf(ctx context.Context, order string, timeline []domain.Event) (map[string]inbox.Message, error) {
	things := []string{order}
	for _, event := range timeline {
		things = append(things, event.Aggregate)
	}
	slices.Sort(things)
	things = slices.Compact(things)
	found := map[string]inbox.Message{}
	err := search(ctx, s.db.Pool(), things, things, func(message inbox.Message) error {
		found[message.ID] = message
		return nil
	})
	return found, err
}
