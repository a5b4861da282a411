package idempotency

import (
	"bytes"
	"context"
	"fmt"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/fault"
)

// The reasons of the faults, both of kind Invalid and about the field request_id.
const (
	// ReasonReused: the same key came with other content before.
	ReasonReused = "REQUEST_ID_REUSED"
	// ReasonRequired: a request that changes something came without a key.
	ReasonRequired = "REQUEST_ID_REQUIRED"
)

// Once runs fn, unless the key has had its effect: then the stored answer comes back and fn is not called. The record
// is stored in tx, so it is there if and only if fn's effect is. When fn fails nothing is stored.
//
// Fields named in presentation say how the answer is to come (how long to wait for it, which fields to show) and may
// differ between repeats. Faults: REQUEST_ID_REQUIRED, REQUEST_ID_REUSED, those of fn.
func Once[T proto.Message](
	ctx context.Context, tx database.Transaction, key Key, req proto.Message, fn func() (T, error),
	presentation ...protoreflect.Name,
) (T, error) {
	var none T
	if err := Check(key); err != nil {
		return none, err
	}
	hash := Hash(req, presentation...)
	known, err := Load(ctx, tx, []Key{key})
	if err != nil {
		return none, err
	}
	if record, ok := known[key]; ok {
		if err := record.Matches(hash); err != nil {
			return none, err
		}
		answer := none.ProtoReflect().New().Interface().(T)
		if err := proto.Unmarshal(record.Response, answer); err != nil {
			return none, fmt.Errorf("stored answer of %s to %q: %w", key.Method, key.RequestID, err)
		}
		return answer, nil
	}
	answer, err := fn()
	if err != nil {
		return none, err
	}
	response, err := proto.Marshal(answer)
	if err != nil {
		return none, fmt.Errorf("answer of %s: %w", key.Method, err)
	}
	return answer, Save(ctx, tx, []Record{{Key: key, Hash: hash, Response: response}})
}

// Check refuses a key without a request id with REQUEST_ID_REQUIRED. A key without principal or method is a defect.
func Check(key Key) error {
	if key.RequestID == "" {
		const text = "a request that changes something needs a request_id"
		return fault.New(fault.Invalid, ReasonRequired, text).WithField("request_id", ReasonRequired, text)
	}
	if key.Principal == "" || key.Method == "" {
		return fmt.Errorf("idempotency key of %q without principal or method: %q, %q", key.RequestID, key.Principal, key.Method)
	}
	return nil
}

// Matches is nil when the record's request had the content that the hash stands for, and REQUEST_ID_REUSED otherwise.
func (r Record) Matches(hash []byte) error {
	if bytes.Equal(r.Hash, hash) {
		return nil
	}
	const text = "this request_id was used before with another content"
	return fault.New(fault.Invalid, ReasonReused, text).WithField("request_id", ReasonReused, text)
}
