package bus

import (
	"errors"
	"fmt"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
)

// The fields of a stored event. They are a storage format: numbers are never given another meaning, and readers skip
// what they do not know.
const (
	fieldID protowire.Number = iota + 1
	fieldSource
	fieldType
	fieldSchema
	fieldAggregate
	fieldSequence
	fieldOccurredAt
	fieldRecordedAt
	fieldCorrelationID
	fieldCausationID
	fieldTraceParent
	fieldData
)

// AppendEnvelope appends the event to b in the compact form in which outbox and inbox store it. Times keep
// microseconds, as the database does.
func (e Event) AppendEnvelope(b []byte) []byte {
	text := func(number protowire.Number, value string) {
		if value != "" {
			b = protowire.AppendTag(b, number, protowire.BytesType)
			b = protowire.AppendString(b, value)
		}
	}
	integer := func(number protowire.Number, value int64) {
		b = protowire.AppendTag(b, number, protowire.VarintType)
		b = protowire.AppendVarint(b, protowire.EncodeZigZag(value))
	}
	text(fieldID, e.ID)
	text(fieldSource, e.Source)
	text(fieldType, e.Type)
	text(fieldSchema, e.Schema)
	text(fieldAggregate, e.Aggregate)
	integer(fieldSequence, e.Sequence)
	integer(fieldOccurredAt, e.OccurredAt.UnixMicro())
	integer(fieldRecordedAt, e.RecordedAt.UnixMicro())
	text(fieldCorrelationID, e.CorrelationID)
	text(fieldCausationID, e.CausationID)
	text(fieldTraceParent, e.TraceParent)
	b = protowire.AppendTag(b, fieldData, protowire.BytesType)
	return protowire.AppendBytes(b, e.Data)
}

var errEnvelope = errors.New("malformed envelope")

// ParseEnvelope reads what AppendEnvelope wrote. The event's data is a part of b.
func ParseEnvelope(b []byte) (Event, error) {
	var e Event
	for len(b) > 0 {
		number, kind, n := protowire.ConsumeTag(b)
		if n < 0 {
			return Event{}, fmt.Errorf("%w: %w", errEnvelope, protowire.ParseError(n))
		}
		b = b[n:]
		n = protowire.ConsumeFieldValue(number, kind, b)
		if n < 0 {
			return Event{}, fmt.Errorf("%w: %w", errEnvelope, protowire.ParseError(n))
		}
		if kind == protowire.BytesType {
			value, _ := protowire.ConsumeBytes(b)
			e.setBytes(number, value)
		}
		if kind == protowire.VarintType {
			value, _ := protowire.ConsumeVarint(b)
			e.setInteger(number, protowire.DecodeZigZag(value))
		}
		b = b[n:]
	}
	if e.ID == "" || e.Type == "" {
		return Event{}, fmt.Errorf("%w: it has no id or no type", errEnvelope)
	}
	return e, nil
}

func (e *Event) setBytes(number protowire.Number, value []byte) {
	switch number { //nolint:exhaustive // the others are integers, or of a newer release
	case fieldID:
		e.ID = string(value)
	case fieldSource:
		e.Source = string(value)
	case fieldType:
		e.Type = string(value)
	case fieldSchema:
		e.Schema = string(value)
	case fieldAggregate:
		e.Aggregate = string(value)
	case fieldCorrelationID:
		e.CorrelationID = string(value)
	case fieldCausationID:
		e.CausationID = string(value)
	case fieldTraceParent:
		e.TraceParent = string(value)
	case fieldData:
		e.Data = value
	}
}

func (e *Event) setInteger(number protowire.Number, value int64) {
	switch number { //nolint:exhaustive // the others are bytes, or of a newer release
	case fieldSequence:
		e.Sequence = value
	case fieldOccurredAt:
		e.OccurredAt = time.UnixMicro(value).UTC()
	case fieldRecordedAt:
		e.RecordedAt = time.UnixMicro(value).UTC()
	}
}
