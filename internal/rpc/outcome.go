package rpc

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"strings"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/waybill-dev/waybill/internal/fault"
)

// panicked is a handler's panic as an error.
type panicked struct {
	cause any
	stack []byte
}

func (p *panicked) Error() string { return fmt.Sprintf("panic: %v\n%s", p.cause, p.stack) }

// caught is to be called with what recover gave.
func caught(cause any) error { return &panicked{cause: cause, stack: debug.Stack()} }

// outcome is how a call ended, for its caller and for the log.
type outcome struct {
	status *status.Status
	reason string
	id     string // of an error that the caller may not see
	known  bool   // the service that was called from here has logged it already
}

// judge decides what the caller of a call that ended with err is told. Ctx is the caller's, without the policy's deadline.
func (s *Server) judge(ctx context.Context, err error) outcome {
	if f, ok := fault.As(err); ok {
		if f.Kind != fault.Internal {
			return outcome{status: statusOf(f), reason: f.Reason}
		}
		if id := f.Meta[MetaErrorID]; id != "" {
			return internal(id, true)
		}
		return internal(newErrorID(), false)
	}
	switch {
	case errors.Is(err, context.Canceled) && ctx.Err() != nil:
		return outcome{status: status.New(codes.Canceled, "the caller broke off"), reason: "CANCELLED"}
	case errors.Is(err, context.Canceled):
		return told(fault.New(fault.Unavailable, ReasonClosing, "the service is shutting down; try again"))
	case errors.Is(err, context.DeadlineExceeded):
		return told(fault.New(fault.Deadline, ReasonDeadline, "the time for this request was over before its outcome was known"))
	}
	if answer, ok := err.(interface{ GRPCStatus() *status.Status }); ok { // the generated stub's own, not wrapped
		if answer.GRPCStatus().Code() == codes.Unimplemented {
			return outcome{status: answer.GRPCStatus(), reason: "UNIMPLEMENTED"}
		}
	}
	return internal(newErrorID(), false)
}

func told(f *fault.Error) outcome { return outcome{status: statusOf(f), reason: f.Reason} }

func internal(id string, known bool) outcome {
	f := fault.New(fault.Internal, ReasonInternal, "internal error; its id is %s", id).WithMeta(MetaErrorID, id)
	return outcome{status: statusOf(f), reason: f.Reason, id: id, known: known}
}

func newErrorID() string { return "err_" + strings.ToLower(rand.Text()[:16]) }

// finish ends a call: it is measured and logged, and its error becomes the status that the caller gets.
func (s *Server) finish(ctx context.Context, m *method, identity *Identity, start time.Time, err error) error {
	took := time.Since(start)
	m.metrics.inFlight.Dec()
	if err == nil {
		m.metrics.ok.Observe(took.Seconds())
		m.level.count(codes.OK, took)
		if s.log.Enabled(ctx, slog.LevelDebug) {
			s.log.LogAttrs(ctx, slog.LevelDebug, "call", callAttrs(m, identity, took, codes.OK)...)
		}
		return nil
	}
	end := s.judge(ctx, err)
	m.metrics.observe(end.status.Code(), took)
	m.level.count(end.status.Code(), took)
	nameReason(ctx, end.reason)
	level := loudness[end.status.Code()]
	if end.known {
		level = slog.LevelWarn // its own service has logged it as an error
	}
	if s.log.Enabled(ctx, level) {
		attrs := append(callAttrs(m, identity, took, end.status.Code()), slog.String("reason", end.reason))
		if end.id != "" {
			attrs = append(attrs, slog.String(MetaErrorID, end.id))
		}
		if p, ok := errors.AsType[*panicked](err); ok {
			attrs = append(attrs, slog.Any("panic", p.cause), slog.String("stack", string(p.stack)))
		} else {
			attrs = append(attrs, slog.String("error", err.Error()))
		}
		s.log.LogAttrs(ctx, level, "call failed", attrs...)
	}
	return end.status.Err()
}

// loudness says how loud an outcome is: what callers do wrong is theirs to see, what we do wrong is ours. Not listed: Info.
var loudness = map[codes.Code]slog.Level{
	codes.Canceled:         slog.LevelDebug,
	codes.PermissionDenied: slog.LevelWarn,
	codes.Unauthenticated:  slog.LevelWarn,
	codes.Unavailable:      slog.LevelWarn,
	codes.DeadlineExceeded: slog.LevelWarn,
	codes.Unimplemented:    slog.LevelWarn,
	codes.Internal:         slog.LevelError,
}

func callAttrs(m *method, identity *Identity, took time.Duration, code codes.Code) []slog.Attr {
	attrs := make([]slog.Attr, 0, 12)
	attrs = append(attrs, slog.String("service", m.service), slog.String("method", m.name))
	if identity != nil {
		attrs = append(attrs, slog.String("caller", identity.Service), slog.String("principal", identity.Principal))
		if identity.Partner != "" {
			attrs = append(attrs, slog.String("partner", identity.Partner))
		}
	}
	return append(attrs, slog.String("code", code.String()), slog.Duration("took", took))
}
