package inventory

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"google.golang.org/grpc"

	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/quantity"
	"github.com/waybill-dev/waybill/services/inventory/internal/domain"
)

// maxWatchFilters is up to how many items and places the broker chooses; beyond it this process does.
const maxWatchFilters = 100

// WatchAvailability implements the RPC of the same name.
func (s *Service) WatchAvailability(
	req *inventoryv1.WatchAvailabilityRequest, stream grpc.ServerStreamingServer[inventoryv1.WatchAvailabilityResponse],
) error {
	ctx, cancel := context.WithCancel(stream.Context())
	defer cancel()
	wanted, err := s.watched(ctx, req)
	if err != nil {
		return err
	}
	watch, err := s.bus.WatchState(ctx, &inventoryv1.AvailabilityChanged{}, wanted.filters()...)
	if err != nil {
		return fmt.Errorf("%w: %w", fault.New(fault.Unavailable, "WATCH_UNAVAILABLE", "changes cannot be followed now"), err)
	}
	box, began := newMailbox(), time.Now()
	var group sync.WaitGroup
	group.Go(func() {
		defer watch.Close()
		for {
			state, err := watch.Next(ctx)
			if err != nil {
				box.close()
				return
			}
			changed, ok := state.Payload.(*inventoryv1.AvailabilityChanged)
			if ok && wanted.contains(changed.GetSku(), changed.GetNodeId()) {
				box.put(changed)
			}
		}
	})
	defer group.Wait()
	defer cancel()
	for {
		changed, open := box.take(ctx)
		if !open {
			return ctx.Err()
		}
		err := stream.Send(&inventoryv1.WatchAvailabilityResponse{Availability: &inventoryv1.Availability{
			Sku: changed.GetSku(), NodeId: changed.GetNodeId(),
			Sellable: quantity.Format(changed.GetSellable(), int(changed.GetScale())), BaseUnit: changed.GetBaseUnit(),
			AsOf: changed.GetAsOf(), Version: changed.GetVersion(),
		}})
		if err != nil {
			return err
		}
		if asOf := changed.GetAsOf().AsTime(); asOf.After(began) { // before: the picture that a new watcher gets
			s.metrics.freshness.Observe(time.Since(asOf).Seconds())
		}
	}
}

// watched are the items and places that a caller watches. Empty: any.
type watched struct {
	skus  map[string]bool
	nodes []string
}

func (s *Service) watched(ctx context.Context, req *inventoryv1.WatchAvailabilityRequest) (watched, error) {
	items, err := s.items.find(ctx, s.db.Pool(), req.GetSkus())
	if err != nil {
		return watched{}, err
	}
	wanted := watched{skus: make(map[string]bool, len(items)), nodes: req.GetNodeIds()}
	unknown := fault.New(fault.Invalid, domain.ReasonUnknownItem, "changes of an item that does not exist cannot be followed")
	for i, sku := range req.GetSkus() {
		item, known := items[domain.ItemKey(sku)]
		if !known {
			unknown = unknown.WithField(fmt.Sprintf("skus[%d]", i), domain.ReasonUnknownItem, "there is no such item")
		}
		wanted.skus[string(item.SKU)] = true
	}
	if len(unknown.Fields) > 0 {
		return watched{}, unknown
	}
	return wanted, nil
}

// filters are what the broker is asked for: one per item and place, or everything where they are too many.
func (w watched) filters() [][]string {
	if len(w.skus)*max(len(w.nodes), 1) > maxWatchFilters || len(w.nodes) > maxWatchFilters {
		return nil
	}
	var filters [][]string
	skus := make([]string, 0, len(w.skus))
	for sku := range w.skus {
		skus = append(skus, sku)
	}
	if len(skus) == 0 {
		skus = []string{""}
	}
	nodes := w.nodes
	if len(nodes) == 0 {
		nodes = []string{""}
	}
	for _, sku := range skus {
		for _, node := range nodes {
			filters = append(filters, []string{sku, node})
		}
	}
	return filters
}

func (w watched) contains(sku, node string) bool {
	return (len(w.skus) == 0 || w.skus[sku]) && (len(w.nodes) == 0 || slices.Contains(w.nodes, node))
}

// mailbox holds for a slow caller the newest state of each stock that it has not seen, in the order in which they first
// changed. It drops what is no news.
type mailbox struct {
	mu     sync.Mutex
	newest map[string]*inventoryv1.AvailabilityChanged
	order  []string
	seen   map[string]int64
	closed bool
	wake   chan struct{}
}

func newMailbox() *mailbox {
	return &mailbox{
		newest: map[string]*inventoryv1.AvailabilityChanged{}, seen: map[string]int64{}, wake: make(chan struct{}, 1),
	}
}

func (m *mailbox) put(changed *inventoryv1.AvailabilityChanged) {
	m.mu.Lock()
	defer m.mu.Unlock()
	key := changed.GetStockKey()
	if changed.GetVersion() <= m.seen[key] {
		return
	}
	m.seen[key] = changed.GetVersion()
	if _, waiting := m.newest[key]; !waiting {
		m.order = append(m.order, key)
	}
	m.newest[key] = changed
	m.nudge()
}

func (m *mailbox) close() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed = true
	m.nudge()
}

func (m *mailbox) nudge() {
	select {
	case m.wake <- struct{}{}:
	default:
	}
}

// take waits for the next state. It is false when ctx ends or the box was closed and is empty.
func (m *mailbox) take(ctx context.Context) (*inventoryv1.AvailabilityChanged, bool) {
	for {
		m.mu.Lock()
		if len(m.order) > 0 {
			key := m.order[0]
			m.order = m.order[1:]
			changed := m.newest[key]
			delete(m.newest, key)
			m.mu.Unlock()
			return changed, true
		}
		closed := m.closed
		m.mu.Unlock()
		if closed {
			return nil, false
		}
		select {
		case <-m.wake:
		case <-ctx.Done():
			return nil, false
		}
	}
}
