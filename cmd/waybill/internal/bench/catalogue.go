package bench

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/waybill-dev/waybill/cmd/waybill/internal/access"
	commonv1 "github.com/waybill-dev/waybill/gen/waybill/common/v1"
	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
)

// place is where all stock lies.
const place = "MAIN"

// Catalogue is how many items and customers there are, numbered from 1.
type Catalogue struct{ Items, Accounts int }

// SKU names an item.
func SKU(number int) string { return fmt.Sprintf("ITM-%06d", number) }

// AccountID names a customer.
func AccountID(number int) string { return fmt.Sprintf("ACC-%04d", number) }

// Prepare makes the items and customers, with stock and credit for everybody, and returns when all services know them.
func (c Catalogue) Prepare(ctx context.Context, waybill *access.Access) error {
	if _, err := waybill.MasterData.UpsertNodes(ctx, &masterdatav1.UpsertNodesRequest{Nodes: []*masterdatav1.Node{{NodeId: place}}}); err != nil {
		return err
	}
	var wanted []*masterdatav1.Item
	var prices []*masterdatav1.Price
	var customers []*masterdatav1.Account
	var stock []*inventoryv1.StockAdjustment
	for i := 1; i <= c.Items; i++ {
		sku := SKU(i)
		wanted = append(wanted, &masterdatav1.Item{Sku: sku, Kind: masterdatav1.ItemKind_ITEM_KIND_GOODS, BaseUnit: "EA"})
		prices = append(prices, &masterdatav1.Price{PriceList: "BASE", Sku: sku, CurrencyCode: "GBP", UnitPrice: "10"})
		stock = append(stock, &inventoryv1.StockAdjustment{Sku: sku, NodeId: place, Quantity: "1000000000", Reason: "OPENING_STOCK"})
	}
	for i := 1; i <= c.Accounts; i++ {
		customers = append(customers, &masterdatav1.Account{AccountId: AccountID(i), CurrencyCode: "GBP", CreditLimitMinor: 1_000_000_000_000})
	}
	for set := range slices.Chunk(wanted, 1000) {
		if _, err := waybill.MasterData.UpsertItems(ctx, &masterdatav1.UpsertItemsRequest{Items: set}); err != nil {
			return err
		}
	}
	for set := range slices.Chunk(prices, 1000) {
		if _, err := waybill.MasterData.UpsertPrices(ctx, &masterdatav1.UpsertPricesRequest{Prices: set}); err != nil {
			return err
		}
	}
	if _, err := waybill.MasterData.UpsertAccounts(ctx, &masterdatav1.UpsertAccountsRequest{Accounts: customers}); err != nil {
		return err
	}
	if err := awaitCopies(ctx, waybill, wanted, customers); err != nil {
		return err
	}
	for i, set := range slices.Collect(slices.Chunk(stock, 1000)) {
		request := &inventoryv1.AdjustStockRequest{RequestId: fmt.Sprintf("bench-stock-%d", i), Adjustments: set}
		if _, err := waybill.Inventory.AdjustStock(ctx, request); err != nil {
			return err
		}
	}
	return nil
}

// awaitCopies returns when the services that answer from copies know everything, prices too.
func awaitCopies(ctx context.Context, waybill *access.Access, wanted []*masterdatav1.Item, customers []*masterdatav1.Account) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	quote := &orderv1.QuoteOrderRequest{AccountId: customers[0].GetAccountId(), CurrencyCode: "GBP"}
	check := &orderv1.CheckMasterDataRequest{}
	stock := &inventoryv1.CheckMasterDataRequest{NodeIds: []string{place}}
	for _, item := range wanted {
		check.Skus, stock.Skus = append(check.Skus, item.GetSku()), append(stock.Skus, item.GetSku())
		quote.Lines = append(quote.Lines, &orderv1.SubmitOrderLine{Sku: item.GetSku(), Quantity: &commonv1.Quantity{Value: "1"}})
	}
	for _, customer := range customers {
		check.AccountIds = append(check.AccountIds, customer.GetAccountId())
	}
	for {
		orders, err := waybill.Order.CheckMasterData(ctx, check)
		if err != nil {
			return err
		}
		known, err := waybill.Inventory.CheckMasterData(ctx, stock)
		if err != nil {
			return err
		}
		if len(orders.GetUnknownSkus())+len(orders.GetUnknownAccountIds())+len(known.GetUnknownSkus())+len(known.GetUnknownNodeIds()) == 0 {
			if _, err := waybill.Order.QuoteOrder(ctx, quote); err == nil {
				return nil // every item has its price
			}
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("master data has not reached the services: %w", ctx.Err())
		case <-time.After(50 * time.Millisecond):
		}
	}
}
