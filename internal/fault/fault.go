// Package fault is the one error type that means something to a caller: what kind of refusal it is, a reason that
// machines read, a message that people read, and the fields at fault. It travels through every layer unchanged and
// becomes a gRPC status in internal/rpc and problem+json in the gateway. An error that is no fault is a defect or a
// broken machine: it leaves the process as Internal, with a generic text.
//
// The package knows only the standard library, so that the domain packages may import it.
package fault

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Error is a fault. It is a value to pass on, not to change: the With methods return changed copies, so that a fault
// kept in a package variable is safe to extend.
type Error struct {
	Kind Kind
	// Reason is UPPER_SNAKE, stable, and part of the contract with callers: INSUFFICIENT_STOCK, REQUEST_ID_REUSED.
	Reason string
	// Message is one English sentence for a person. It leaves the process as it is, so it holds nothing secret.
	Message string
	// Fields names what in the request is at fault. Empty when it is not about single fields.
	Fields []Field
	// RetryAfter is how long to wait before the same call may succeed. Zero: the caller chooses.
	RetryAfter time.Duration
	// Meta holds facts for machines, such as available=7 beside INSUFFICIENT_STOCK.
	Meta map[string]string
}

// Field is one place in a request that is at fault.
type Field struct {
	// Path names the field as the proto does: "lines[2].quantity.value".
	Path    string
	Reason  string
	Message string
}

// New makes a fault. The message is formatted like fmt.Sprintf does it, without wrapping: a cause does not become part
// of what the caller may see.
func New(kind Kind, reason, format string, args ...any) *Error {
	return &Error{Kind: kind, Reason: reason, Message: fmt.Sprintf(format, args...)}
}

// shownFields is how many fields Error names: a request of thousands of lines may be wrong in each.
const shownFields = 10

// Error gives reason, message and the first fields on one line, for logs.
func (e *Error) Error() string {
	var text strings.Builder
	text.WriteString(e.Reason)
	if e.Message != "" {
		text.WriteString(": ")
		text.WriteString(e.Message)
	}
	for i, field := range e.Fields[:min(shownFields, len(e.Fields))] {
		text.WriteString(separator(i))
		fmt.Fprintf(&text, "%s: %s", field.Path, field.Message)
	}
	if more := len(e.Fields) - shownFields; more > 0 {
		fmt.Fprintf(&text, "; and %d more", more)
	}
	if len(e.Fields) > 0 {
		text.WriteString(")")
	}
	return text.String()
}

func separator(field int) string {
	if field == 0 {
		return " ("
	}
	return "; "
}

// Is reports whether target is a fault with the same kind and reason, so that errors.Is compares what machines read
// and not the wording.
func (e *Error) Is(target error) bool {
	other, ok := target.(*Error)
	return ok && other != nil && e.Kind == other.Kind && e.Reason == other.Reason
}

// WithField returns a copy that names one more field.
func (e *Error) WithField(path, reason, message string) *Error {
	changed := e.copy()
	changed.Fields = append(changed.Fields, Field{Path: path, Reason: reason, Message: message})
	return changed
}

// WithRetryAfter returns a copy that tells the caller how long to wait.
func (e *Error) WithRetryAfter(d time.Duration) *Error {
	changed := e.copy()
	changed.RetryAfter = d
	return changed
}

// WithMeta returns a copy with one more fact for machines.
func (e *Error) WithMeta(key, value string) *Error {
	changed := e.copy()
	if changed.Meta == nil {
		changed.Meta = make(map[string]string, 1)
	}
	changed.Meta[key] = value
	return changed
}

func (e *Error) copy() *Error {
	changed := *e
	changed.Fields = slices.Clone(e.Fields)
	changed.Meta = maps.Clone(e.Meta)
	return &changed
}

// As finds the fault in an error's chain.
func As(err error) (*Error, bool) {
	if e, ok := errors.AsType[*Error](err); ok && e != nil {
		return e, true
	}
	return nil, false
}

// KindOf is the kind of the fault in err's chain, and Internal when there is none.
func KindOf(err error) Kind {
	if e, ok := As(err); ok {
		return e.Kind
	}
	return Internal
}

// ReasonOf is the reason of the fault in err's chain, and empty when there is none.
func ReasonOf(err error) string {
	if e, ok := As(err); ok {
		return e.Reason
	}
	return ""
}

// Retryable reports whether the same call may succeed later without anybody changing anything: Unavailable,
// Exhausted, Deadline and Conflict. Whether a repeat is safe is another question, which the idempotency key answers.
func Retryable(err error) bool {
	switch KindOf(err) {
	case Unavailable, Exhausted, Deadline, Conflict:
		return true
	default:
		return false
	}
}
