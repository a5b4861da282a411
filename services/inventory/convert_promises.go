package inventory

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/internal/quantity"
	"github.com/waybill-dev/waybill/services/inventory/internal/domain"
	"github.com/waybill-dev/waybill/services/inventory/internal/store"
)

// defaultHold is how long a hold lasts when the request does not say.
const defaultHold = 15 * time.Minute

func (s *Service) safetyStocksFromProto(
	ctx context.Context, req *inventoryv1.SetSafetyStocksRequest,
) ([]store.SafetyStockRow, error) {
	read, err := readCodes(ctx, s, req.GetSafetyStocks())
	if err != nil {
		return nil, err
	}
	seen := map[store.SafetyStockRow]bool{}
	rows := make([]store.SafetyStockRow, len(req.GetSafetyStocks()))
	for i, asked := range req.GetSafetyStocks() {
		path := fmt.Sprintf("safety_stocks[%d].", i)
		key, item, known := read.stock(asked.GetSku(), asked.GetNodeId(), path)
		row := store.SafetyStockRow{StockKey: key, Channel: domain.Channel(asked.GetChannel())}
		if known && seen[row] {
			read.add(path+"channel", "DUPLICATE_ENTRY", "the item, place and channel stand on an earlier entry too")
		}
		seen[row] = true
		if row.Forgotten = asked.GetQuantity() == ""; known && !row.Forgotten {
			row.Quantity = read.amount(item, asked.GetQuantity(), path+"quantity")
		}
		rows[i] = row
	}
	return rows, read.fault("no safety stock was set")
}

func (s *Service) safetyStocksToProto(rows []store.SafetyStockRow) []*inventoryv1.SafetyStock {
	told := make([]*inventoryv1.SafetyStock, len(rows))
	for i, row := range rows {
		told[i] = &inventoryv1.SafetyStock{Sku: string(row.SKU), NodeId: string(row.Node), Channel: string(row.Channel)}
		if !row.Forgotten {
			told[i].Quantity = quantity.Format(row.Quantity, s.items.known(row.SKU).Scale)
		}
	}
	return told
}

func (s *Service) quotasFromProto(ctx context.Context, req *inventoryv1.SetChannelQuotasRequest) ([]store.QuotaRow, error) {
	read, err := readCodes(ctx, s, req.GetChannelQuotas())
	if err != nil {
		return nil, err
	}
	seen := map[domain.QuotaKey]bool{}
	rows := make([]store.QuotaRow, len(req.GetChannelQuotas()))
	for i, asked := range req.GetChannelQuotas() {
		path := fmt.Sprintf("channel_quotas[%d].", i)
		item, known := read.goods(asked.GetSku(), path+"sku")
		row := store.QuotaRow{Unlimited: asked.GetQuantity() == ""}
		row.QuotaKey = domain.QuotaKey{SKU: item.SKU, Channel: domain.Channel(asked.GetChannel())}
		if known && seen[row.QuotaKey] {
			read.add(path+"channel", "DUPLICATE_ENTRY", "the item and channel stand on an earlier entry too")
		}
		seen[row.QuotaKey] = true
		if known && !row.Unlimited {
			row.Quantity = read.amount(item, asked.GetQuantity(), path+"quantity")
		}
		rows[i] = row
	}
	return rows, read.fault("no quota was set")
}

func (s *Service) quotasToProto(rows []store.QuotaRow) []*inventoryv1.ChannelQuota {
	told := make([]*inventoryv1.ChannelQuota, len(rows))
	for i, row := range rows {
		scale := s.items.known(row.SKU).Scale
		told[i] = &inventoryv1.ChannelQuota{
			Sku: string(row.SKU), Channel: string(row.Channel), Reserved: quantity.Format(row.Reserved, scale),
		}
		if !row.Unlimited {
			told[i].Quantity = quantity.Format(row.Quantity, scale)
		}
	}
	return told
}

// holdFromProto decodes a request for a hold. Its id is the key under which an order takes it over.
func (s *Service) holdFromProto(
	ctx context.Context, req *inventoryv1.CreateStockHoldRequest, partner string, now time.Time,
) (domain.Want, error) {
	lines, err := wantLinesFromProto(ctx, s, req.GetLines(), "nothing is held")
	if err != nil {
		return domain.Want{}, err
	}
	ttl := defaultHold
	if req.GetTtl() != nil {
		ttl = req.GetTtl().AsDuration()
	}
	name := id.New()
	key := id.Format(id.StockHold, name)
	want := domain.Want{
		ID: name, Key: key, Order: domain.OrderID(key), Shortage: domain.Refuse, Channel: domain.Channel(req.GetChannel()),
		ExpiresAt: now.Add(ttl).Truncate(time.Microsecond), Partner: partner, Lines: lines,
	}
	if req.GetAllowPartial() {
		want.Shortage = domain.Drop
	}
	return want, nil
}

// holdRefused is the fault for a hold that could not be made.
func (s *Service) holdRefused(want domain.Want, refusal *domain.Refusal) error {
	told := fault.New(fault.Precondition, refusal.Reason, "%s", refusal.Message)
	for i, line := range want.Lines {
		path := fmt.Sprintf("lines[%d].quantity", i)
		available, err := strconv.ParseInt(refusal.Details[fmt.Sprintf("available.%d", line.Line)], 10, 64)
		if err != nil || !slices.ContainsFunc(refusal.Fields, func(f domain.FieldRefusal) bool { return f.Path == path }) {
			continue
		}
		told = told.WithField(path, refusal.Reason,
			"only "+quantity.Format(available, s.items.known(line.SKU).Scale)+" of the item can be held")
	}
	return told
}

var holdStates = map[domain.State]inventoryv1.StockHoldState{
	domain.Soft:     inventoryv1.StockHoldState_STOCK_HOLD_STATE_ACTIVE,
	domain.Expired:  inventoryv1.StockHoldState_STOCK_HOLD_STATE_EXPIRED,
	domain.Released: inventoryv1.StockHoldState_STOCK_HOLD_STATE_RELEASED,
	domain.Replaced: inventoryv1.StockHoldState_STOCK_HOLD_STATE_CONFIRMED,
}

func (s *Service) holdToProto(hold store.Hold, now time.Time) *inventoryv1.StockHold {
	told := &inventoryv1.StockHold{
		StockHoldId: hold.Key, Channel: string(hold.Channel), State: holdStates[hold.StateAt(now)],
		ExpiresAt: timestamppb.New(hold.ExpiresAt), CreatedAt: timestamppb.New(hold.CreatedAt),
		Lines: make([]*inventoryv1.StockHoldLine, len(hold.Lines)),
	}
	for i, line := range hold.Lines {
		scale := s.items.known(line.SKU).Scale
		var held int64
		shown := &inventoryv1.StockHoldLine{LineNumber: line.Line, Sku: string(line.SKU)}
		for _, placed := range line.Placed {
			held += placed.Quantity
			shown.Allocations = append(shown.Allocations, &inventoryv1.StockHoldAllocation{
				NodeId: string(placed.Node), Quantity: quantity.Format(placed.Quantity, scale),
			})
		}
		shown.Held, shown.Unfilled = quantity.Format(held, scale), quantity.Format(line.Unfilled, scale)
		shown.Quantity = quantity.Format(held+line.Unfilled, scale)
		told.Lines[i] = shown
	}
	return told
}
