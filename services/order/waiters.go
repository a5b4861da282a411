package order

import (
	"context"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/waybill-dev/waybill/services/order/internal/domain"
)

// waiters are the callers of this process that wait for the decision on an order.
type waiters struct {
	mu      sync.Mutex
	byOrder map[uuid.UUID][]chan *domain.Order
}

// join makes a channel on which the decided order comes. Leave must be called.
func (w *waiters) join(order uuid.UUID) (decided chan *domain.Order, leave func()) {
	decided = make(chan *domain.Order, 1)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.byOrder == nil {
		w.byOrder = map[uuid.UUID][]chan *domain.Order{}
	}
	w.byOrder[order] = append(w.byOrder[order], decided)
	return decided, func() { w.leave(order, decided) }
}

func (w *waiters) leave(order uuid.UUID, channel chan *domain.Order) {
	w.mu.Lock()
	defer w.mu.Unlock()
	left := w.byOrder[order]
	for i := range left {
		if left[i] == channel {
			left = append(left[:i], left[i+1:]...)
			break
		}
	}
	if len(left) == 0 {
		delete(w.byOrder, order)
	} else {
		w.byOrder[order] = left
	}
}

// tell gives the orders that are decided to those who wait for them. They must not be changed afterwards.
func (w *waiters) tell(orders []*domain.Order) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, order := range orders {
		if order.State == domain.Received {
			continue
		}
		for _, channel := range w.byOrder[order.ID] {
			select {
			case channel <- order:
			default:
			}
		}
		delete(w.byOrder, order.ID)
	}
}

// await waits for the decision at most as long as the caller wants to; nil when it has not come.
func await(ctx context.Context, decided <-chan *domain.Order, wait time.Duration) *domain.Order {
	select {
	case order := <-decided:
		return order
	default:
	}
	if wait <= 0 {
		return nil
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case order := <-decided:
		return order
	case <-timer.C:
	case <-ctx.Done():
	}
	return nil
}
