package demo

import (
	"context"
	"fmt"
	"slices"
	"time"

	commonv1 "github.com/waybill-dev/waybill/gen/waybill/common/v1"
	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	"github.com/waybill-dev/waybill/internal/fault"
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

// makeCatalogue creates the places here and the items, customers and prices in the ERP, from where they flow in, and waits until the
// services know them.
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
	d.progress.Add(len(nodes))
	start := time.Now()
	if err := d.fillERP(ctx); err != nil {
		return err
	}
	if err := d.awaitMasters(ctx); err != nil {
		return err
	}
	d.report.masters.here = time.Since(start)
	d.progress.Add(2*items + accounts)
	err := d.awaitCopies(ctx)
	d.report.masters.known = time.Since(start)
	return err
}

func price(list string, item, pence int) *masterdatav1.Price {
	return &masterdatav1.Price{
		PriceList: list, Sku: sku(item), CurrencyCode: currency, UnitPrice: fmt.Sprintf("%d.%02d", pence/100, pence%100),
	}
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
		if err != nil || len(stock.GetUnknownSkus())+len(stock.GetUnknownNodeIds()) > 0 {
			return false, err
		}
		return d.pricesKnown(ctx, skus)
	})
}

// pricesKnown asks what one of everything costs.
func (d *day) pricesKnown(ctx context.Context, skus []string) (bool, error) {
	request := &orderv1.QuoteOrderRequest{AccountId: account(1), CurrencyCode: currency}
	for _, one := range skus {
		request.Lines = append(request.Lines, &orderv1.SubmitOrderLine{Sku: one, Quantity: &commonv1.Quantity{Value: "1", Unit: "EA"}})
	}
	_, err := d.waybill.Order.QuoteOrder(ctx, request)
	if fault.KindOf(err) == fault.Invalid {
		return false, nil // a price has not come yet
	}
	return err == nil, err
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
