package demo

import (
	"context"
	"fmt"
	"slices"
	"time"

	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	sandboxv1 "github.com/waybill-dev/waybill/gen/waybill/sandbox/v1"
)

// mastersTime is how long masters may take from the ERP to here.
const mastersTime = time.Minute

// flow is how masters came in from the ERP.
type flow struct {
	items, customers, prices int
	// here is how long it took until masterdata had all of them, known until the services that answer from copies had.
	here, known time.Duration
	// asOf is from when on the ERP gives them, by its clock.
	asOf time.Time
}

func (f flow) String() string {
	return fmt.Sprintf("%d items, %d customers and %d prices flowed in from the ERP: in masterdata after %s, in the copy of the order service after %s",
		f.items, f.customers, f.prices, f.here.Round(10*time.Millisecond), f.known.Round(10*time.Millisecond))
}

// fillERP has items, customers and prices come into being in the ERP, as its people would.
func (d *day) fillERP(ctx context.Context) error {
	goods, prices := catalogueItems()
	customers := catalogueAccounts()
	put := func(request *sandboxv1.PutErpMastersRequest) error {
		reply, err := d.waybill.SandboxERP.PutErpMasters(ctx, request)
		if err != nil {
			return fmt.Errorf("put masters into the ERP: %w", err)
		}
		d.report.masters.asOf = reply.GetAsOf().AsTime()
		return nil
	}
	if err := put(&sandboxv1.PutErpMastersRequest{Accounts: customers}); err != nil {
		return err
	}
	for set := range slices.Chunk(goods, 1000) {
		if err := put(&sandboxv1.PutErpMastersRequest{Items: set}); err != nil {
			return err
		}
	}
	for set := range slices.Chunk(prices, 1000) {
		if err := put(&sandboxv1.PutErpMastersRequest{Prices: set}); err != nil {
			return err
		}
	}
	d.report.masters.items, d.report.masters.customers, d.report.masters.prices = len(goods), len(customers), len(prices)
	return nil
}

// awaitMasters returns when masterdata has all that the ERP was given, and fails when it could not take all of it.
func (d *day) awaitMasters(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, mastersTime)
	defer cancel()
	return poll(ctx, "masters flow in from the ERP", func() (bool, error) {
		reply, err := d.waybill.MasterFeed.GetMasterFeed(ctx, &masterdatav1.GetMasterFeedRequest{})
		feed := reply.GetFeed()
		if err != nil || feed.GetBehind() || feed.GetAsOf().AsTime().Before(d.report.masters.asOf) {
			return false, err
		}
		if feed.GetStuck() > 0 {
			return false, fmt.Errorf("%d of the ERP's masters were not taken: see waybill masters list", feed.GetStuck())
		}
		return feed.GetWaiting() == 0, nil
	})
}

// catalogueItems are the items with their prices.
func catalogueItems() (goods []*masterdatav1.Item, prices []*masterdatav1.Price) {
	for i := range items {
		goods = append(goods, &masterdatav1.Item{
			Sku: sku(i), Description: fmt.Sprintf("Article %d", i), Kind: masterdatav1.ItemKind_ITEM_KIND_GOODS,
			BaseUnit: "EA", Units: []*masterdatav1.ItemUnit{{Unit: "CS", Numerator: 12, Denominator: 1}},
		})
		prices = append(prices, price("BASE", i, 100+i*7%4900))
		if i%20 == 0 {
			prices = append(prices, price("CONTRACT", i, 90+i*7%4900))
		}
	}
	return goods, prices
}

// catalogueAccounts are the customers.
func catalogueAccounts() []*masterdatav1.Account {
	jurisdictions := []string{"GB", "DE", "FR"}
	var customers []*masterdatav1.Account
	for i := range accounts {
		one := &masterdatav1.Account{
			AccountId: account(i), Name: fmt.Sprintf("Customer %d", i), CurrencyCode: currency, PaymentDays: 30,
			CreditLimitMinor: 100_000_000_00, TaxJurisdiction: jurisdictions[i%len(jurisdictions)], EstimatedTaxRate: "0.2",
		}
		if contractCustomer(i) {
			one.PriceLists = []string{"CONTRACT"}
		}
		if poor(i) {
			one.CreditLimitMinor = 1
		}
		customers = append(customers, one)
	}
	return customers
}
