package gateway

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"regexp"
	"runtime/debug"
	"strconv"
	"strings"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/waybill-dev/waybill/internal/fault"
)

// problem is an error as RFC 9457 lays it out, with our reason and fields.
type problem struct {
	Type   string            `json:"type"`
	Title  string            `json:"title"`
	Status int               `json:"status"`
	Detail string            `json:"detail,omitempty"`
	Reason string            `json:"reason"`
	Errors []fieldProblem    `json:"errors,omitempty"`
	Meta   map[string]string `json:"meta,omitempty"`

	retryAfterSeconds int
}

type fieldProblem struct {
	Path    string `json:"path"`
	Reason  string `json:"reason"`
	Message string `json:"message"`
}

// kinds maps a fault's kind to HTTP.
var kinds = map[fault.Kind]struct {
	status int
	title  string
}{
	fault.Internal:        {http.StatusInternalServerError, "Internal error"},
	fault.Invalid:         {http.StatusBadRequest, "The request is wrong"},
	fault.NotFound:        {http.StatusNotFound, "There is no such thing"},
	fault.AlreadyExists:   {http.StatusConflict, "It exists already"},
	fault.Conflict:        {http.StatusConflict, "Somebody else changed it"},
	fault.Precondition:    {http.StatusConflict, "Its state does not allow it"},
	fault.Exhausted:       {http.StatusTooManyRequests, "Too much at once"},
	fault.Unavailable:     {http.StatusServiceUnavailable, "Not possible right now"},
	fault.Deadline:        {http.StatusGatewayTimeout, "It took too long"},
	fault.Denied:          {http.StatusForbidden, "Not allowed"},
	fault.Unauthenticated: {http.StatusUnauthorized, "Who are you?"},
}

func problemOf(f *fault.Error) problem {
	kind := kinds[f.Kind]
	p := problem{
		Type: "about:blank", Title: kind.title, Status: kind.status, Detail: f.Message, Reason: f.Reason, Meta: f.Meta,
		retryAfterSeconds: int(math.Ceil(f.RetryAfter.Seconds())),
	}
	for _, field := range f.Fields {
		p.Errors = append(p.Errors, fieldProblem{Path: jsonPath(field.Path), Reason: field.Reason, Message: field.Message})
	}
	return p
}

var snake = regexp.MustCompile(`_([a-z0-9])`)

// jsonPath spells a path as the JSON does: lines[2].unit_price → lines[2].unitPrice.
func jsonPath(path string) string {
	return snake.ReplaceAllStringFunc(path, func(part string) string { return strings.ToUpper(part[1:]) })
}

func writeProblem(w http.ResponseWriter, p problem) {
	w.Header().Del("Trailer")
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Set("Cache-Control", "no-store")
	if p.retryAfterSeconds > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(p.retryAfterSeconds))
	}
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p) // the caller has gone away: nobody is left to tell
}

// writeError answers with what a call ended in.
func writeError(_ context.Context, _ *runtime.ServeMux, _ runtime.Marshaler, w http.ResponseWriter, _ *http.Request, err error) {
	writeProblem(w, problemOf(faultOf(err)))
}

// faultOf reads the fault that a service told, or makes one of an error of the gateway's own.
func faultOf(err error) *fault.Error {
	if f, ok := fault.As(err); ok {
		return f
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return fault.New(fault.Deadline, "DEADLINE_EXCEEDED", "the answer did not come in time; repeat the request with the same request id")
	}
	told := status.Convert(err)
	switch told.Code() {
	case codes.InvalidArgument:
		return bodyFault(told.Message())
	case codes.Unavailable:
		return fault.New(fault.Unavailable, "UNAVAILABLE", "a service behind this address does not answer; try again")
	default:
		slog.Error("call failed", "error", err)
		return fault.New(fault.Internal, "INTERNAL", "something went wrong here; it is not the request's fault")
	}
}

// The libraries tell such errors as text only.
var (
	unknownField     = regexp.MustCompile(`unknown field "([^"]+)"`)
	unknownParameter = regexp.MustCompile(`unknown parameter "([^"]+)"`)
)

// bodyFault explains why a body or a parameter could not be read.
func bodyFault(message string) *fault.Error {
	path, message := takePath(message)
	if found := unknownField.FindStringSubmatch(message); found != nil {
		return fault.New(fault.Invalid, "UNKNOWN_FIELD", "the body has a field that the contract does not know").
			WithField(cmp.Or(path, found[1]), "UNKNOWN_FIELD", "there is no such field")
	}
	if found := unknownParameter.FindStringSubmatch(message); found != nil {
		return fault.New(fault.Invalid, "UNKNOWN_PARAMETER", "the address has a parameter that the contract does not know").
			WithField(found[1], "UNKNOWN_PARAMETER", "there is no such parameter")
	}
	message = strings.Join(strings.Fields(strings.ReplaceAll(message, "proto:", "")), " ") // protobuf varies its blanks
	malformed := fault.New(fault.Invalid, "MALFORMED_REQUEST", "the request cannot be read: %s", message)
	if path != "" {
		malformed = malformed.WithField(path, "MALFORMED_REQUEST", message)
	}
	return malformed
}

// takePath takes off the path that located and strictQuery put in front of a text.
func takePath(message string) (path, text string) {
	rest, ok := strings.CutPrefix(message, "field ")
	if !ok {
		return "", message
	}
	quoted, err := strconv.QuotedPrefix(rest)
	if err != nil {
		return "", message
	}
	path, _ = strconv.Unquote(quoted) // QuotedPrefix has seen that it is a quoted text
	return path, strings.TrimPrefix(rest[len(quoted):], ": ")
}

// refuseForeignPage answers what a browser sends here for a page of somebody else.
func refuseForeignPage(w http.ResponseWriter, _ *http.Request) {
	writeProblem(w, problemOf(fault.New(fault.Denied, "CROSS_ORIGIN", "a browser sent this for another site's page")))
}

func writeRoutingError(_ context.Context, _ *runtime.ServeMux, _ runtime.Marshaler, w http.ResponseWriter, r *http.Request, code int) {
	switch code {
	case http.StatusMethodNotAllowed:
		writeProblem(w, problem{Type: "about:blank", Title: "Method not allowed", Status: code, Reason: "METHOD_NOT_ALLOWED",
			Detail: fmt.Sprintf("%s is not possible here", r.Method)})
	case http.StatusBadRequest:
		writeProblem(w, problemOf(fault.New(fault.Invalid, "MALFORMED_REQUEST", "the address cannot be read")))
	default:
		writeProblem(w, notFound(r))
	}
}

func notFound(r *http.Request) problem {
	return problem{Type: "about:blank", Title: "There is no such address", Status: http.StatusNotFound, Reason: "NO_SUCH_ADDRESS",
		Detail: fmt.Sprintf("%s is not part of this API; see /docs/", r.URL.Path)}
}

// streamError ends a stream that fails after it has begun.
func streamError(_ context.Context, err error) *status.Status {
	f := faultOf(err)
	return status.New(codes.Unavailable, f.Reason+": "+f.Message)
}

// recoverPanics answers a panic as an internal error and logs it once.
func recoverPanics(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if cause := recover(); cause != nil {
				slog.Error("panic in a request", "path", r.URL.Path, "panic", cause, "stack", string(debug.Stack()))
				writeProblem(w, problemOf(fault.New(fault.Internal, "INTERNAL", "something went wrong here; it is not the request's fault")))
			}
		}()
		next.ServeHTTP(w, r)
	})
}
