package gateway

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"github.com/grpc-ecosystem/grpc-gateway/v2/utilities"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/rpc"
)

// withCaller says on whose behalf the services are called.
func withCaller(config Config, next http.Handler) http.Handler {
	identity := rpc.Identity{Principal: config.Principal, Scopes: config.Scopes}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Header.Del("Grpc-Timeout") // the library would let the caller cut our own calls short with it
		next.ServeHTTP(w, r.WithContext(rpc.WithIdentity(r.Context(), identity)))
	})
}

type idempotencyKey struct{}

// withIdempotencyKey remembers the header until the request is decoded.
func withIdempotencyKey(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if key := r.Header.Get("Idempotency-Key"); key != "" {
			r = r.WithContext(context.WithValue(r.Context(), idempotencyKey{}, key))
		}
		next.ServeHTTP(w, r)
	})
}

// onlyUTF8 refuses an address or a key that is not UTF-8: no message could carry it to a service.
func onlyUTF8(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		refused := fault.New(fault.Invalid, "TEXT_NOT_UTF8", "the request holds a text that is not UTF-8")
		wrong := !utf8.ValidString(r.URL.Path)
		refuse := func(path string) {
			wrong = true
			refused = refused.WithField(path, "TEXT_NOT_UTF8", "is not UTF-8")
		}
		if !utf8.ValidString(r.Header.Get("Idempotency-Key")) {
			refuse("request_id")
		}
		for _, name := range slices.Sorted(maps.Keys(r.URL.Query())) {
			if slices.ContainsFunc(r.URL.Query()[name], func(value string) bool { return !utf8.ValidString(value) }) {
				refuse(strings.ToValidUTF8(name, "?"))
			}
		}
		if wrong {
			writeProblem(w, problemOf(refused))
			return
		}
		next.ServeHTTP(w, r)
	})
}

// DialOptions are what connections for this gateway need besides the caller's name. The header Idempotency-Key becomes
// the request_id of the message; when both are given they must be equal. A stream that is refused before its first
// message is answered with a problem, as any other call.
func DialOptions() []grpc.DialOption {
	return []grpc.DialOption{grpc.WithChainUnaryInterceptor(fillRequestID), grpc.WithChainStreamInterceptor(tellRefusal)}
}

func tellRefusal(ctx context.Context, description *grpc.StreamDesc, conn *grpc.ClientConn, method string, open grpc.Streamer, opts ...grpc.CallOption) (grpc.ClientStream, error) {
	stream, err := open(ctx, description, conn, method, opts...)
	if err != nil {
		return nil, err
	}
	return refusable{stream}, nil
}

// refusable is a stream whose Header fails when the stream was refused. The generated handlers begin a good answer after
// Header, and by the first message it would be too late for a problem.
type refusable struct{ grpc.ClientStream }

// Header waits for the stream to begin. No header and no error means that it has ended already.
func (s refusable) Header() (metadata.MD, error) {
	header, err := s.ClientStream.Header()
	if err != nil || header != nil {
		return header, err
	}
	err = s.RecvMsg(&emptypb.Empty{})
	if errors.Is(err, io.EOF) {
		return nil, nil
	}
	return nil, err
}

func fillRequestID(ctx context.Context, method string, req, reply any, conn *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption) error {
	key, given := ctx.Value(idempotencyKey{}).(string)
	message, ok := req.(proto.Message)
	if !given || !ok {
		return invoke(ctx, method, req, reply, conn, opts...)
	}
	field := message.ProtoReflect().Descriptor().Fields().ByName("request_id")
	if field == nil {
		return invoke(ctx, method, req, reply, conn, opts...)
	}
	inBody := message.ProtoReflect().Get(field).String()
	if inBody != "" && inBody != key {
		return fault.New(fault.Invalid, "REQUEST_ID_MISMATCH", "the header Idempotency-Key and the body's request id differ").
			WithField("request_id", "REQUEST_ID_MISMATCH", "differs from the header Idempotency-Key")
	}
	message.ProtoReflect().Set(field, protoreflect.ValueOfString(key))
	return invoke(ctx, method, req, reply, conn, opts...)
}

// strictQuery refuses query parameters that the contract does not know, which the library would ignore.
type strictQuery struct{ library runtime.DefaultQueryParser }

// Parse fills the message from the parameters.
func (q strictQuery) Parse(message proto.Message, values url.Values, filter *utilities.DoubleArray) error {
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if !knownParameter(message.ProtoReflect().Descriptor(), strings.Split(name, ".")) {
			return fmt.Errorf("unknown parameter %q", name) // the library keeps the text alone; bodyFault reads it
		}
		if err := (&q.library).Parse(message, url.Values{name: values[name]}, filter); err != nil {
			return fmt.Errorf("field %q: the value does not fit", name)
		}
	}
	return nil
}

func knownParameter(message protoreflect.MessageDescriptor, path []string) bool {
	field := message.Fields().ByJSONName(path[0])
	if field == nil {
		field = message.Fields().ByTextName(path[0])
	}
	switch {
	case field == nil:
		return false
	case len(path) == 1:
		return true
	case field.Message() == nil || field.IsList() || field.IsMap():
		return false
	}
	return knownParameter(field.Message(), path[1:])
}
