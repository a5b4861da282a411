package contract_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/waybill-dev/waybill/internal/policy"
)

// Samples of every event stand in testdata/events/<release>/<event type>, in bytes (.binpb: what lies in streams and
// outboxes) and in text (.json: what these bytes meant when they were written). Those of a release are never written
// again; `make release-image` gives the ones under "unreleased" the release's name, and -update rewrites "unreleased".
const (
	samples    = "testdata/events"
	unreleased = samples + "/unreleased"
)

var update = flag.Bool("update", false, "rewrite the unreleased samples of the events")

// The newest form of each event is among the samples, so that the next release is held to it.
func TestEveryEventHasItsSample(t *testing.T) {
	if *update {
		writeSamples(t)
	}
	for _, event := range policy.Events() {
		newest, _ := encode(t, filled(newMessage(t, event)))
		if !recorded(t, event, newest) {
			t.Errorf("%s: no sample of its present form: run go test ./tests/contract -update", event.Type)
		}
	}
}

// Bytes stored by any release since v1 say today what they said then: no field was lost, renamed or renumbered.
func TestEveryStoredEventStillDecodes(t *testing.T) {
	stored, err := filepath.Glob(samples + "/*/*.binpb")
	if err != nil || len(stored) == 0 {
		t.Fatalf("no stored events (%v): run go test ./tests/contract -update", err)
	}
	for _, path := range stored {
		eventType := strings.TrimSuffix(filepath.Base(path), ".binpb")
		event, ok := eventByType(eventType)
		if !ok {
			t.Errorf("%s: no linked message is the event %s any more", path, eventType)
			continue
		}
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(strings.TrimSuffix(path, ".binpb") + ".json")
		if err != nil {
			t.Fatal(err)
		}
		if err := saysTheSame(newMessage(t, event), data, text); err != "" {
			t.Errorf("%s: %s", path, err)
		}
	}
}

// The check itself must see what it is for: it reads the bytes of one event as if a field had been lost or had
// changed its meaning.
func TestALostFieldIsSeen(t *testing.T) {
	event, ok := eventByType("waybill.order.order.accepted.v1")
	if !ok {
		t.Fatal("the event order.order.accepted is gone")
	}
	data, text := encode(t, filled(newMessage(t, event)))
	if err := saysTheSame(newMessage(t, event), data, text); err != "" {
		t.Fatalf("the unchanged event: %s", err)
	}
	unknown := append(bytes.Clone(data), 0xfa, 0xff, 0x03, 0x01, 'x') // field 8191, a string
	if err := saysTheSame(newMessage(t, event), unknown, text); err == "" {
		t.Error("bytes of a field that no longer exists were not seen")
	}
	if err := saysTheSame(newMessage(t, event), data, []byte(`{"orderId": "another"}`)); err == "" {
		t.Error("bytes that mean something else than they did were not seen")
	}
	if err := saysTheSame(newMessage(t, event), data, []byte(`{"formerName": "x"}`)); err == "" {
		t.Error("a field that was renamed was not seen")
	}
}

// saysTheSame decodes both forms of a stored event and returns how they differ, empty when they do not.
func saysTheSame(into proto.Message, data, text []byte) string {
	then := into.ProtoReflect().New().Interface()
	if err := proto.Unmarshal(data, into); err != nil {
		return "the bytes do not decode: " + err.Error()
	}
	if path := unknownFields(into.ProtoReflect()); path != "" {
		return "the bytes have fields that the message lacks: " + path
	}
	if err := protojson.Unmarshal(text, then); err != nil {
		return "the text does not decode, a field was renamed or is gone: " + err.Error()
	}
	if !proto.Equal(into, then) {
		return "the bytes no longer mean what they meant"
	}
	return ""
}

// unknownFields returns the name of the first message inside m that has fields which its type lacks.
func unknownFields(m protoreflect.Message) (found string) {
	if len(m.GetUnknown()) > 0 {
		return string(m.Descriptor().FullName())
	}
	m.Range(func(field protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		switch {
		case field.IsMap():
			value.Map().Range(func(_ protoreflect.MapKey, entry protoreflect.Value) bool {
				if field.MapValue().Message() != nil {
					found = unknownFields(entry.Message())
				}
				return found == ""
			})
		case field.IsList() && field.Message() != nil:
			for i := 0; i < value.List().Len() && found == ""; i++ {
				found = unknownFields(value.List().Get(i).Message())
			}
		case field.Message() != nil && !field.IsList():
			found = unknownFields(value.Message())
		}
		return found == ""
	})
	return found
}

func writeSamples(t *testing.T) {
	t.Helper()
	if err := os.RemoveAll(unreleased); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(unreleased, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, event := range policy.Events() {
		data, text := encode(t, filled(newMessage(t, event)))
		if recorded(t, event, data) {
			continue // a release has this form already
		}
		base := filepath.Join(unreleased, event.Type)
		if err := os.WriteFile(base+".binpb", data, 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(base+".json", text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// recorded reports whether the bytes are among the samples of an event.
func recorded(t *testing.T, event policy.Event, want []byte) bool {
	t.Helper()
	stored, err := filepath.Glob(samples + "/*/" + event.Type + ".binpb")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range stored {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Equal(data, want) {
			return true
		}
	}
	return false
}

// encode returns both forms of a sample, the same on every run.
func encode(t *testing.T, message proto.Message) (data, text []byte) {
	t.Helper()
	data, err := proto.MarshalOptions{Deterministic: true}.Marshal(message)
	if err != nil {
		t.Fatal(err)
	}
	compact, err := protojson.Marshal(message)
	if err != nil {
		t.Fatal(err)
	}
	var indented bytes.Buffer // protojson varies its spaces from build to build; Indent does not
	if err := json.Indent(&indented, compact, "", "  "); err != nil {
		t.Fatal(err)
	}
	indented.WriteByte('\n')
	return data, indented.Bytes()
}

func eventByType(eventType string) (policy.Event, bool) {
	for _, event := range policy.Events() {
		if event.Type == eventType {
			return event, true
		}
	}
	return policy.Event{}, false
}

func newMessage(t *testing.T, event policy.Event) proto.Message {
	t.Helper()
	kind, err := protoregistry.GlobalTypes.FindMessageByName(event.Message)
	if err != nil {
		t.Fatal(err)
	}
	return kind.New().Interface()
}
