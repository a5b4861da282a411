package domain

import (
	"time"

	"github.com/google/uuid"

	"github.com/waybill-dev/waybill/internal/fault"
)

// Receive is what a place has received under one of its documents so far.
type Receive struct {
	// NewID is what the receipt gets if it is new.
	NewID uuid.UUID
	// ID names the receipt when Named is set; else supplier and number, or place and document do.
	ID                                uuid.UUID
	Named                             bool
	SupplierID, ASN, NodeID, Document string
	Lines                             []ReceivedLine
	At                                time.Time
	// Final: nothing more will come.
	Final bool
}

// ReceivedLine are the counters of one item and lot.
type ReceivedLine struct {
	SKU, Lot, ExpiresOn string
	Arrived
}

// Need implements ReceiptCommand.
func (c Receive) Need(needs *Needs) {
	needs.IDs = append(needs.IDs, c.ID)
	needs.Keys = append(needs.Keys, NoticeKey(c.SupplierID, c.ASN), BlindKey(c.NodeID, c.Document))
	needs.Nodes = append(needs.Nodes, c.NodeID)
	for _, line := range c.Lines {
		needs.SKUs = append(needs.SKUs, line.SKU)
	}
}

// Decide implements ReceiptCommand. What came is a fact: it is recorded in every state of the receipt, expected or not.
// Goods of a notice that came to another place than announced are a blind receipt of that place. Refusals:
// UNKNOWN_RECEIPT, SUPPLIER_REQUIRED, NODE_REQUIRED, UNKNOWN_NODE, UNKNOWN_ITEM, NOT_STOCKED, LOT_REQUIRED, DATE_INVALID,
// NOTHING_RECEIVED, QUANTITY_TOO_LARGE, TOO_MANY_DOCUMENTS, TOO_MANY_LINES.
func (c Receive) Decide(d *Dock) ReceiptOutcome {
	goods, flaw := c.read(d)
	if flaw != nil {
		return ReceiptOutcome{Refusal: flaw}
	}
	r, flaw := c.find(d, len(goods) > 0)
	if flaw == nil {
		flaw = c.bound(r, goods)
	}
	if flaw != nil {
		return ReceiptOutcome{Refusal: flaw}
	}
	if d.Receipts[r.ID] == nil {
		d.create(r)
	}
	c.record(d, r, goods)
	return ReceiptOutcome{Receipt: r}
}

// read resolves items and lots; lines of one item and lot are added up, those of nothing left out.
func (c Receive) read(d *Dock) ([]receivedGoods, *fault.Error) {
	var goods []receivedGoods
	for _, line := range c.Lines {
		item, lot, flaw := d.goods(line.SKU, line.Lot)
		if flaw == nil {
			flaw = checkDay(line.ExpiresOn)
		}
		if flaw != nil {
			return nil, flaw
		}
		if line.Arrived == (Arrived{}) {
			continue
		}
		goods = addGoods(goods, receivedGoods{item: item, lot: lot, expiresOn: line.ExpiresOn, Arrived: line.Arrived})
	}
	if len(goods) == 0 && !c.Final {
		return nil, fault.New(fault.Invalid, ReasonNothingReceived, "the report names nothing that has come")
	}
	return goods, nil
}

// receivedGoods are the counters of an item and lot that exist.
type receivedGoods struct {
	item           Item
	lot, expiresOn string
	Arrived
}

func addGoods(goods []receivedGoods, next receivedGoods) []receivedGoods {
	for i := range goods {
		if known := &goods[i]; known.item.SKU == next.item.SKU && known.lot == next.lot {
			known.Received += next.Received
			known.Damaged += next.Damaged
			known.OnHold += next.OnHold
			return goods
		}
	}
	return append(goods, next)
}

