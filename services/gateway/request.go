package gateway

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"github.com/grpc-ecosystem/grpc-gateway/v2/utilities"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/rpc"
)

// boundBody refuses bodies of more than MaxBody before anything reads them.
func boundBody(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength == 0 || r.Body == nil {
			next.ServeHTTP(w, r)
			return
		}
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxBody))
		if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
			writeProblem(w, problem{Type: "about:blank", Title: "The body is too large", Status: http.StatusRequestEntityTooLarge,
				Reason: "BODY_TOO_LARGE", Detail: "a body may have 4 MiB; nothing was stored"})
			return
		}
		if err != nil {
			writeProblem(w, problemOf(fault.New(fault.Invalid, "MALFORMED_REQUEST", "the body broke off; nothing was stored")))
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		next.ServeHTTP(w, r)
	})
}

// withCaller says on whose behalf the services are called.
func withCaller(config Config, next http.Handler) http.Handler {
	identity := rpc.Identity{Principal: config.Principal, Scopes: config.Scopes}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
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

// DialOptions are what connections for this gateway need besides the caller's name: the header Idempotency-Key becomes
// the request_id of the message. When both are given they must be equal.
func DialOptions() []grpc.DialOption {
	return []grpc.DialOption{grpc.WithChainUnaryInterceptor(fillRequestID)}
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
	for name := range values {
		if !knownParameter(message.ProtoReflect().Descriptor(), strings.Split(name, ".")) {
			return fmt.Errorf("unknown parameter %q", name) // the library keeps the text alone; bodyFault reads it
		}
	}
	return (&q.library).Parse(message, values, filter)
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
