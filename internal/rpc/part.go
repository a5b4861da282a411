package rpc

import (
	"buf.build/go/protovalidate"
	"google.golang.org/genproto/googleapis/rpc/code"
	"google.golang.org/protobuf/proto"

	"github.com/waybill-dev/waybill/internal/fault"
)

// Validator checks messages by the rules of their contract, as a server does with each request: for parts of a request that
// its contract leaves out, because each of them is to fail alone.
type Validator struct{ validator protovalidate.Validator }

// NewValidator makes one.
func NewValidator() (*Validator, error) {
	validator, err := protovalidate.New()
	return &Validator{validator}, err
}

// Check is nil when the message keeps its rules, else the fault that names the fields that do not.
func (v *Validator) Check(message proto.Message) error { return check(v.validator, message) }

// CodeName is the name of the gRPC code with which a fault of that kind leaves the process, such as "INVALID_ARGUMENT".
func CodeName(kind fault.Kind) string {
	for _, row := range kinds {
		if row.kind == kind {
			return code.Code(row.code).String()
		}
	}
	return code.Code_INTERNAL.String()
}
