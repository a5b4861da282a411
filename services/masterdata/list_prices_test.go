package masterdata_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
)

// Prices of one item are told apart by list, currency, quantity and day; the same number written otherwise is the same.
func TestPricesByQuantityAndDay(t *testing.T) {
	service := newService(t)
	ctx := t.Context()
	mustItems(t, service, goods("Bolt", ""), goods("nut", ""))
	upsert := func(want []int64, prices ...*masterdatav1.Price) {
		t.Helper()
		reply, err := service.UpsertPrices(ctx, &masterdatav1.UpsertPricesRequest{Prices: prices})
		if err != nil {
			t.Fatal(err)
		}
		for i, price := range reply.GetPrices() {
			if price.GetVersion() != want[i] {
				t.Errorf("price %v: version %d, want %d", price, price.GetVersion(), want[i])
			}
		}
	}
	plain := &masterdatav1.Price{PriceList: "BASE", Sku: "bolt", CurrencyCode: "GBP", UnitPrice: "1.50", PriceUnit: "EA"}
	dozen := &masterdatav1.Price{PriceList: "BASE", Sku: "bolt", CurrencyCode: "GBP", UnitPrice: "1.4", MinQuantity: "12"}
	later := &masterdatav1.Price{PriceList: "BASE", Sku: "bolt", CurrencyCode: "GBP", UnitPrice: "1.6", ValidFrom: "2027-01-01"}
	spring := &masterdatav1.Price{
		PriceList: "BASE", Sku: "bolt", CurrencyCode: "GBP", UnitPrice: "1.2", ValidFrom: "2026-03-01", ValidUntil: "2026-05-31",
	}
	other := &masterdatav1.Price{PriceList: "ACME", Sku: "nut", CurrencyCode: "EUR", UnitPrice: "12", PriceUnit: "CS"}
	upsert([]int64{1, 1, 1, 1, 1}, plain, dozen, later, spring, other)
	plain.UnitPrice, dozen.MinQuantity, spring.ValidUntil, other.Withdrawn = "1.5", "12.00", "2026-06-30", true
	upsert([]int64{1, 1, 1, 2, 2}, plain, dozen, later, spring, other)

	list := func(request *masterdatav1.ListPricesRequest) (found []string) {
		request.PageSize = 2
		for {
			reply, err := service.ListPrices(ctx, request)
			if err != nil {
				t.Fatal(err)
			}
			for _, price := range reply.GetPrices() {
				found = append(found, price.GetPriceList()+" "+price.GetSku()+" "+price.GetUnitPrice())
			}
			if request.PageToken = reply.GetNextPageToken(); request.GetPageToken() == "" {
				return found
			}
		}
	}
	for _, test := range []struct {
		request *masterdatav1.ListPricesRequest
		want    []string
	}{
		{&masterdatav1.ListPricesRequest{}, []string{"ACME nut 12", "BASE Bolt 1.5", "BASE Bolt 1.2", "BASE Bolt 1.6", "BASE Bolt 1.4"}},
		{&masterdatav1.ListPricesRequest{PriceList: "ACME"}, []string{"ACME nut 12"}},
		{&masterdatav1.ListPricesRequest{CurrencyCode: "EUR"}, []string{"ACME nut 12"}},
		{&masterdatav1.ListPricesRequest{Sku: "NUT"}, []string{"ACME nut 12"}},
		{&masterdatav1.ListPricesRequest{Sku: "BOLT", HoldingOn: "2026-03-01"}, []string{"BASE Bolt 1.5", "BASE Bolt 1.2", "BASE Bolt 1.4"}},
		{&masterdatav1.ListPricesRequest{HoldingOn: "2026-06-30"}, []string{"BASE Bolt 1.5", "BASE Bolt 1.2", "BASE Bolt 1.4"}},
		{&masterdatav1.ListPricesRequest{HoldingOn: "2026-07-01"}, []string{"BASE Bolt 1.5", "BASE Bolt 1.4"}},
		{&masterdatav1.ListPricesRequest{HoldingOn: "2027-01-01"}, []string{"BASE Bolt 1.5", "BASE Bolt 1.6", "BASE Bolt 1.4"}},
	} {
		if diff := cmp.Diff(test.want, list(test.request)); diff != "" {
			t.Errorf("%v:\n%s", test.request, diff)
		}
	}
}
