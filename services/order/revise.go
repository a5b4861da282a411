package order

import (
	"context"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"

	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/money"
	"github.com/waybill-dev/waybill/services/order/internal/domain"
	"github.com/waybill-dev/waybill/services/order/internal/process"
	"github.com/waybill-dev/waybill/services/order/internal/store"
)

// version names a revision of an order.
type version struct {
	order    uuid.UUID
	revision int32
}

// revise gives each revision that the orders have taken its snapshot, and stores it: the one for which credit was claimed,
// else the one before with what the order has changed of itself.
func (c *changes) revise(ctx context.Context, tx database.Transaction) error {
	var ids []uuid.UUID
	for _, id := range sortedIDs(c.changed) {
		if len(c.orders[id].Errands.Amended) > 0 {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	documents, err := store.FindDocuments(ctx, tx, ids)
	if err != nil {
		return err
	}
	var rows []store.Revision
	for _, id := range ids {
		current := &snapshot{wire: documents[id].Snapshot, revision: documents[id].Revision, asOf: documents[id].AsOf}
		for _, amended := range c.orders[id].Errands.Amended {
			next := c.prepared[id]
			if next == nil || next.revision != amended.Revision {
				if next, err = grown(ctx, tx, current, &amended); err != nil {
					return err
				}
			}
			c.taken[version{id, amended.Revision}] = next
			rows = append(rows, store.Revision{
				Order: id, Number: amended.Revision, Actor: amended.Actor, Reason: amended.Reason, Snapshot: next.wire,
			})
			current = next
		}
		c.snapshots[id] = current
	}
	return store.SaveRevisions(ctx, tx, rows, c.now)
}

// paper is the snapshot that an event tells of: that of a revision taken now, else the order's.
func (c *changes) paper(o *domain.Order, revision int32) *snapshot {
	if taken := c.taken[version{o.ID, revision}]; taken != nil {
		return taken
	}
	return c.snapshots[o.ID]
}

// saveDecided stores what became of amendments.
func (c *changes) saveDecided(ctx context.Context, tx database.Transaction, orders []*domain.Order) error {
	for _, order := range orders {
		for _, outcome := range order.Errands.Decided {
			id := process.AmendmentID(order.ID, outcome.Number)
			if err := store.DecideAmendment(ctx, tx, id, outcome, c.now); err != nil {
				return err
			}
		}
	}
	return nil
}

// grown is a snapshot with what an order has changed of itself: lines that have grown keep their price.
func grown(ctx context.Context, tx database.Transaction, current *snapshot, amended *domain.Amended) (*snapshot, error) {
	from, err := current.order()
	if err != nil {
		return nil, err
	}
	next := proto.CloneOf(from)
	for _, change := range amended.Changes {
		if change.Swap != nil {
			line, err := standIn(ctx, tx, next.GetLines()[change.Swap.For-1], change.Swap)
			if err != nil {
				return nil, err
			}
			next.Lines = append(next.Lines, line)
		}
		next.Lines[change.Line-1].Quantity = change.Ordered
	}
	return sealRevision(next, amended.Revision)
}

// standIn is a line that stands in for another one, at its price. Their items have the same base unit and scale.
func standIn(ctx context.Context, tx database.Transaction, from *orderv1.PricedLine, swap *domain.Swap) (*orderv1.PricedLine, error) {
	items, err := store.New(tx).FindItems(ctx, []string{domain.SKUKey(string(swap.SKU))})
	if err != nil {
		return nil, err
	}
	to := proto.CloneOf(from)
	to.LineNumber, to.SubstituteForLine, to.Sku = swap.Line, swap.For, string(swap.SKU)
	for _, item := range items {
		to.Sku, to.Description, to.TaxClass = item.Sku, item.Description, item.TaxClass
	}
	return to, nil
}

// sealRevision prices an order's lines and charges anew from their prices and quantities, and seals it as a revision.
// Fault: AMOUNT_TOO_LARGE, ORDER_TOO_LARGE.
func sealRevision(next *orderv1.PricedOrder, revision int32) (*snapshot, error) {
	next.Revision, next.NetTotalMinor, next.SnapshotHash = revision, 0, nil
	nets := make([]int64, len(next.GetLines()))
	for i, line := range next.GetLines() {
		price, err := money.ParsePrice(line.GetUnitPrice())
		if err != nil {
			return nil, err
		}
		net, err := money.ExtendPer(price, line.GetPriceNumerator(), line.GetPriceDenominator(), line.GetQuantity(),
			int(line.GetScale()), next.GetCurrencyCode(), roundingFromProto(next.GetRounding()))
		if err == nil {
			next.NetTotalMinor, err = money.Add(next.GetNetTotalMinor(), net)
		}
		if err != nil {
			return nil, fault.New(fault.Invalid, domain.ReasonAmountTooLarge, "the amount of line %d is too large", line.GetLineNumber())
		}
		line.NetAmountMinor, nets[i], line.ChargeMinor = net, net, nil
	}
	for _, charge := range next.GetCharges() {
		for i, part := range money.Allocate(charge.GetAmountMinor(), nets) {
			next.Lines[i].ChargeMinor = append(next.Lines[i].ChargeMinor, part)
		}
	}
	wire, err := sealSnapshot(next)
	return &snapshot{wire: wire, parsed: next, revision: revision}, err
}
