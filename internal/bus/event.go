package bus

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
)

// Event is a CloudEvent with protobuf data, as it travels.
type Event struct {
	// ID names the event for ever: a repeat and a replay carry the same.
	ID string
	// Source is the service that published it: "/waybill/order".
	Source string
	// Type is that of the taxonomy: "waybill.order.order.accepted.v1".
	Type string
	// Schema is the full name of the payload's message.
	Schema string
	// Aggregate is the id of what the event is about.
	Aggregate string
	// Sequence counts the aggregate's events from 1 without gaps. 0 in state events.
	Sequence int64
	// Version counts the changes of the state in state events. 0 in others.
	Version int64
	// OccurredAt is when it happened, by the source's clock; RecordedAt when we stored it.
	OccurredAt, RecordedAt time.Time
	// CorrelationID and CausationID tie it to the request and the event behind it. Either may be empty.
	CorrelationID, CausationID string
	// TraceParent is the W3C trace context, or empty.
	TraceParent string
	// Data is the payload in protobuf's wire form.
	Data []byte
}

// Kind names the aggregate's kind, "order.order": the second and third token of the type.
func (e Event) Kind() string { return kindOf(e.Type) }

// Payload decodes the data. A message that is not linked into this process is nil without an error: somebody newer
// published it, and it means nothing here.
func (e Event) Payload() (proto.Message, error) {
	kind, err := protoregistry.GlobalTypes.FindMessageByName(protoreflect.FullName(e.Schema))
	if err != nil {
		return nil, nil //nolint:nilerr // as promised: unknown is no error
	}
	message := kind.New().Interface()
	if err := proto.Unmarshal(e.Data, message); err != nil {
		return nil, fmt.Errorf("event %s is no %s: %w", e.ID, e.Schema, err)
	}
	return message, nil
}

// The attributes of CloudEvents as headers.
const (
	headerSpecVersion     = "ce-specversion"
	headerID              = "ce-id"
	headerSource          = "ce-source"
	headerType            = "ce-type"
	headerSubject         = "ce-subject"
	headerTime            = "ce-time"
	headerDataSchema      = "ce-dataschema"
	headerDataContentType = "ce-datacontenttype"
	headerPartitionKey    = "ce-partitionkey"
	headerSequence        = "ce-sequence"
	headerVersion         = "ce-stateversion"
	headerRecordedTime    = "ce-recordedtime"
	headerCorrelationID   = "ce-correlationid"
	headerCausationID     = "ce-causationid"
	headerTraceParent     = "ce-traceparent"

	specVersion = "1.0"
	contentType = "application/protobuf"
)

func (e Event) headers() nats.Header {
	header := make(nats.Header, 16)
	set := func(name, value string) {
		if value != "" {
			header[name] = []string{encodeHeader(value)}
		}
	}
	set(headerSpecVersion, specVersion)
	set(headerID, e.ID)
	set(headerSource, e.Source)
	set(headerType, e.Type)
	set(headerSubject, e.Aggregate)
	set(headerTime, e.OccurredAt.UTC().Format(time.RFC3339Nano))
	set(headerDataSchema, e.Schema)
	set(headerDataContentType, contentType)
	set(headerPartitionKey, e.Aggregate)
	if e.Sequence != 0 {
		set(headerSequence, strconv.FormatInt(e.Sequence, 10))
	}
	if e.Version != 0 {
		set(headerVersion, strconv.FormatInt(e.Version, 10))
	}
	set(headerRecordedTime, e.RecordedAt.UTC().Format(time.RFC3339Nano))
	set(headerCorrelationID, e.CorrelationID)
	set(headerCausationID, e.CausationID)
	set(headerTraceParent, e.TraceParent)
	return header
}

// parseEvent reads what headers wrote. It fails when an attribute that every event has is missing or malformed.
func parseEvent(header nats.Header, data []byte) (Event, error) {
	var failed error
	get := func(name string) string {
		values := header[name]
		if len(values) == 0 {
			return ""
		}
		value, err := decodeHeader(values[0])
		if err != nil && failed == nil {
			failed = fmt.Errorf("header %s: %w", name, err)
		}
		return value
	}
	number := func(name string) int64 {
		text := get(name)
		if text == "" {
			return 0
		}
		n, err := strconv.ParseInt(text, 10, 64)
		if (err != nil || n <= 0) && failed == nil {
			failed = fmt.Errorf("header %s: %q is no positive number", name, text)
		}
		return n
	}
	moment := func(name string) time.Time {
		at, err := time.Parse(time.RFC3339Nano, get(name))
		if err != nil && failed == nil {
			failed = fmt.Errorf("header %s: %w", name, err)
		}
		return at
	}
	event := Event{
		ID: get(headerID), Source: get(headerSource), Type: get(headerType), Schema: get(headerDataSchema),
		Aggregate: get(headerSubject), Sequence: number(headerSequence), Version: number(headerVersion),
		OccurredAt: moment(headerTime), RecordedAt: moment(headerRecordedTime),
		CorrelationID: get(headerCorrelationID), CausationID: get(headerCausationID), TraceParent: get(headerTraceParent),
		Data: data,
	}
	if failed != nil {
		return event, failed
	}
	if version := get(headerSpecVersion); version != specVersion {
		return event, fmt.Errorf("header %s: %q is not %s", headerSpecVersion, version, specVersion)
	}
	for name, value := range map[string]string{
		headerID: event.ID, headerType: event.Type, headerSubject: event.Aggregate, headerDataSchema: event.Schema,
	} {
		if value == "" {
			return event, fmt.Errorf("header %s is missing", name)
		}
	}
	return event, nil
}

// encodeHeader writes a value as CloudEvents asks for headers: percent-encoded where it is not printable ASCII, and for
// space, quote and percent.
func encodeHeader(value string) string {
	plain := true
	for i := 0; i < len(value) && plain; i++ {
		plain = plainInHeader(value[i])
	}
	if plain {
		return value
	}
	return percentEncode(value, plainInHeader)
}

func decodeHeader(value string) (string, error) {
	if !strings.Contains(value, "%") {
		return value, nil
	}
	return percentDecode(value)
}

func plainInHeader(c byte) bool { return c > ' ' && c < 0x7f && c != '"' && c != '%' }
