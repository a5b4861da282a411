package rpc

import (
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"
	"unicode"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/policy"
)

// method is what the server knows of an RPC before the first call: nothing is looked up in descriptors while it runs.
type method struct {
	service, name string // "inventory", "reserve_stock"
	callers       []string
	scope         string
	deadline      time.Duration
	validates     bool
	metrics       methodMetrics
	level         methodLevel
	// ids are the fields of the request that name what it is about.
	ids []protoreflect.FieldDescriptor
	// underWay counts the calls under way.
	underWay atomic.Int64
}

// ReasonBusy is the reason of what a server refuses because too many calls of the method are under way.
const ReasonBusy = "METHOD_BUSY"

// busyWait is how long a refused caller is asked to wait.
const busyWait = time.Second

// enter counts a call, and refuses it when as many as may be are under way. Each call leaves, also one that was refused.
func (m *method) enter(most int64) error {
	if m.underWay.Add(1) <= most {
		return nil
	}
	return fault.New(fault.Exhausted, ReasonBusy, "too many calls of %s are under way; try again later", m.name).WithRetryAfter(busyWait)
}

func (m *method) leave() { m.underWay.Add(-1) }

// everybody is the caller in a policy that lets every service in.
const everybody = "*"

func newMethod(full string, collectors *collectors, levels *levels) (*method, error) {
	rules, err := policy.ForMethod(full)
	if err != nil {
		return nil, err
	}
	service, name, _ := strings.Cut(strings.TrimPrefix(full, "/"), "/")
	found, err := protoregistry.GlobalFiles.FindDescriptorByName(protoreflect.FullName(service + "." + name))
	if err != nil {
		return nil, fmt.Errorf("descriptor of %s: %w", full, err)
	}
	descriptor := found.(protoreflect.MethodDescriptor)
	m := &method{
		service:   serviceLabel(service),
		name:      snakeCase(name),
		callers:   rules.GetCallers(),
		scope:     rules.GetScope(),
		deadline:  rules.GetDeadline().AsDuration(),
		validates: hasRules(descriptor.Input(), map[protoreflect.FullName]bool{}),
	}
	m.metrics = collectors.of(m.service, m.name)
	m.level = levels.of(m.service, m.name, rules, descriptor.IsStreamingServer() || descriptor.IsStreamingClient())
	m.ids = idFields(descriptor.Input())
	return m, nil
}

// authorize asks the policy.
func (m *method) authorize(caller *Identity) error {
	if !slices.Contains(m.callers, caller.Service) && !slices.Contains(m.callers, everybody) {
		return fault.New(fault.Denied, "CALLER_NOT_ALLOWED", "the service %q may not call %s of %s",
			caller.Service, m.name, m.service)
	}
	if caller.Service != Gateway {
		return nil // a service that acts for itself
	}
	switch {
	case m.scope == "" && caller.forwarded():
		return fault.New(fault.Denied, "NOT_FOR_PARTNERS", "this call is for services only")
	case m.scope != "" && !slices.Contains(caller.Scopes, m.scope):
		// Also when the gateway names nobody: forgetting to say for whom it acts must not open a door.
		return fault.New(fault.Denied, "SCOPE_MISSING", "this call needs the scope %s", m.scope).WithMeta("scope", m.scope)
	}
	return nil
}

// snakeCase writes a method's name as its file is named: ReserveStock is reserve_stock, GetATPDate is get_atp_date.
func snakeCase(name string) string {
	var text strings.Builder
	runes := []rune(name)
	for i, r := range runes {
		if unicode.IsUpper(r) && i > 0 &&
			(!unicode.IsUpper(runes[i-1]) || (i+1 < len(runes) && !unicode.IsUpper(runes[i+1]))) {
			text.WriteByte('_')
		}
		text.WriteRune(unicode.ToLower(r))
	}
	return text.String()
}
