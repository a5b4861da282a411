package order

import (
	"testing"

	"github.com/waybill-dev/waybill/internal/batch"
	"github.com/waybill-dev/waybill/internal/fault"
)

// The orders that wait to be stored are bounded: more are told when to come again, and are stored then, under the same request id.
func TestOrdersThatWaitAreBounded(t *testing.T) {
	const callers, most = 12, submitWriters + 1 // one waits
	w := newWorld(t)
	w.queue = 1
	w.restart(nil)
	w.submit(request(want{"ITEM-1", 1}))
	// Whoever has a key without having committed it holds up everybody who wants it.
	holder, err := w.db.Pool().Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	answers := make(chan error, callers)
	submit := make([]func() error, callers)
	for i := range submit {
		req := request(want{"ITEM-1", 1})
		submit[i] = func() error {
			_, err := w.client.SubmitOrder(t.Context(), req)
			return err
		}
		if _, err := holder.Exec(t.Context(), `INSERT INTO idempotency (principal, method, request_id, request_hash, response, expires_at)
			SELECT principal, method, $1, request_hash, response, expires_at FROM idempotency LIMIT 1`, req.GetRequestId()); err != nil {
			t.Fatal(err)
		}
	}
	for _, one := range submit {
		go func() { answers <- one() }()
	}
	refused := func(err error) {
		told, ok := fault.As(err)
		if !ok || told.Kind != fault.Exhausted || told.Reason != batch.ReasonQueueFull || told.RetryAfter <= 0 {
			t.Errorf("beyond the bound: %v", err)
		}
	}
	for range callers - most {
		refused(<-answers)
	}
	if err := holder.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	taken := 0
	for range most { // who came before those of before were under way was refused too
		if err := <-answers; err != nil {
			refused(err)
			continue
		}
		taken++
	}
	if taken == 0 {
		t.Error("nobody was taken")
	}
	for _, one := range submit {
		w.eventually("it is taken when it comes again", func() bool { return one() == nil })
	}
}
