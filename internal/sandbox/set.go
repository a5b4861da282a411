package sandbox

import (
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	commonv1 "github.com/waybill-dev/waybill/gen/waybill/common/v1"
)

// setOf is the field of a request that holds the set: its only list of messages. Nil: there is none.
func setOf(request protoreflect.MessageDescriptor) protoreflect.FieldDescriptor {
	var found protoreflect.FieldDescriptor
	for i := range request.Fields().Len() {
		field := request.Fields().Get(i)
		if !field.IsList() || field.Message() == nil {
			continue
		}
		if found != nil {
			return nil
		}
		found = field
	}
	return found
}

// outcomesOf is the field of the answer that holds an outcome with a refusal for each element of the request's set. Nil: there
// is none. The answer's message is found by its name, which the contracts' lint keeps: XRequest is answered by XResponse.
func outcomesOf(request proto.Message) protoreflect.FieldDescriptor {
	name := request.ProtoReflect().Descriptor().FullName()
	const suffix = "Request"
	if len(name) <= len(suffix) || name[len(name)-len(suffix):] != suffix {
		return nil
	}
	found, err := protoregistry.GlobalTypes.FindMessageByName(name[:len(name)-len(suffix)] + "Response")
	if err != nil {
		return nil
	}
	outcomes := found.Descriptor().Fields().ByName("outcomes")
	if outcomes == nil || !outcomes.IsList() || outcomes.Message() == nil {
		return nil
	}
	refusal := outcomes.Message().Fields().ByName("refusal")
	if refusal == nil || refusal.Message() == nil ||
		refusal.Message().FullName() != (&commonv1.Refusal{}).ProtoReflect().Descriptor().FullName() {
		return nil
	}
	return outcomes
}

// newAnswer is an empty answer that has the outcomes.
func newAnswer(outcomes protoreflect.FieldDescriptor) protoreflect.Message {
	found, err := protoregistry.GlobalTypes.FindMessageByName(outcomes.ContainingMessage().FullName())
	if err != nil {
		panic(err) // it was found by its name before
	}
	return found.New()
}
