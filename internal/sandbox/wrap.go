package sandbox

import (
	"context"
	"hash/fnv"
	"slices"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	commonv1 "github.com/waybill-dev/waybill/gen/waybill/common/v1"
)

// Wrap gives a registrar whose services stand behind the box: register the sandbox's service on it instead of on the server. The
// server's own checks come first, as the system is behind them. Streams pass untouched.
func (b *Box) Wrap(registrar grpc.ServiceRegistrar) grpc.ServiceRegistrar {
	return wrapped{b, registrar}
}

type wrapped struct {
	box  *Box
	next grpc.ServiceRegistrar
}

func (w wrapped) RegisterService(desc *grpc.ServiceDesc, implementation any) {
	behind := *desc
	behind.Methods = slices.Clone(desc.Methods)
	for i := range behind.Methods {
		behind.Methods[i].Handler = w.box.behind(desc.Methods[i].Handler)
	}
	w.next.RegisterService(&behind, implementation)
}

// behind is a method's handler with the box between the server's interceptor and the method.
func (b *Box) behind(handler grpc.MethodHandler) grpc.MethodHandler {
	return func(server any, ctx context.Context, decode func(any) error, outer grpc.UnaryServerInterceptor) (any, error) {
		return handler(server, ctx, decode, func(
			ctx context.Context, request any, info *grpc.UnaryServerInfo, method grpc.UnaryHandler,
		) (any, error) {
			boxed := func(ctx context.Context, request any) (any, error) {
				return b.call(ctx, true, func(ctx context.Context, drawn fate) (any, error) {
					return b.refuse(ctx, request, drawn, method)
				})
			}
			if outer == nil {
				return boxed(ctx, request)
			}
			return outer(ctx, request, info, boxed)
		})
	}
}

// refuse answers the elements of a set that are drawn to be refused itself, and asks the method about the others.
func (b *Box) refuse(ctx context.Context, request any, drawn fate, method grpc.UnaryHandler) (any, error) {
	asked, ok := request.(proto.Message)
	if !ok || drawn.refusalBP == 0 {
		return method(ctx, request)
	}
	set, outcomes := setOf(asked.ProtoReflect().Descriptor()), protoreflect.FieldDescriptor(nil)
	if set != nil {
		outcomes = outcomesOf(asked)
	}
	if outcomes == nil {
		return method(ctx, request)
	}
	passed := proto.Clone(asked)
	list := passed.ProtoReflect().Mutable(set).List()
	refused := make([]bool, list.Len())
	kept := 0
	for i := range refused {
		if refused[i] = unlucky(list.Get(i).Message(), drawn); !refused[i] {
			list.Set(kept, list.Get(i))
			kept++
		}
	}
	if kept == len(refused) {
		return method(ctx, request)
	}
	b.refused(len(refused) - kept)
	list.Truncate(kept)
	answer := newAnswer(outcomes)
	if kept > 0 {
		given, err := method(ctx, passed)
		if err != nil {
			return nil, err
		}
		answer = given.(proto.Message).ProtoReflect()
	}
	return mix(answer, outcomes, refused), nil
}

// unlucky decides about an element by what it is: the same one has the same fate each time.
func unlucky(element protoreflect.Message, drawn fate) bool {
	wire, err := proto.MarshalOptions{Deterministic: true}.Marshal(element.Interface())
	if err != nil {
		return false
	}
	hash := fnv.New64a()
	_, _ = hash.Write(wire) // it never fails
	return newChance(hash.Sum64()^drawn.seed|1).Int32N(whole) < drawn.refusalBP
}

// mix puts the refusals between the outcomes that the method gave.
func mix(answer protoreflect.Message, outcomes protoreflect.FieldDescriptor, refused []bool) any {
	given := answer.Get(outcomes).List()
	mixed := answer.NewField(outcomes)
	list, next := mixed.List(), 0
	for _, no := range refused {
		switch {
		case no:
			outcome := list.NewElement()
			refusal := outcome.Message().Descriptor().Fields().ByName("refusal")
			outcome.Message().Set(refusal, protoreflect.ValueOfMessage((&commonv1.Refusal{
				Reason: ReasonRefused, Message: "the sandbox was told to refuse this",
			}).ProtoReflect()))
			list.Append(outcome)
		case next < given.Len():
			list.Append(given.Get(next))
			next++
		}
	}
	answer.Set(outcomes, mixed)
	return answer.Interface()
}
