package domain

import (
	"math/big"
	"time"
)

// Freshness is for how long what an outside system said of the stock may be promised in full, and what is kept back after that.
type Freshness struct {
	// Until is when it becomes stale; zero: never.
	Until time.Time
	// Units and BP, parts per ten thousand of what is available: the larger of the two is kept back.
	Units, BP int64
}

// staleBuffer is what is kept back of the balance because nobody has said for too long what is there. BP are rounded up.
func (b Balance) staleBuffer() int64 {
	if !b.Stale {
		return 0
	}
	available := b.Available()
	share := new(big.Int).Mul(big.NewInt(max(available, 0)), big.NewInt(b.Freshness.BP))
	share.Add(share, big.NewInt(9_999)).Quo(share, big.NewInt(10_000))
	return max(b.Freshness.Units, share.Int64())
}

// KeptBack is what of the balance is not promised whatever is asked: safety stock, and a buffer where it is stale.
func (b Balance) KeptBack(safety int64) int64 { return safety + b.staleBuffer() }

// refresh notes that a snapshot has said what is there.
func (s *stock) refresh(freshness Freshness, now time.Time) {
	s.Freshness, s.changed, s.refreshed = freshness, true, true
	s.Stale = s.overdue(now)
}

func (s *stock) overdue(now time.Time) bool {
	return !s.Freshness.Until.IsZero() && !s.Freshness.Until.After(now)
}

// GoStale marks the stocks of which nobody has said for too long what is there, and tells what may be promised of them now. It
// reports how many there were.
func (s *Shelf) GoStale(now time.Time) (marked int) {
	for _, at := range s.stocks {
		if !at.Stale && at.overdue(now) {
			at.Stale, at.changed, at.refreshed = true, true, true
			marked++
		}
	}
	return marked
}
