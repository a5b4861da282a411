package order

import (
	"context"
	"time"

	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/inbox"
	"github.com/waybill-dev/waybill/services/order/internal/domain"
	"github.com/waybill-dev/waybill/services/order/internal/store"
)

// priceName names a price as the master data tells prices apart.
type priceName struct{ list, currency, sku, from, minimum string }

// onMasterDataChanged keeps the copies of items, accounts, prices and legal entities. An older version never replaces a
// newer one.
func (s *Service) onMasterDataChanged(ctx context.Context, tx database.Transaction, messages []inbox.Message) error {
	items, accounts := map[string]*masterdatav1.Item{}, map[string]*masterdatav1.Account{}
	prices, entities := map[priceName]*masterdatav1.Price{}, map[string]*masterdatav1.LegalEntity{}
	var asOf time.Time
	for _, message := range messages {
		if message.OccurredAt.After(asOf) {
			asOf = message.OccurredAt
		}
		switch event := message.Payload.(type) {
		case *masterdatav1.ItemChanged:
			newest(items, domain.SKUKey(event.GetItem().GetSku()), event.GetItem())
		case *masterdatav1.AccountChanged:
			newest(accounts, event.GetAccount().GetAccountId(), event.GetAccount())
		case *masterdatav1.PriceChanged:
			name, err := nameOf(event.GetPrice())
			if err != nil {
				return inbox.Blame(err, message.ID)
			}
			newest(prices, name, event.GetPrice())
		case *masterdatav1.LegalEntityChanged:
			newest(entities, event.GetLegalEntity().GetLegalEntityId(), event.GetLegalEntity())
		}
	}
	if len(items)+len(accounts)+len(prices)+len(entities) == 0 {
		return nil
	}
	q := store.New(tx)
	if err := saveItems(ctx, q, items); err != nil {
		return err
	}
	if err := saveAccounts(ctx, q, accounts); err != nil {
		return err
	}
	if err := savePrices(ctx, q, prices); err != nil {
		return err
	}
	if err := saveLegalEntities(ctx, q, entities); err != nil {
		return err
	}
	return store.CatalogKnownUntil(ctx, tx, asOf)
}

// newest keeps the newest version of each entity of a set: a statement may touch a row once.
func newest[K comparable, T interface{ GetVersion() int64 }](into map[K]T, key K, entity T) {
	if known, ok := into[key]; !ok || known.GetVersion() < entity.GetVersion() {
		into[key] = entity
	}
}
