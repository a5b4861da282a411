package importer

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"time"

	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
)

const (
	// masterDataSet and stockSet are how many entries one call carries.
	masterDataSet = 1000
	stockSet      = 1000
	// arrival bounds how long new master data may take to reach the services that keep copies.
	arrival     = time.Minute
	arrivalPoll = 50 * time.Millisecond
)

// makeMasterData creates what the orders need, and waits until order and inventory know it.
func (r *run) makeMasterData(ctx context.Context) error {
	if !r.options.CreateMasterData {
		return nil
	}
	node := &masterdatav1.Node{NodeId: r.options.Node, Name: r.options.Node}
	if _, err := r.target.MasterData.UpsertNodes(ctx, &masterdatav1.UpsertNodesRequest{Nodes: []*masterdatav1.Node{node}}); err != nil {
		return fmt.Errorf("make the node: %w", err)
	}
	r.options.Progress.Start("items and customers", len(r.plan.items)+len(r.plan.accounts))
	defer r.options.Progress.Finish()
	for set := range slices.Chunk(r.plan.items, masterDataSet) {
		request := &masterdatav1.UpsertItemsRequest{}
		for _, item := range set {
			request.Items = append(request.Items, toItem(item))
		}
		if _, err := r.target.MasterData.UpsertItems(ctx, request); err != nil {
			return fmt.Errorf("make items: %w", err)
		}
		r.options.Progress.Add(len(set))
	}
	for set := range slices.Chunk(r.plan.accounts, masterDataSet) {
		request := &masterdatav1.UpsertAccountsRequest{}
		for _, account := range set {
			request.Accounts = append(request.Accounts, r.options.Mapping.account(account, r.options.TaxJurisdiction))
		}
		if _, err := r.target.MasterData.UpsertAccounts(ctx, request); err != nil {
			return fmt.Errorf("make customers: %w", err)
		}
		r.options.Progress.Add(len(set))
	}
	return r.awaitCopies(ctx)
}

func toItem(i *item) *masterdatav1.Item {
	kind := masterdatav1.ItemKind_ITEM_KIND_GOODS
	if i.service {
		kind = masterdatav1.ItemKind_ITEM_KIND_SERVICE
	}
	return &masterdatav1.Item{Sku: i.sku, Description: i.description, Kind: kind, BaseUnit: "EA"}
}

// awaitCopies returns when the services that answer from copies know every item and customer of the file.
func (r *run) awaitCopies(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, arrival)
	defer cancel()
	skus := make([]string, 0, len(r.plan.items))
	for _, item := range r.plan.items {
		skus = append(skus, item.sku)
	}
	known := func() (bool, error) {
		for set := range slices.Chunk(skus, 10_000) {
			orders, err := r.target.Order.CheckMasterData(ctx, &orderv1.CheckMasterDataRequest{Skus: set})
			if err != nil || len(orders.GetUnknownSkus()) > 0 {
				return false, err
			}
			stock, err := r.target.Inventory.CheckMasterData(ctx, &inventoryv1.CheckMasterDataRequest{
				Skus: set, NodeIds: []string{r.options.Node},
			})
			if err != nil || len(stock.GetUnknownSkus())+len(stock.GetUnknownNodeIds()) > 0 {
				return false, err
			}
		}
		for set := range slices.Chunk(r.plan.accounts, 10_000) {
			orders, err := r.target.Order.CheckMasterData(ctx, &orderv1.CheckMasterDataRequest{AccountIds: set})
			if err != nil || len(orders.GetUnknownAccountIds()) > 0 {
				return false, err
			}
		}
		return true, nil
	}
	return poll(ctx, arrivalPoll, "master data has not reached the services", known)
}

// poll asks until the answer is yes or ctx ends.
func poll(ctx context.Context, every time.Duration, complaint string, ask func() (bool, error)) error {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		done, err := ask()
		if err != nil {
			return fmt.Errorf("%s: %w", complaint, err)
		}
		if done {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s: %w", complaint, ctx.Err())
		case <-ticker.C:
		}
	}
}

// fillShelves puts on the shelf what the file orders, and apart from it what it writes off. The keys are made of what is
// put there, so a repeat adds nothing.
func (r *run) fillShelves(ctx context.Context) error {
	if !r.options.OpeningStock {
		return nil
	}
	if err := r.fill(ctx, ordered, "opening-stock-"); err != nil {
		return err
	}
	return r.fill(ctx, writtenOff, "opening-stock-write-off-")
}

func (r *run) fill(ctx context.Context, of kind, prefix string) error {
	goods := slices.DeleteFunc(slices.Clone(r.plan.items), func(i *item) bool { return i.service || i.quantity[of] == 0 })
	if len(goods) == 0 {
		return nil
	}
	r.options.Progress.Start("opening stock", len(goods))
	defer r.options.Progress.Finish()
	for set := range slices.Chunk(goods, stockSet) {
		request := &inventoryv1.AdjustStockRequest{}
		digest := sha256.New()
		for _, item := range set {
			quantity := strconv.FormatInt(item.quantity[of], 10)
			fmt.Fprintf(digest, "%s\x00%s\x00%s\x00", r.options.Node, item.sku, quantity)
			request.Adjustments = append(request.Adjustments, &inventoryv1.StockAdjustment{
				Sku: item.sku, NodeId: r.options.Node, Quantity: quantity, Reason: "OPENING_STOCK",
			})
		}
		request.RequestId = prefix + hex.EncodeToString(digest.Sum(nil))
		if _, err := r.target.Inventory.AdjustStock(ctx, request); err != nil {
			return fmt.Errorf("put opening stock on the shelf: %w", err)
		}
		r.options.Progress.Add(len(set))
	}
	return nil
}
