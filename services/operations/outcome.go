package operations

import (
	"context"
	"encoding/json"

	"github.com/waybill-dev/waybill/internal/fault"
)

// done is the outcome of a command that was carried out.
const done = "DONE"

// notKnown reports whether nobody knows what came of a command that another service was asked for: a repeat goes on from there.
func notKnown(ctx context.Context, err error) bool {
	return err != nil && (ctx.Err() != nil || fault.Retryable(err) || fault.KindOf(err) == fault.Internal)
}

// outcomeOf is what is kept of what came of a command: a word for it, and the refusal whole, where it was refused.
func outcomeOf(refusal error) (outcome, failure string, err error) {
	refused, ok := fault.As(refusal)
	if !ok {
		return done, "", nil
	}
	text, err := json.Marshal(refused)
	return refused.Reason, string(text), err
}

// refusalIn is the refusal that was kept; nil: there was none.
func refusalIn(failure string) error {
	if failure == "" {
		return nil
	}
	var refused fault.Error
	if err := json.Unmarshal([]byte(failure), &refused); err != nil {
		return err
	}
	return &refused
}
