package fault_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/waybill-dev/waybill/internal/fault"
)

func TestWithMethodsLeaveTheOriginalAlone(t *testing.T) {
	base := fault.New(fault.Invalid, "BAD_LINE", "line %d is wrong", 2).WithField("a", "A", "first").WithMeta("k", "v")
	before := *base
	before.Fields = append([]fault.Field(nil), base.Fields...)

	one := base.WithField("b", "B", "second")
	two := base.WithField("c", "C", "third")
	base.WithMeta("k", "other")
	base.WithRetryAfter(time.Second)

	if diff := cmp.Diff(&before, base); diff != "" {
		t.Errorf("the original changed (-before +after):\n%s", diff)
	}
	if one.Fields[1].Path != "b" || two.Fields[1].Path != "c" {
		t.Errorf("copies share their fields: %v and %v", one.Fields, two.Fields)
	}
	if got := base.WithRetryAfter(time.Second).RetryAfter; got != time.Second {
		t.Errorf("RetryAfter = %v, want 1s", got)
	}
}

func TestFoundThroughWrapping(t *testing.T) {
	err := fmt.Errorf("load shelf: %w", fault.New(fault.Unavailable, "DATABASE_DOWN", "the database does not answer"))

	if got := fault.KindOf(err); got != fault.Unavailable {
		t.Errorf("KindOf = %v, want Unavailable", got)
	}
	if got := fault.ReasonOf(err); got != "DATABASE_DOWN" {
		t.Errorf("ReasonOf = %q, want DATABASE_DOWN", got)
	}
	if !errors.Is(err, fault.New(fault.Unavailable, "DATABASE_DOWN", "other words")) {
		t.Error("errors.Is compares wording, want kind and reason")
	}
	if errors.Is(err, fault.New(fault.Unavailable, "OTHER", "")) {
		t.Error("errors.Is takes another reason for the same")
	}
}

func TestWhatIsNoFaultIsInternal(t *testing.T) {
	var missing *fault.Error
	for _, err := range []error{nil, errors.New("plain"), missing} {
		if got := fault.KindOf(err); got != fault.Internal {
			t.Errorf("KindOf(%v) = %v, want Internal", err, got)
		}
		if got := fault.ReasonOf(err); got != "" {
			t.Errorf("ReasonOf = %q, want none", got)
		}
		if fault.Retryable(err) {
			t.Error("an unknown error is called retryable")
		}
	}
}

func TestRetryable(t *testing.T) {
	retryable := map[fault.Kind]bool{fault.Unavailable: true, fault.Exhausted: true, fault.Deadline: true, fault.Conflict: true}
	for kind := fault.Internal; kind <= fault.Unauthenticated; kind++ {
		if got := fault.Retryable(fault.New(kind, "R", "m")); got != retryable[kind] {
			t.Errorf("Retryable(%v) = %v, want %v", kind, got, retryable[kind])
		}
	}
}

func wrongEverywhere(fields int) *fault.Error {
	wrong := fault.New(fault.Invalid, "R", "m")
	for range fields {
		wrong = wrong.WithField("f", "F", "x")
	}
	return wrong
}

func TestText(t *testing.T) {
	tests := []struct {
		err  *fault.Error
		want string
	}{
		{fault.New(fault.Invalid, "R", "100%% wrong"), "R: 100% wrong"},
		{fault.New(fault.Invalid, "R", ""), "R"},
		{
			fault.New(fault.Invalid, "R", "m").WithField("a", "A", "x").WithField("b[1]", "B", "y"),
			"R: m (a: x; b[1]: y)",
		},
		{wrongEverywhere(10), "R: m (f: x" + strings.Repeat("; f: x", 9) + ")"},
		{wrongEverywhere(12), "R: m (f: x" + strings.Repeat("; f: x", 9) + "; and 2 more)"},
	}
	for _, test := range tests {
		if got := test.err.Error(); got != test.want {
			t.Errorf("Error() = %q, want %q", got, test.want)
		}
	}
	if got := fault.Kind(99).String(); got != "Kind(99)" {
		t.Errorf("String = %q", got)
	}
	if got := fault.Denied.String(); got != "Denied" {
		t.Errorf("String = %q", got)
	}
}
