package rpc

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/protoadapt"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/waybill-dev/waybill/internal/fault"
)

// Domain marks our reasons in google.rpc.ErrorInfo.
const Domain = "waybill.dev"

// MetaErrorID is the fact of an Internal fault by which its whole error is found in the log.
const MetaErrorID = "error_id"

// Reasons for what is nobody's fault.
const (
	ReasonInternal = "INTERNAL"
	ReasonClosing  = "SHUTTING_DOWN"
	ReasonDeadline = "DEADLINE_EXCEEDED"
	ReasonTooLarge = "MESSAGE_TOO_LARGE"
)

// maxFields bounds the fields that a status names, because a status travels in headers. How many were left out stands
// beside them.
const (
	maxFields         = 100
	metaFieldsOmitted = "fields_omitted"
)

// kinds is the one table between faults and gRPC. Reason and text are what a client says when the status carries no
// fault: the callee, the connection or the library refused.
var kinds = []struct {
	kind   fault.Kind
	code   codes.Code
	reason string
	text   string
}{
	{fault.Internal, codes.Internal, ReasonInternal, "something went wrong in a service behind this one"},
	{fault.Invalid, codes.InvalidArgument, "INVALID_ARGUMENT", "the request is not valid"},
	{fault.NotFound, codes.NotFound, "NOT_FOUND", "there is no such thing"},
	{fault.AlreadyExists, codes.AlreadyExists, "ALREADY_EXISTS", "it exists already"},
	{fault.Conflict, codes.Aborted, "ABORTED", "somebody else changed it at the same time"},
	{fault.Precondition, codes.FailedPrecondition, "FAILED_PRECONDITION", "its state does not allow this"},
	{fault.Exhausted, codes.ResourceExhausted, "RESOURCE_EXHAUSTED", "a limit is reached; try again later"},
	{fault.Unavailable, codes.Unavailable, "UNAVAILABLE", "a service does not answer; try again"},
	{fault.Deadline, codes.DeadlineExceeded, ReasonDeadline, "the time for this request was over before its outcome was known"},
	{fault.Denied, codes.PermissionDenied, "PERMISSION_DENIED", "the caller may not do this"},
	{fault.Unauthenticated, codes.Unauthenticated, "UNAUTHENTICATED", "the caller is not known"},
}

// statusOf is the status that carries a fault.
func statusOf(f *fault.Error) *status.Status {
	code := codes.Internal
	for _, row := range kinds {
		if row.kind == f.Kind {
			code = row.code
		}
	}
	info := &errdetails.ErrorInfo{Reason: f.Reason, Domain: Domain, Metadata: f.Meta}
	details := []protoadapt.MessageV1{info}
	fields := f.Fields
	if len(fields) > maxFields {
		fields = fields[:maxFields]
		info.Metadata = f.WithMeta(metaFieldsOmitted, strconv.Itoa(len(f.Fields)-maxFields)).Meta
	}
	if len(fields) > 0 {
		request := &errdetails.BadRequest{FieldViolations: make([]*errdetails.BadRequest_FieldViolation, len(fields))}
		for i, field := range fields {
			request.FieldViolations[i] = &errdetails.BadRequest_FieldViolation{
				Field: field.Path, Description: field.Message, Reason: field.Reason,
			}
		}
		details = append(details, request)
	}
	if f.RetryAfter > 0 {
		details = append(details, &errdetails.RetryInfo{RetryDelay: durationpb.New(f.RetryAfter)})
	}
	plain := status.New(code, f.Message)
	detailed, err := plain.WithDetails(details...)
	if err != nil {
		return plain // text that is no UTF-8: better no details than no answer
	}
	return detailed
}

// FaultOf turns the error of a call into the fault that the callee answered with. Dial's clients do it already. What
// carries no fault becomes one by its code, with a generic text, and stays in the chain for logs: it may name addresses.
// An error that is no status, such as io.EOF, comes back as it is.
func FaultOf(err error) error {
	if _, ok := fault.As(err); ok || err == nil {
		return err
	}
	told, ok := status.FromError(err)
	if !ok {
		return err
	}
	if f, ok := carried(told); ok {
		return f
	}
	if told.Code() == codes.ResourceExhausted && strings.Contains(told.Message(), "larger than max") {
		return fmt.Errorf("%w: %w", fault.New(fault.Invalid, ReasonTooLarge, "the message is too large"), err)
	}
	for _, row := range kinds {
		if row.code == told.Code() {
			return fmt.Errorf("%w: %w", fault.New(row.kind, row.reason, "%s", row.text), err)
		}
	}
	switch told.Code() {
	case codes.Canceled: // by the callee: the caller's own cancelling was seen before
		return fmt.Errorf("%w: %w", fault.New(fault.Unavailable, "CANCELLED", "the call was broken off; try again"), err)
	case codes.Unimplemented:
		return fmt.Errorf("%w: %w", fault.New(fault.Internal, "UNIMPLEMENTED", "a service does not know this call"), err)
	default:
		return fmt.Errorf("%w: %w", fault.New(fault.Internal, ReasonInternal, "%s", kinds[0].text), err)
	}
}

// carried is the fault in a status that statusOf made.
func carried(told *status.Status) (*fault.Error, bool) {
	var f *fault.Error
	for _, row := range kinds {
		if row.code == told.Code() {
			f = &fault.Error{Kind: row.kind, Message: told.Message()}
		}
	}
	if f == nil {
		return nil, false
	}
	ours := false
	for _, detail := range told.Details() {
		switch detail := detail.(type) {
		case *errdetails.ErrorInfo:
			ours = ours || detail.GetDomain() == Domain
			f.Reason, f.Meta = detail.GetReason(), detail.GetMetadata()
		case *errdetails.BadRequest:
			for _, field := range detail.GetFieldViolations() {
				f.Fields = append(f.Fields, fault.Field{
					Path: field.GetField(), Reason: field.GetReason(), Message: field.GetDescription(),
				})
			}
		case *errdetails.RetryInfo:
			f.RetryAfter = detail.GetRetryDelay().AsDuration()
		}
	}
	return f, ours
}

// callError is what a client's caller gets: its own context's error when it was the one who broke off, else the fault.
func callError(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if status.Code(err) == codes.Canceled && errors.Is(ctx.Err(), context.Canceled) {
		return ctx.Err()
	}
	return FaultOf(err)
}
