package billing

import (
	"context"
	"sync"

	"github.com/waybill-dev/waybill/services/billing/internal/domain"
)

// turns lets the transactions of this process that change the credit of the same accounts take turns, first come first
// served. Nothing depends on it for being right: the database sorts such transactions out, at the price of running the
// later one again from its start. Claims, shipments and issued invoices of busy accounts meet all the time, and waiting
// here costs less than that.
type turns struct {
	mu sync.Mutex
	// last is closed when the newest turn of the account is over.
	last map[domain.AccountID]chan struct{}
}

// take waits until nobody who came earlier has any of the accounts. Leave ends the turn.
func (t *turns) take(ctx context.Context, accounts []domain.AccountID) (leave func(), err error) {
	mine := make(chan struct{})
	before := t.enter(accounts, mine)
	for i, earlier := range before {
		select {
		case <-earlier:
		case <-ctx.Done():
			// Whoever came later waits for this turn alone, so it must not end before those ahead of it.
			go func() {
				for _, earlier := range before[i:] {
					<-earlier
				}
				t.leave(accounts, mine)
			}()
			return nil, ctx.Err()
		}
	}
	return func() { t.leave(accounts, mine) }, nil
}

func (t *turns) enter(accounts []domain.AccountID, mine chan struct{}) (before []chan struct{}) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.last == nil {
		t.last = make(map[domain.AccountID]chan struct{})
	}
	for _, account := range accounts {
		if earlier := t.last[account]; earlier != nil && earlier != mine {
			before = append(before, earlier)
		}
		t.last[account] = mine
	}
	return before
}

func (t *turns) leave(accounts []domain.AccountID, mine chan struct{}) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, account := range accounts {
		if t.last[account] == mine {
			delete(t.last, account)
		}
	}
	close(mine)
}
