package policy

import (
	"errors"
	"fmt"

	"google.golang.org/protobuf/reflect/protoreflect"

	policyv1 "github.com/waybill-dev/waybill/gen/waybill/policy/v1"
)

// Files is a set of descriptors, such as protoregistry.GlobalFiles.
type Files interface {
	RangeFiles(func(protoreflect.FileDescriptor) bool)
}

// Validate checks every RPC and every event of the contract among the files and returns all breaches joined: an RPC
// without a policy, a policy without a deadline, two events of one type, an aggregate with two owners. A server that
// starts with a breach would enforce nothing, so it does not start.
func Validate(files Files) error {
	var breaches []error
	files.RangeFiles(func(file protoreflect.FileDescriptor) bool {
		services := file.Services()
		for i := 0; ours(file) && i < services.Len(); i++ {
			methods := services.Get(i).Methods()
			for j := range methods.Len() {
				if _, err := methodPolicy(methods.Get(j)); err != nil {
					breaches = append(breaches, err)
				}
			}
		}
		return true
	})
	return errors.Join(append(breaches, validateEvents(files)...)...)
}

func validateEvents(files Files) []error {
	var breaches []error
	types := make(map[string]Event)
	kinds := make(map[string]Event)
	rangeEvents(files, func(descriptor protoreflect.MessageDescriptor) {
		event, err := eventOf(descriptor)
		if err != nil {
			breaches = append(breaches, err)
			return
		}
		if other, taken := types[event.Type]; taken {
			breaches = append(breaches, fmt.Errorf("events %s and %s have one type, %s", other.Message, event.Message, event.Type))
		}
		types[event.Type] = event
		other, known := kinds[event.Kind()]
		switch {
		case known && other.Owner != event.Owner:
			breaches = append(breaches, fmt.Errorf("events %s and %s are of one aggregate, %s, but of two owners",
				other.Message, event.Message, event.Kind()))
		case known && other.State != event.State:
			breaches = append(breaches, fmt.Errorf("events %s and %s are of one aggregate, %s, but only one carries state",
				other.Message, event.Message, event.Kind()))
		}
		kinds[event.Kind()] = event
	})
	return breaches
}

func checkMethod(policy *policyv1.MethodPolicy) error {
	switch {
	case len(policy.GetCallers()) == 0:
		return errors.New("callers is empty")
	case policy.GetDeadline().AsDuration() <= 0:
		return errors.New("deadline is not set")
	case policy.GetRetrySafety() == policyv1.RetrySafety_RETRY_SAFETY_UNSPECIFIED:
		return errors.New("retry_safety is not set")
	case policy.GetRateClass() == policyv1.RateClass_RATE_CLASS_UNSPECIFIED:
		return errors.New("rate_class is not set")
	case policy.GetAvailabilityBp() <= 0 || policy.GetAvailabilityBp() > 10_000:
		return errors.New("availability_bp is not between 1 and 10000")
	case policy.GetLatencyP99().AsDuration() <= 0:
		return errors.New("latency_p99 is not set")
	case policy.GetLatencyP99().AsDuration() > policy.GetDeadline().AsDuration():
		return errors.New("latency_p99 is longer than the deadline")
	}
	for _, caller := range policy.GetCallers() {
		if caller == "" {
			return errors.New("callers has an empty name")
		}
	}
	return nil
}

func checkEvent(policy *policyv1.EventPolicy, message protoreflect.MessageDescriptor) error {
	key := message.Fields().ByName(protoreflect.Name(policy.GetKey()))
	switch {
	case !eventName.MatchString(policy.GetName()):
		return fmt.Errorf("name %q is not <domain>.<aggregate>.<verb>", policy.GetName())
	case !serviceName.MatchString(policy.GetOwner()):
		return fmt.Errorf("owner %q is no service name", policy.GetOwner())
	case key == nil:
		return fmt.Errorf("key %q is no field of the message", policy.GetKey())
	case key.Kind() != protoreflect.StringKind || key.Cardinality() == protoreflect.Repeated:
		return fmt.Errorf("key %q is not one string", policy.GetKey())
	case policy.GetRetention().AsDuration() <= 0:
		return errors.New("retention is not set")
	case policy.GetVisibility() == policyv1.Visibility_VISIBILITY_UNSPECIFIED:
		return errors.New("visibility is not set")
	}
	return nil
}
