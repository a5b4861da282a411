package masterdata_test

import (
	"testing"

	"github.com/waybill-dev/waybill/internal/databasetest"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/services/masterdata"

	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
)

// Each check is silent on sound tables and sees the damage that is done past the service.
func TestChecksSeeDamage(t *testing.T) {
	db := databasetest.New(t, masterdata.Migrations)
	service := newOn(t, db)
	ctx := t.Context()
	item, account, _, price, _, rate := everything()
	price.Withdrawn = false
	a, b := goods("A", ""), goods("B", "")
	a.Scale, b.Scale = 2, 2
	mustItems(t, service, item, a, b)
	if _, err := service.UpsertAccounts(ctx, &masterdatav1.UpsertAccountsRequest{Accounts: []*masterdatav1.Account{
		account, {AccountId: "ACME", LegalEntity: "UK", CurrencyCode: "GBP"},
	}}); err != nil {
		t.Fatal(err)
	}
	if _, err := service.UpsertPrices(ctx, &masterdatav1.UpsertPricesRequest{Prices: []*masterdatav1.Price{price}}); err != nil {
		t.Fatal(err)
	}
	if _, err := service.UpsertExchangeRates(ctx, &masterdatav1.UpsertExchangeRatesRequest{
		ExchangeRates: []*masterdatav1.ExchangeRate{rate, euro("2026-03-02", "0.9")},
	}); err != nil {
		t.Fatal(err)
	}
	item.Units = nil
	item.Codes = nil
	if _, err := service.UpsertItems(ctx, &masterdatav1.UpsertItemsRequest{Items: []*masterdatav1.Item{item}}); fault.ReasonOf(err) != "UNIT_IN_USE" {
		t.Errorf("without the unit of a price: %v", err)
	}
	const aside = `INSERT INTO master_set_aside (kind, entity_key, entry_id, content, kept_fields, state, reason, message, faults, waits_for,
		since, tries, next_try_at, told) VALUES ('ITEM', 'x', 'mse_1', '', '[]', 'WAITING', 'X', '', '[]', '', now(), 1, now(), 0)`
	if _, err := db.Pool().Exec(ctx, aside); err != nil {
		t.Fatal(err)
	}
	damage := map[string]string{
		"masterdata.set_aside":   "UPDATE master_set_aside SET next_try_at = NULL",
		"masterdata.codes":       "UPDATE item_code SET unit = 'PL' WHERE code_type = 'GTIN'",
		"masterdata.substitutes": "UPDATE item SET scale = 3 WHERE sku_key = 'a'",
		"masterdata.bill_to":     "UPDATE account SET bill_to_account_id = 'ACME-1' WHERE account_id = 'ACME'",
		"masterdata.prices":      "UPDATE price SET price_unit = 'PL'",
		"masterdata.rates":       "UPDATE exchange_rate SET version = 1",
	}
	for _, check := range masterdata.Checks() {
		for _, damaged := range []bool{false, true} {
			if damaged {
				if _, err := db.Pool().Exec(ctx, damage[check.Name]); err != nil {
					t.Fatal(err)
				}
			}
			breaks, err := check.Run(ctx, db)
			if err != nil || (len(breaks) > 0) != damaged {
				t.Errorf("%s, damaged %t: %v, %v", check.Name, damaged, breaks, err)
			}
		}
		if n, err := check.Examined(ctx, db); err != nil || n == 0 {
			t.Errorf("%s examined %d rows, %v", check.Name, n, err)
		}
	}
}
