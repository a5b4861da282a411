package bus

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"
	"pgregory.net/rapid"
)

func anyEvent(t *rapid.T) Event {
	text := func(name string) string { return rapid.StringN(1, 20, -1).Draw(t, name) }
	maybe := func(name string) string { return rapid.StringN(0, 20, -1).Draw(t, name) }
	moment := func(name string) time.Time {
		return time.UnixMicro(rapid.Int64Range(0, 4e15).Draw(t, name)).UTC()
	}
	return Event{
		ID: text("id"), Source: text("source"), Type: text("type"), Schema: text("schema"), Aggregate: text("aggregate"),
		Sequence:   rapid.Int64Range(1, 1<<62).Draw(t, "sequence"),
		OccurredAt: moment("occurred"), RecordedAt: moment("recorded"),
		CorrelationID: maybe("correlation"), CausationID: maybe("causation"), TraceParent: maybe("trace"),
		Data: rapid.SliceOfN(rapid.Byte(), 1, 50).Draw(t, "data"),
	}
}

func TestHeadersRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := anyEvent(t)
		want.Version = rapid.Int64Range(0, 1<<62).Draw(t, "version")
		header := want.headers()
		for name, values := range header {
			for _, c := range []byte(values[0]) {
				if c <= ' ' || c >= 0x7f {
					t.Fatalf("%s holds a byte that headers cannot: %q", name, values[0])
				}
			}
		}
		got, err := parseEvent(header, want.Data)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestEnvelopeRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := anyEvent(t)
		got, err := ParseEnvelope(want.AppendEnvelope(nil))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
	})
}

// Envelopes are stored: what an old release wrote must stay readable, and what a newer one adds is skipped.
func TestEnvelopeFormatIsStable(t *testing.T) {
	stored := "\x0a\x01i\x12\x02/s\x1a\x09waybill.t\x22\x03p.M\x2a\x01a\x30\x0e\x38\x80\x89\x7a\x40\x80\x92\xf4\x01" +
		"\x4a\x02co\x52\x02ca\x5a\x02tp\x62\x03\x01\x02\x03" + "\xa2\x06\x03new"
	got, err := ParseEnvelope([]byte(stored))
	if err != nil {
		t.Fatal(err)
	}
	want := Event{
		ID: "i", Source: "/s", Type: "waybill.t", Schema: "p.M", Aggregate: "a", Sequence: 7,
		OccurredAt: time.UnixMicro(1_000_000).UTC(), RecordedAt: time.UnixMicro(2_000_000).UTC(),
		CorrelationID: "co", CausationID: "ca", TraceParent: "tp", Data: []byte{1, 2, 3},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatal(diff)
	}
	for cut := range len(stored) - 6 {
		if event, err := ParseEnvelope([]byte(stored[:cut])); err == nil && cmp.Equal(event, want) {
			t.Errorf("an envelope cut at %d was read whole", cut)
		}
	}
}

func TestHeadersAreCloudEvents(t *testing.T) {
	event := Event{
		ID: "evt_1", Source: "/waybill/order", Type: "waybill.order.order.accepted.v1", Schema: "waybill.order.v1.OrderAccepted",
		Aggregate: "50% \"Größe\"", Sequence: 3, OccurredAt: time.UnixMilli(1500).UTC(), RecordedAt: time.UnixMilli(2000).UTC(),
		CausationID: "evt_0",
	}
	want := nats.Header{
		"ce-specversion": {"1.0"}, "ce-id": {"evt_1"}, "ce-source": {"/waybill/order"},
		"ce-type": {"waybill.order.order.accepted.v1"}, "ce-dataschema": {"waybill.order.v1.OrderAccepted"},
		"ce-datacontenttype": {"application/protobuf"}, "ce-subject": {"50%25%20%22Gr%C3%B6%C3%9Fe%22"},
		"ce-partitionkey": {"50%25%20%22Gr%C3%B6%C3%9Fe%22"}, "ce-sequence": {"3"}, "ce-causationid": {"evt_0"},
		"ce-time": {"1970-01-01T00:00:01.5Z"}, "ce-recordedtime": {"1970-01-01T00:00:02Z"},
	}
	if diff := cmp.Diff(want, event.headers()); diff != "" {
		t.Fatal(diff)
	}
}

func TestParseRefusesWhatIsNoEvent(t *testing.T) {
	good := Event{ID: "i", Source: "s", Type: "t", Schema: "p", Aggregate: "a", Sequence: 1, OccurredAt: time.Unix(1, 0), RecordedAt: time.Unix(1, 0)}
	for name, value := range map[string]string{
		"ce-id": "", "ce-type": "", "ce-subject": "", "ce-dataschema": "", "ce-specversion": "0.3", "ce-sequence": "-1",
		"ce-time": "yesterday", "ce-recordedtime": "", "ce-source": "%zz", "ce-stateversion": "x",
	} {
		header := good.headers()
		header[name] = []string{value}
		if _, err := parseEvent(header, nil); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s=%q: got %v, want an error that names it", name, value, err)
		}
	}
}

func TestPartsRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.SliceOfN(rapid.String(), 1, 4).Draw(t, "parts")
		tokens := EncodeParts(want...)
		if strings.ContainsAny(tokens, "*> \t\r\n") || strings.Count(tokens, ".") != len(want)-1 || strings.Contains(tokens, "..") {
			t.Fatalf("%q are no tokens of a subject", tokens)
		}
		got, err := DecodeParts(tokens)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
	})
	if _, err := DecodeParts("a.%4"); err == nil {
		t.Fatal("half a character was read")
	}
}

func TestKindOf(t *testing.T) {
	for eventType, want := range map[string]string{
		"waybill.order.order.accepted.v1": "order.order", "waybill.order": "", "other.order.order.accepted.v1": "", "waybill.a.b": "a.b",
	} {
		if got := kindOf(eventType); got != want {
			t.Errorf("kindOf(%q) = %q, want %q", eventType, got, want)
		}
	}
}
