package inventory

import (
	"context"
	"sync"

	"github.com/waybill-dev/waybill/services/inventory/internal/domain"
	"github.com/waybill-dev/waybill/services/inventory/internal/store"
)

// catalogueSize bounds the memory; a larger catalogue is read again from time to time.
const catalogueSize = 200_000

// catalogue remembers items by key. What it knows of an item never changes, so a found one is right for ever; only those
// that were not found are looked for again.
type catalogue struct {
	mu    sync.RWMutex
	items map[string]domain.Item
}

func newCatalogue() *catalogue { return &catalogue{items: map[string]domain.Item{}} }

// find gives the items of the codes by key (see domain.ItemKey). Codes of no item are left out.
func (c *catalogue) find(ctx context.Context, db store.DBTX, codes []string) (map[string]domain.Item, error) {
	found := make(map[string]domain.Item, len(codes))
	var missing []string
	c.mu.RLock()
	for _, code := range codes {
		key := domain.ItemKey(code)
		if item, known := c.items[key]; known {
			found[key] = item
		} else {
			missing = append(missing, key)
		}
	}
	c.mu.RUnlock()
	if len(missing) == 0 {
		return found, nil
	}
	read, err := store.FindCatalogue(ctx, db, missing)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.items)+len(read) > catalogueSize {
		c.items = make(map[string]domain.Item, len(read))
	}
	for key, item := range read {
		c.items[key], found[key] = item, item
	}
	return found, nil
}

// LotTracked implements store.Items.
func (c *catalogue) LotTracked(ctx context.Context, db store.DBTX, skus []domain.SKU) (map[domain.SKU]bool, error) {
	codes := make([]string, len(skus))
	for i, sku := range skus {
		codes[i] = string(sku)
	}
	items, err := c.find(ctx, db, codes)
	if err != nil {
		return nil, err
	}
	var tracked map[domain.SKU]bool
	for _, item := range items {
		if item.LotTracked {
			if tracked == nil {
				tracked = map[domain.SKU]bool{}
			}
			tracked[item.SKU] = true
		}
	}
	return tracked, nil
}

// known gives an item that was found before, and one without decimal places when it was not.
func (c *catalogue) known(sku domain.SKU) domain.Item {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if item, known := c.items[domain.ItemKey(sku)]; known {
		return item
	}
	return domain.Item{SKU: sku}
}
