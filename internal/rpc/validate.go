package rpc

import (
	"errors"
	"fmt"
	"strings"

	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	"buf.build/go/protovalidate"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/waybill-dev/waybill/internal/fault"
)

// ReasonInvalid is the reason of a request that breaks rules of its contract. Each breach is a field of the fault, whose
// reason is the rule: STRING_MIN_LEN, REQUIRED, REPEATED_MAX_ITEMS.
const ReasonInvalid = "INVALID_REQUEST"

// hasRules reports whether a message or one inside it has rules. Validation of one that has none is a walk for nothing.
func hasRules(message protoreflect.MessageDescriptor, seen map[protoreflect.FullName]bool) bool {
	if seen[message.FullName()] {
		return false
	}
	seen[message.FullName()] = true
	if proto.HasExtension(message.Options(), validate.E_Message) {
		return true
	}
	for i := range message.Oneofs().Len() {
		if proto.HasExtension(message.Oneofs().Get(i).Options(), validate.E_Oneof) {
			return true
		}
	}
	for i := range message.Fields().Len() {
		field := message.Fields().Get(i)
		if proto.HasExtension(field.Options(), validate.E_Field) ||
			(field.Message() != nil && hasRules(field.Message(), seen)) {
			return true
		}
	}
	return false
}

// check validates a request.
func check(validator protovalidate.Validator, request any) error {
	message, ok := request.(proto.Message)
	if !ok {
		return fmt.Errorf("rpc: a request of type %T is no message", request)
	}
	err := validator.Validate(message)
	if err == nil {
		return checkTexts(message.ProtoReflect())
	}
	breaches, ok := errors.AsType[*protovalidate.ValidationError](err)
	if !ok {
		return fmt.Errorf("rpc: validate %s: %w", message.ProtoReflect().Descriptor().FullName(), err)
	}
	refused := fault.New(fault.Invalid, ReasonInvalid, "the request breaks %d of its rules", len(breaches.Violations))
	if len(breaches.Violations) == 1 {
		refused.Message = "the request breaks one of its rules"
	}
	refused.Fields = make([]fault.Field, len(breaches.Violations))
	for i, breach := range breaches.Violations {
		refused.Fields[i] = fault.Field{
			Path:    protovalidate.FieldPathString(breach.Proto.GetField()),
			Reason:  reasonOf(breach.Proto.GetRuleId()),
			Message: breach.Proto.GetMessage(),
		}
	}
	return refused
}

func reasonOf(rule string) string {
	return strings.ToUpper(strings.NewReplacer(".", "_", "-", "_").Replace(rule))
}
