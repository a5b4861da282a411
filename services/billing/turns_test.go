package billing

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/waybill-dev/waybill/services/billing/internal/domain"
)

func TestTurnsAreTakenInOrder(t *testing.T) {
	var turns turns
	first, second, third, apart := make(chan struct{}), make(chan struct{}), make(chan struct{}), make(chan struct{})
	for i, step := range []struct {
		accounts []domain.AccountID
		mine     chan struct{}
		want     []chan struct{}
	}{
		{[]domain.AccountID{"A", "B"}, first, nil},
		{[]domain.AccountID{"B", "C"}, second, []chan struct{}{first}},
		{[]domain.AccountID{"A", "C"}, third, []chan struct{}{first, second}},
		{[]domain.AccountID{"D"}, apart, nil},
	} {
		if diff := cmp.Diff(step.want, turns.enter(step.accounts, step.mine)); diff != "" {
			t.Errorf("step %d waits for others:\n%s", i, diff)
		}
	}
	turns.leave([]domain.AccountID{"A", "B"}, first)
	turns.leave([]domain.AccountID{"B", "C"}, second)
	if len(turns.last) != 3 || turns.last["A"] != third || turns.last["C"] != third {
		t.Errorf("left over: %v", turns.last)
	}
}

// Whoever gives up in line must not let those behind it pass those before it.
func TestGivingUpInLine(t *testing.T) {
	var turns turns
	leave, err := turns.take(t.Context(), []domain.AccountID{"A"})
	if err != nil {
		t.Fatal(err)
	}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := turns.take(over, []domain.AccountID{"A"}); !errors.Is(err, context.Canceled) {
		t.Fatalf("error %v", err)
	}
	mine := make(chan struct{})
	before := turns.enter([]domain.AccountID{"A"}, mine)
	if len(before) != 1 {
		t.Fatalf("waits for %d, want for the one that gave up", len(before))
	}
	select {
	case <-before[0]:
		t.Error("the one that gave up has let it pass")
	default:
	}
	leave()
	<-before[0]
	turns.leave([]domain.AccountID{"A"}, mine)
	if len(turns.last) != 0 {
		t.Errorf("left over: %v", turns.last)
	}
}
