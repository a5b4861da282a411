package policy_test

import (
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/known/emptypb"

	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	policyv1 "github.com/waybill-dev/waybill/gen/waybill/policy/v1"
	"github.com/waybill-dev/waybill/internal/policy"
)

const (
	goodMethod = `callers: "*" deadline { seconds: 5 } retry_safety: RETRY_SAFETY_KEYED rate_class: RATE_CLASS_WRITE
		availability_bp: 9995 latency_p99 { seconds: 1 }`
	goodEvent = `name: "test.box.opened" owner: "test" key: "box_id" retention { seconds: 60 }
		visibility: VISIBILITY_INTERNAL`
)

// contract builds a file with one RPC and one event from the options given as text; empty leaves the option out.
func contract(t *testing.T, pkg, method, event string) *protoregistry.Files {
	t.Helper()
	options := func(extension, text string) string {
		if text == "" {
			return ""
		}
		return "options { [waybill.policy.v1." + extension + "] { " + text + " } }"
	}
	file := &descriptorpb.FileDescriptorProto{}
	text := `name: "test/box.proto" package: "` + pkg + `" syntax: "proto3"
		message_type { name: "BoxOpened"
			field { name: "box_id" number: 1 type: TYPE_STRING label: LABEL_OPTIONAL }
			field { name: "size" number: 2 type: TYPE_INT64 label: LABEL_OPTIONAL }
			field { name: "labels" number: 3 type: TYPE_STRING label: LABEL_REPEATED } ` + options("event", event) + ` }
		service { name: "BoxService" method { name: "Open" input_type: ".` + pkg + `.BoxOpened"
			output_type: ".` + pkg + `.BoxOpened" ` + options("method", method) + ` } }`
	if err := prototext.Unmarshal([]byte(text), file); err != nil {
		t.Fatal(err)
	}
	files := &protoregistry.Files{}
	descriptor, err := protodesc.NewFile(file, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := files.RegisterFile(descriptor); err != nil {
		t.Fatal(err)
	}
	return files
}

func TestValidate(t *testing.T) {
	without := func(text, part string) string {
		shorter := strings.Replace(text, part, "", 1)
		if shorter == text {
			t.Fatalf("%q is not in %q", part, text)
		}
		return shorter
	}
	for _, test := range []struct{ name, pkg, method, event, want string }{
		{"good", "waybill.test.v1", goodMethod, goodEvent, ""},
		{"not ours", "others.test.v1", "", `name: "x"`, ""},
		{"no method policy", "waybill.test.v1", "", goodEvent, "waybill.test.v1.BoxService.Open has no policy"},
		{"no callers", "waybill.test.v1", without(goodMethod, `callers: "*"`), goodEvent, "callers is empty"},
		{"empty caller", "waybill.test.v1", goodMethod + ` callers: ""`, goodEvent, "callers has an empty name"},
		{"no deadline", "waybill.test.v1", without(goodMethod, "deadline { seconds: 5 }"), goodEvent, "deadline is not set"},
		{"no retry safety", "waybill.test.v1", without(goodMethod, "retry_safety: RETRY_SAFETY_KEYED"), goodEvent, "retry_safety"},
		{"no rate class", "waybill.test.v1", without(goodMethod, "rate_class: RATE_CLASS_WRITE"), goodEvent, "rate_class"},
		{"no availability", "waybill.test.v1", without(goodMethod, "availability_bp: 9995"), goodEvent, "availability_bp"},
		{"impossible availability", "waybill.test.v1", strings.Replace(goodMethod, "9995", "99950", 1), goodEvent, "availability_bp"},
		{"no latency", "waybill.test.v1", without(goodMethod, "latency_p99 { seconds: 1 }"), goodEvent, "latency_p99 is not set"},
		{"latency past deadline", "waybill.test.v1", strings.Replace(goodMethod, "seconds: 1 ", "seconds: 6 ", 1), goodEvent, "longer than the deadline"},
		{"event name", "waybill.test.v1", goodMethod, strings.Replace(goodEvent, "test.box.opened", "box.opened", 1), "<domain>.<aggregate>.<verb>"},
		{"event name upper", "waybill.test.v1", goodMethod, strings.Replace(goodEvent, "test.box.opened", "test.Box.opened", 1), "<domain>.<aggregate>.<verb>"},
		{"event owner", "waybill.test.v1", goodMethod, without(goodEvent, `owner: "test"`), "no service name"},
		{"event key missing", "waybill.test.v1", goodMethod, strings.Replace(goodEvent, "box_id", "crate_id", 1), "no field"},
		{"event key number", "waybill.test.v1", goodMethod, strings.Replace(goodEvent, "box_id", "size", 1), "not one string"},
		{"event key list", "waybill.test.v1", goodMethod, strings.Replace(goodEvent, "box_id", "labels", 1), "not one string"},
		{"event retention", "waybill.test.v1", goodMethod, without(goodEvent, "retention { seconds: 60 }"), "retention is not set"},
		{"event visibility", "waybill.test.v1", goodMethod, without(goodEvent, "visibility: VISIBILITY_INTERNAL"), "visibility is not set"},
		{"event version", "waybill.test", goodMethod, goodEvent, "no version"},
	} {
		t.Run(test.name, func(t *testing.T) {
			err := policy.Validate(contract(t, test.pkg, test.method, test.event))
			switch {
			case test.want == "" && err != nil:
				t.Fatalf("got %v, want no breach", err)
			case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)):
				t.Fatalf("got %v, want a breach with %q", err, test.want)
			}
		})
	}
}

