package gateway_test

import (
	"slices"
	"testing"

	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	policyv1 "github.com/waybill-dev/waybill/gen/waybill/policy/v1"
	"github.com/waybill-dev/waybill/services/gateway"
)

// The open door lets in whoever reaches it with everything that a partner could be allowed: a call that REST offers and
// that it refuses was forgotten.
func TestTheOpenDoorHasEveryScope(t *testing.T) {
	scopes := gateway.DefaultConfig().Scopes
	protoregistry.GlobalFiles.RangeFiles(func(file protoreflect.FileDescriptor) bool {
		for i := range file.Services().Len() {
			methods := file.Services().Get(i).Methods()
			for j := range methods.Len() {
				options := methods.Get(j).Options()
				policy, _ := proto.GetExtension(options, policyv1.E_Method).(*policyv1.MethodPolicy)
				if !proto.HasExtension(options, annotations.E_Http) || policy.GetScope() == "" {
					continue
				}
				if !slices.Contains(scopes, policy.GetScope()) {
					t.Errorf("%s needs %s", methods.Get(j).FullName(), policy.GetScope())
				}
			}
		}
		return true
	})
}
