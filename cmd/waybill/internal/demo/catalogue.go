package demo

import (
	"context"
	"fmt"
	"slices"
	"time"

	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
)

const (
	items         = 2000
	scarceItems   = 20 // the last items: a few pieces each until stock arrives
	accounts      = 60
	poorAccounts  = 5 // the last accounts: their limit is below any order
	openingStock  = "5000"
	scarceStock   = "8"
	arrivingStock = "4000"
	currency      = "GBP"
)

var nodes = []string{"LEEDS", "LYON", "TRENTO"}

func sku(i int) string            { return fmt.Sprintf("ITM-%04d", i) }
func account(i int) string        { return fmt.Sprintf("CUST-%02d", i) }
func scarce(i int) bool           { return i >= items-scarceItems }
func poor(i int) bool             { return i >= accounts-poorAccounts }
func contractCustomer(i int) bool { return i%10 == 0 }

// makeCatalogue creates the places, items, customers and prices, and waits until the services know them.
func (d *day) makeCatalogue(ctx context.Context) error {
	d.progress.Start("catalogue", len(nodes)+2*items+accounts)
	defer d.progress.Finish()
	request := &masterdatav1.UpsertNodesRequest{}
	for i, node := range nodes {
		request.Nodes = append(request.Nodes, &masterdatav1.Node{NodeId: node, Name: node, Priority: int32(i + 1)})
	}
	if _, err := d.waybill.MasterData.UpsertNodes(ctx, request); err != nil {
		return fmt.Errorf("make nodes: %w", err)
	}
	if err := d.makeItems(ctx); err != nil {
		return err
	}
	if err := d.makeAccounts(ctx); err != nil {
		return err
	}
	d.progress.Add(len(nodes) + 2*items + accounts)
	return d.awaitCopies(ctx)
}

func (d *day) makeItems(ctx context.Context) error {
	var wanted []*masterdatav1.Item
	var prices []*masterdatav1.Price
	for i := range items {
		wanted = append(wanted, &masterdatav1.Item{
			Sku: sku(i), Description: fmt.Sprintf("Article %d", i), Kind: masterdatav1.ItemKind_ITEM_KIND_GOODS,
			BaseUnit: "EA", Units: []*masterdatav1.ItemUnit{{Unit: "CS", Numerator: 12, Denominator: 1}},
		})
		prices = append(prices, price("BASE", i, 100+i*7%4900))
		if i%20 == 0 {
			prices = append(prices, price("CONTRACT", i, 90+i*7%4900))
		}
	}
	for set := range slices.Chunk(wanted, 1000) {
		if _, err := d.waybill.MasterData.UpsertItems(ctx, &masterdatav1.UpsertItemsRequest{Items: set}); err != nil {
			return fmt.Errorf("make items: %w", err)
		}
	}
	for set := range slices.Chunk(prices, 1000) {
		if _, err := d.waybill.MasterData.UpsertPrices(ctx, &masterdatav1.UpsertPricesRequest{Prices: set}); err != nil {
			return fmt.Errorf("make prices: %w", err)
		}
	}
	return nil
}

func price(list string, item, pence int) *masterdatav1.Price {
	return &masterdatav1.Price{
		PriceList: list, Sku: sku(item), CurrencyCode: currency, UnitPrice: fmt.Sprintf("%d.%02d", pence/100, pence%100),
	}
}

func (d *day) makeAccounts(ctx context.Context) error {
	request := &masterdatav1.UpsertAccountsRequest{}
	jurisdictions := []string{"GB", "DE", "FR"}
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
		request.Accounts = append(request.Accounts, one)
	}
	if _, err := d.waybill.MasterData.UpsertAccounts(ctx, request); err != nil {
		return fmt.Errorf("make customers: %w", err)
	}
	return nil
}

// awaitCopies returns when the services that answer from copies know everything.
func (d *day) awaitCopies(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	var skus, ids []string
	for i := range items {
		skus = append(skus, sku(i))
	}
	for i := range accounts {
		ids = append(ids, account(i))
	}
	return poll(ctx, "master data reaches the services", func() (bool, error) {
		orders, err := d.waybill.Order.CheckMasterData(ctx, &orderv1.CheckMasterDataRequest{Skus: skus, AccountIds: ids})
		if err != nil || len(orders.GetUnknownSkus())+len(orders.GetUnknownAccountIds()) > 0 {
			return false, err
		}
		stock, err := d.waybill.Inventory.CheckMasterData(ctx, &inventoryv1.CheckMasterDataRequest{Skus: skus, NodeIds: nodes})
		return err == nil && len(stock.GetUnknownSkus())+len(stock.GetUnknownNodeIds()) == 0, err
	})
}

// fillShelves puts every item into one place, every tenth into all of them, so that many orders need several.
func (d *day) fillShelves(ctx context.Context) error {
	d.progress.Start("opening stock", items)
	defer d.progress.Finish()
	var adjustments []*inventoryv1.StockAdjustment
	for i := range items {
		quantity := openingStock
		if scarce(i) {
			quantity = scarceStock
		}
		for n, node := range nodes {
			if n == i%len(nodes) || i%10 == 0 && !scarce(i) {
				adjustments = append(adjustments, &inventoryv1.StockAdjustment{
					Sku: sku(i), NodeId: node, Quantity: quantity, Reason: "OPENING_STOCK",
				})
			}
		}
	}
	d.progress.Add(items)
	return d.adjust(ctx, "opening-stock", adjustments)
}

// stockArrives serves what waits for the scarce items.
func (d *day) stockArrives(ctx context.Context) error {
	var adjustments []*inventoryv1.StockAdjustment
	for i := items - scarceItems; i < items; i++ {
		adjustments = append(adjustments, &inventoryv1.StockAdjustment{
			Sku: sku(i), NodeId: nodes[(i+1)%len(nodes)], Quantity: arrivingStock, Reason: "RECEIPT", SourceDocument: "ASN-1",
		})
	}
	return d.adjust(ctx, "stock-arrives", adjustments)
}

func (d *day) adjust(ctx context.Context, key string, adjustments []*inventoryv1.StockAdjustment) error {
	i := 0
	for set := range slices.Chunk(adjustments, 1000) {
		request := &inventoryv1.AdjustStockRequest{RequestId: fmt.Sprintf("demo-%s-%d", key, i), Adjustments: set}
		if err := d.waybill.REST.Post(ctx, "/v1/stock:adjust", request, &inventoryv1.AdjustStockResponse{}); err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
		i++
	}
	return nil
}

// poll asks until the answer is yes or ctx ends.
func poll(ctx context.Context, what string, ask func() (bool, error)) error {
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	for {
		done, err := ask()
		if err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		if done {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s: %w", what, ctx.Err())
		case <-ticker.C:
		}
	}
}