// union is several sets of files as one, which a registry would refuse because names clash.
type union []policy.Files

func (u union) RangeFiles(visit func(protoreflect.FileDescriptor) bool) {
	for _, files := range u {
		files.RangeFiles(visit)
	}
}

func TestValidateComparesEvents(t *testing.T) {
	base := contract(t, "waybill.test.v1", goodMethod, goodEvent)
	for _, test := range []struct{ name, event, want string }{
		{"same type", goodEvent, "have one type"},
		{"two owners", strings.NewReplacer("opened", "closed", `owner: "test"`, `owner: "other"`).Replace(goodEvent), "two owners"},
		{"half state", strings.Replace(goodEvent, "opened", "closed", 1) + " state: true", "only one carries state"},
	} {
		t.Run(test.name, func(t *testing.T) {
			err := policy.Validate(union{base, contract(t, "waybill.test.v1", goodMethod, test.event)})
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("got %v, want a breach with %q", err, test.want)
			}
		})
	}
}

// The contract as it stands must hold, else no server starts.
func TestContractIsValid(t *testing.T) {
	// Linking the packages registers their descriptors.
	_ = []proto.Message{&orderv1.OrderReceived{}, &inventoryv1.AvailabilityChanged{}, &masterdatav1.ItemChanged{}}
	if err := policy.Validate(protoregistry.GlobalFiles); err != nil {
		t.Fatal(err)
	}
}

func TestForMethod(t *testing.T) {
	found, err := policy.ForMethod("/waybill.order.v1.OrderService/SubmitOrder")
	if err != nil {
		t.Fatal(err)
	}
	if found.GetRetrySafety() != policyv1.RetrySafety_RETRY_SAFETY_KEYED || found.GetDeadline().AsDuration() <= 0 {
		t.Fatalf("got %v", found)
	}
	again, err := policy.ForMethod("/waybill.order.v1.OrderService/SubmitOrder")
	if err != nil || again != found {
		t.Fatalf("got another policy, %v, %v", again, err)
	}
	for _, unknown := range []string{"/waybill.order.v1.OrderService/Nothing", "/waybill.order.v1.OrderReceived", ""} {
		if _, err := policy.ForMethod(unknown); err == nil {
			t.Errorf("%q has a policy", unknown)
		}
	}
}

func TestEventOf(t *testing.T) {
	got, err := policy.EventOf(&inventoryv1.AvailabilityChanged{})
	if err != nil {
		t.Fatal(err)
	}
	want := policy.Event{
		Type: "waybill.inventory.availability.changed.v1", Domain: "inventory", Aggregate: "availability", Verb: "changed",
		Version: "v1", Owner: "inventory", Key: "stock_key", Retention: got.Retention,
		Visibility: policyv1.Visibility_VISIBILITY_PARTNER, State: true, Message: "waybill.inventory.v1.AvailabilityChanged",
	}
	if got != want || got.Retention < time.Hour || got.Kind() != "inventory.availability" {
		t.Fatalf("got %+v, want %+v", got, want)
	}
	if _, err := policy.EventOf(&emptypb.Empty{}); err == nil {
		t.Fatal("an ordinary message passed for an event")
	}
}

func TestEventsAreSortedAndComplete(t *testing.T) {
	all := policy.Events()
	seen := map[string]bool{}
	for i, event := range all {
		if i > 0 && all[i-1].Type >= event.Type {
			t.Fatalf("%s stands after %s", event.Type, all[i-1].Type)
		}
		seen[event.Type] = true
	}
	for _, want := range []string{"waybill.order.order.received.v1", "waybill.masterdata.item.changed.v1"} {
		if !seen[want] {
			t.Errorf("%s is missing", want)
		}
	}
}
