package outside_test

import (
	"context"
	"log/slog"
	"slices"
	"testing"

	"github.com/waybill-dev/waybill/internal/bus"
	"github.com/waybill-dev/waybill/internal/databasetest"
	"github.com/waybill-dev/waybill/internal/outside"

	outsidev1 "github.com/waybill-dev/waybill/gen/waybill/outside/v1"
)

// A link that goes away and comes back is told once each, in order, through the outbox of who calls.
func TestChangesAreTold(t *testing.T) {
	db := databasetest.New(t, nil)
	guard := newGuard(t, quick)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- guard.Tell(ctx, db, slog.New(slog.DiscardHandler)) }()
	told := func() (events []bus.Event) {
		rows, err := db.Pool().Query(t.Context(), `SELECT envelope FROM outbox ORDER BY sequence`)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		for rows.Next() {
			var envelope []byte
			if err := rows.Scan(&envelope); err != nil {
				t.Fatal(err)
			}
			event, err := bus.ParseEnvelope(envelope)
			if err != nil {
				t.Fatal(err)
			}
			events = append(events, event)
		}
		return events
	}
	for range 2 {
		_ = guard.Call(t.Context(), failing(away))
	}
	until(t, func() bool { return len(told()) == 1 })
	until(t, func() bool { return guard.Call(t.Context(), failing(away)) != nil && guard.Standing().Failed == 3 }) // still away
	until(t, func() bool { return guard.Call(t.Context(), answer) == nil })
	until(t, func() bool { return len(told()) == 2 })
	var kinds []string
	for i, event := range told() {
		payload, err := event.Payload()
		if err != nil {
			t.Fatal(err)
		}
		if event.Sequence != int64(i+1) {
			t.Errorf("event %d has sequence %d", i+1, event.Sequence)
		}
		switch payload := payload.(type) {
		case *outsidev1.ConnectorDegraded:
			kinds = append(kinds, "degraded "+payload.GetCaller()+" "+payload.GetConnector()+" "+payload.GetReason())
		case *outsidev1.ConnectorRecovered:
			kinds = append(kinds, "recovered "+payload.GetCaller()+" "+payload.GetConnector())
		}
	}
	if want := []string{"degraded billing connector-tax GONE", "recovered billing connector-tax"}; !slices.Equal(kinds, want) {
		t.Errorf("told %v, want %v", kinds, want)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// The service tells how its guards stand.
func TestListConnectors(t *testing.T) {
	well, gone := newGuard(t, quick), newGuard(t, quick)
	for range 2 {
		_ = gone.Call(t.Context(), failing(away))
	}
	_ = well.Call(t.Context(), answer)
	reply, err := outside.NewService(well, gone).ListConnectors(t.Context(), &outsidev1.ListConnectorsRequest{})
	if err != nil || len(reply.GetConnectors()) != 2 {
		t.Fatalf("%v, %v", reply, err)
	}
	one, other := reply.GetConnectors()[0], reply.GetConnectors()[1]
	if one.GetState() != outsidev1.BreakerState_BREAKER_STATE_CLOSED || one.GetAnswered() != 1 || one.GetRetryAt() != nil {
		t.Errorf("the one that is well: %v", one)
	}
	if other.GetState() != outsidev1.BreakerState_BREAKER_STATE_OPEN || other.GetFailed() != 2 || other.GetRetryAt() == nil ||
		other.GetLastFailure() != "GONE" || other.GetConcurrency() != 16 {
		t.Errorf("the one that is away: %v", other)
	}
}
