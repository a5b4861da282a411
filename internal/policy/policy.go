// Package policy reads the policy of the mesh from the descriptors that are linked into the process: who may call an
// RPC, and where an event belongs. Interceptors, streams, the relay and the catalogue pages all ask here, so they cannot
// disagree with the contract.
package policy

import (
	"fmt"
	"strings"
	"sync"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	policyv1 "github.com/waybill-dev/waybill/gen/waybill/policy/v1"
)

// contractPackage is the root of the packages that are ours: what others brought along needs no policy.
const contractPackage = "waybill"

// methods remembers the policies by full method name: descriptors never change while the process lives.
var methods sync.Map

// ForMethod is the policy of an RPC, named as gRPC names it: "/waybill.order.v1.OrderService/SubmitOrder". It fails when
// the method is not linked into this process, has no policy or has one that breaks a rule. The policy is shared: do not
// change it.
func ForMethod(fullMethod string) (*policyv1.MethodPolicy, error) {
	if known, ok := methods.Load(fullMethod); ok {
		return known.(*policyv1.MethodPolicy), nil
	}
	name := protoreflect.FullName(strings.ReplaceAll(strings.TrimPrefix(fullMethod, "/"), "/", "."))
	descriptor, err := protoregistry.GlobalFiles.FindDescriptorByName(name)
	if err != nil {
		return nil, fmt.Errorf("policy of %s: %w", fullMethod, err)
	}
	method, ok := descriptor.(protoreflect.MethodDescriptor)
	if !ok {
		return nil, fmt.Errorf("policy of %s: it is no method", fullMethod)
	}
	found, err := methodPolicy(method)
	if err != nil {
		return nil, err
	}
	methods.Store(fullMethod, found)
	return found, nil
}

func methodPolicy(method protoreflect.MethodDescriptor) (*policyv1.MethodPolicy, error) {
	options := method.Options()
	if !proto.HasExtension(options, policyv1.E_Method) {
		return nil, fmt.Errorf("method %s has no policy: set option (waybill.policy.v1.method)", method.FullName())
	}
	found := proto.GetExtension(options, policyv1.E_Method).(*policyv1.MethodPolicy)
	if err := checkMethod(found); err != nil {
		return nil, fmt.Errorf("policy of method %s: %w", method.FullName(), err)
	}
	return found, nil
}

// ours reports whether a file belongs to the contract.
func ours(file protoreflect.FileDescriptor) bool {
	return file.Package() == contractPackage || strings.HasPrefix(string(file.Package()), contractPackage+".")
}