// find gives the receipt that the report is about: one that exists or, when something has come, a new one.
func (c Receive) find(d *Dock, came bool) (*Receipt, *fault.Error) {
	key := BlindKey(c.NodeID, c.Document)
	r := d.Receipts[c.ID]
	switch {
	case c.Named && r == nil:
		return nil, fault.New(fault.Precondition, ReasonUnknownReceipt, "there is no receipt of this id")
	case !c.Named && c.ASN != "" && c.SupplierID == "":
		return nil, fault.New(fault.Invalid, ReasonSupplierRequired, "a notice's number needs its supplier")
	case !c.Named && c.ASN != "":
		key = NoticeKey(c.SupplierID, c.ASN)
		r = d.Keys[key]
	case !c.Named:
		r = d.Keys[key]
	}
	astray := r != nil && c.NodeID != "" && c.NodeID != r.NodeID
	if astray {
		key = BlindKey(c.NodeID, c.Document)
		r = d.Keys[key]
	}
	switch {
	case r != nil:
		return r, nil
	case c.NodeID == "":
		return nil, fault.New(fault.Invalid, ReasonNodeRequired, "a receipt that nobody has announced needs its place")
	case !d.Nodes[c.NodeID]:
		return nil, fault.New(fault.Precondition, ReasonUnknownNode, "there is no place %q (yet)", c.NodeID)
	case !came:
		return nil, fault.New(fault.Precondition, ReasonUnknownReceipt, "there is no such receipt, and nothing has come")
	}
	r = &Receipt{ID: c.NewID, Key: key, SupplierID: c.SupplierID, NodeID: c.NodeID, State: ReceiptReceiving}
	if !astray {
		r.ASN = c.ASN
	}
	return r, nil
}

// bound refuses what would make the receipt too large to be kept.
func (c Receive) bound(r *Receipt, goods []receivedGoods) *fault.Error {
	lines := len(r.Lines)
	for _, part := range goods {
		if part.Received > maxCounter || part.Damaged+part.OnHold > maxCounter {
			return fault.New(fault.Invalid, ReasonQuantityTooLarge, "%q: that much cannot have come", part.item.SKU)
		}
		line := r.line(part.item.SKU, part.lot)
		if line == nil {
			lines++
			continue
		}
		if _, known := line.By[c.Document]; !known && len(line.By) >= MaxDocuments {
			return fault.New(fault.Precondition, ReasonTooManyDocuments, "a receipt comes in under at most %d documents", MaxDocuments)
		}
	}
	if lines > MaxReceiptLines {
		return fault.New(fault.Precondition, ReasonTooManyLines, "a receipt has at most %d lines", MaxReceiptLines)
	}
	return nil
}

// record merges the counters and tells what is new.
func (c Receive) record(d *Dock, r *Receipt, goods []receivedGoods) {
	var movements []ReceiptMovement
	news := false
	for _, part := range goods {
		line := r.line(part.item.SKU, part.lot)
		if line == nil {
			line = r.add(part.item, part.lot)
		}
		if part.expiresOn != "" {
			news = news || line.ExpiresOn != part.expiresOn
			line.ExpiresOn = part.expiresOn
		}
		if movement := line.merge(c.Document, part.Arrived); movement.Arrived != (Arrived{}) {
			movements = append(movements, movement)
		}
	}
	var events []ReceiptEvent
	if len(movements) > 0 {
		switch r.State {
		case ReceiptExpected:
			r.State = ReceiptReceiving
		case ReceiptCancelled:
			r.State = ReceiptClosed // nothing of it is expected, and some has come
		case ReceiptReceiving, ReceiptClosed:
		}
		events = append(events, ReceiptEvent{Kind: ReceiptWasReceived, Movements: movements})
	}
	if c.Final && (r.State == ReceiptExpected || r.State == ReceiptReceiving) {
		r.State = ReceiptClosed
		events = append(events, ReceiptEvent{Kind: ReceiptWasClosed})
	}
	if news || len(events) > 0 {
		d.tell(r, c.At, events...)
	}
}
