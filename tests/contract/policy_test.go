package contract_test

import (
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"

	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	policyv1 "github.com/waybill-dev/waybill/gen/waybill/policy/v1"
	"github.com/waybill-dev/waybill/internal/policy"
)

func TestEveryMethodAndEventHasItsPolicy(t *testing.T) {
	if err := policy.Validate(protoregistry.GlobalFiles); err != nil {
		t.Error(err)
	}
	methods := 0
	for _, file := range contractFiles() {
		for i := range file.Services().Len() {
			methods += file.Services().Get(i).Methods().Len()
		}
	}
	if methods == 0 || len(policy.Events()) == 0 {
		t.Errorf("%d RPCs and %d events are linked: nothing was checked", methods, len(policy.Events()))
	}
}

// What a developer does who adds an RPC and forgets its policy: the real order service with the option of one RPC
// taken away, and nothing else changed.
func TestAMethodWithoutPolicyIsRefused(t *testing.T) {
	file := protodesc.ToFileDescriptorProto(orderv1.File_waybill_order_v1_order_service_proto)
	if err := policy.Validate(filesWith(t, file)); err != nil {
		t.Fatalf("the unchanged service is refused: %v", err)
	}
	method := file.GetService()[0].GetMethod()[0]
	proto.ClearExtension(method.GetOptions(), policyv1.E_Method)
	err := policy.Validate(filesWith(t, file))
	if err == nil || !strings.Contains(err.Error(), method.GetName()) {
		t.Errorf("an RPC without a policy: got %v, want an error that names %s", err, method.GetName())
	}
}

// A message of an events file either is an event or is a part of one.
func TestEveryEventMessageHasItsTaxonomyEntry(t *testing.T) {
	for _, file := range contractFiles() {
		parts := map[protoreflect.FullName]bool{}
		for i := range file.Messages().Len() {
			fields := file.Messages().Get(i).Fields()
			for j := range fields.Len() {
				if message := fields.Get(j).Message(); message != nil {
					parts[message.FullName()] = true
				}
			}
		}
		inEventsFile := strings.HasSuffix(file.Path(), "_events.proto")
		for i := range file.Messages().Len() {
			message := file.Messages().Get(i)
			isEvent := proto.HasExtension(message.Options(), policyv1.E_Event)
			switch {
			case inEventsFile && !isEvent && !parts[message.FullName()]:
				t.Errorf("%s: %s has no option (waybill.policy.v1.event) and is no part of an event", file.Path(), message.Name())
			case !inEventsFile && isEvent:
				t.Errorf("%s: the event %s belongs into an _events.proto file", file.Path(), message.Name())
			}
		}
	}
}

// Events of a service are told by that service: the package, the owner and the first part of the name agree.
func TestEventsBelongToTheServiceOfTheirPackage(t *testing.T) {
	for _, event := range policy.Events() {
		if service := strings.Split(string(event.Message), ".")[1]; event.Owner != service || event.Domain != service {
			t.Errorf("%s: owner %q and domain %q, want %q as its package says", event.Message, event.Owner, event.Domain, service)
		}
	}
}

// filesWith builds the file anew, its imports taken from what is linked.
func filesWith(t *testing.T, file *descriptorpb.FileDescriptorProto) *protoregistry.Files {
	t.Helper()
	descriptor, err := protodesc.NewFile(file, protoregistry.GlobalFiles)
	if err != nil {
		t.Fatal(err)
	}
	files := &protoregistry.Files{}
	if err := files.RegisterFile(descriptor); err != nil {
		t.Fatal(err)
	}
	return files
}
