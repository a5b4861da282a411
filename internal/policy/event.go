package policy

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	policyv1 "github.com/waybill-dev/waybill/gen/waybill/policy/v1"
)

// Event is the place of an event in the taxonomy.
type Event struct {
	// Type is the CloudEvents type and the start of the subject: "waybill.order.order.accepted.v1".
	Type string
	// Domain, Aggregate and Verb are the parts of the name: "order", "order", "accepted".
	Domain, Aggregate, Verb string
	// Version is that of the message's package: "v1".
	Version string
	// Owner is the service that publishes it, and the owner of the stream.
	Owner string
	// Key is the message's field that holds the aggregate's id.
	Key protoreflect.Name
	// Retention is how long a stream must keep it at least.
	Retention time.Duration
	// Visibility says whether partners may see it.
	Visibility policyv1.Visibility
	// State is true for an event that carries the newest state: a version, no sequence.
	State bool
	// Message is the full name of the payload's message: the CloudEvents dataschema.
	Message protoreflect.FullName
}

// Kind names the aggregate among all aggregates: "order.order". Sequences count within one aggregate of one kind.
func (e Event) Kind() string { return e.Domain + "." + e.Aggregate }

var (
	packageVersion = regexp.MustCompile(`\.(v[1-9][0-9]*)$`)
	eventName      = regexp.MustCompile(`^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$`)
	serviceName    = regexp.MustCompile(`^[a-z][a-z0-9_-]*$`)

	// events remembers what EventOf found, by message descriptor.
	events sync.Map
)

// EventOf is the taxonomy entry of a message. It fails when the message has no event option or one that breaks a rule:
// such a message cannot be published.
func EventOf(message proto.Message) (Event, error) {
	descriptor := message.ProtoReflect().Descriptor()
	if known, ok := events.Load(descriptor); ok {
		return known.(Event), nil
	}
	if !proto.HasExtension(descriptor.Options(), policyv1.E_Event) {
		return Event{}, fmt.Errorf("message %s is no event: set option (waybill.policy.v1.event)", descriptor.FullName())
	}
	event, err := eventOf(descriptor)
	if err != nil {
		return Event{}, err
	}
	events.Store(descriptor, event)
	return event, nil
}

// Events are all events of the contract that are linked into this process and follow the rules, by type. Validate
// names those that do not.
func Events() []Event {
	var found []Event
	rangeEvents(protoregistry.GlobalFiles, func(descriptor protoreflect.MessageDescriptor) {
		if event, err := eventOf(descriptor); err == nil {
			found = append(found, event)
		}
	})
	slices.SortFunc(found, func(a, b Event) int { return cmp.Compare(a.Type, b.Type) })
	return found
}

func eventOf(descriptor protoreflect.MessageDescriptor) (Event, error) {
	option := proto.GetExtension(descriptor.Options(), policyv1.E_Event).(*policyv1.EventPolicy)
	version := packageVersion.FindStringSubmatch(string(descriptor.ParentFile().Package()))
	if err := checkEvent(option, descriptor); err != nil {
		return Event{}, fmt.Errorf("event %s: %w", descriptor.FullName(), err)
	}
	if version == nil {
		return Event{}, fmt.Errorf("event %s: its package has no version, such as v1", descriptor.FullName())
	}
	parts := strings.Split(option.GetName(), ".")
	return Event{
		Type:       contractPackage + "." + option.GetName() + "." + version[1],
		Domain:     parts[0],
		Aggregate:  parts[1],
		Verb:       parts[2],
		Version:    version[1],
		Owner:      option.GetOwner(),
		Key:        protoreflect.Name(option.GetKey()),
		Retention:  option.GetRetention().AsDuration(),
		Visibility: option.GetVisibility(),
		State:      option.GetState(),
		Message:    descriptor.FullName(),
	}, nil
}

// rangeEvents calls visit with every message of the contract that has the event option.
func rangeEvents(files Files, visit func(protoreflect.MessageDescriptor)) {
	files.RangeFiles(func(file protoreflect.FileDescriptor) bool {
		messages := file.Messages()
		for i := 0; ours(file) && i < messages.Len(); i++ {
			if proto.HasExtension(messages.Get(i).Options(), policyv1.E_Event) {
				visit(messages.Get(i))
			}
		}
		return true
	})
}
