package domain

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/quantity"
)

// Announce is a supplier's notice.
type Announce struct {
	// ID is what the receipt gets if it is new.
	ID                                     uuid.UUID
	SupplierID, ASN, PurchaseOrder, NodeID string
	ExpectedAt                             time.Time
	Lines                                  []AnnouncedLine
}

// AnnouncedLine is one line of a notice, as it was sent.
type AnnouncedLine struct {
	SKU, Lot string
	// Quantity is a decimal in the base unit.
	Quantity  string
	ExpiresOn string
}

// Need implements ReceiptCommand.
func (c Announce) Need(needs *Needs) {
	needs.Keys = append(needs.Keys, NoticeKey(c.SupplierID, c.ASN))
	needs.Nodes = append(needs.Nodes, c.NodeID)
	for _, line := range c.Lines {
		needs.SKUs = append(needs.SKUs, line.SKU)
	}
}

// Decide implements ReceiptCommand. The same notice again changes nothing; another one replaces what was announced while
// nothing has arrived. Goods that came ahead of their first notice keep their lines.
func (c Announce) Decide(d *Dock) ReceiptOutcome {
	lines, flaw := c.read(d)
	if flaw != nil {
		return ReceiptOutcome{Refusal: flaw}
	}
	r := d.Keys[NoticeKey(c.SupplierID, c.ASN)]
	switch {
	case r == nil:
		r = d.create(&Receipt{
			ID: c.ID, Key: NoticeKey(c.SupplierID, c.ASN), SupplierID: c.SupplierID, ASN: c.ASN, State: ReceiptExpected,
		})
	case r.Announced && c.same(r, lines):
		return ReceiptOutcome{Receipt: r}
	case r.Announced && (r.Arrived() || r.State == ReceiptClosed):
		return refuse(fault.Precondition, ReasonReceiptStarted, "notice %q was announced otherwise, and some of it has arrived", c.ASN)
	case r.Arrived() && r.NodeID != c.NodeID:
		return refuse(fault.Precondition, ReasonReceiptStarted, "some of notice %q has arrived at %q", c.ASN, r.NodeID)
	case !r.Arrived():
		r.Lines, r.State = nil, ReceiptExpected
	}
	r.Announced, r.NodeID, r.PurchaseOrder, r.ExpectedAt = true, c.NodeID, c.PurchaseOrder, c.ExpectedAt
	for _, told := range lines {
		line := r.line(told.SKU, told.Lot)
		if line == nil {
			line = r.add(Item{SKU: told.SKU, Scale: told.Scale, BaseUnit: told.BaseUnit}, told.Lot)
		}
		line.Expected, line.ExpiresOn = told.Expected, told.ExpiresOn
	}
	d.tell(r, time.Time{}, ReceiptEvent{Kind: ReceiptWasAnnounced})
	return ReceiptOutcome{Receipt: r}
}

// read turns the lines as they were sent into those of a receipt; lines of one item and lot are added up.
func (c Announce) read(d *Dock) ([]ReceiptLine, *fault.Error) {
	var wrong flaws
	if !d.Nodes[c.NodeID] {
		wrong.say("node_id", ReasonUnknownNode, "there is no place %q (yet)", c.NodeID)
	}
	summed := Receipt{}
	for i, sent := range c.Lines {
		item, lot, flaw := d.goods(sent.SKU, sent.Lot)
		if flaw != nil {
			wrong.add(fmt.Sprintf("lines[%d].%s", i, goodsField(flaw)), flaw)
			continue
		}
		base, flaw := readQuantity(sent.Quantity, item.Scale)
		wrong.add(fmt.Sprintf("lines[%d].quantity", i), flaw)
		wrong.add(fmt.Sprintf("lines[%d].expires_on", i), checkDay(sent.ExpiresOn))
		line := summed.line(item.SKU, lot)
		if line == nil {
			line = summed.add(item, lot)
		}
		line.Expected += min(base, math.MaxInt64-line.Expected)
		line.ExpiresOn = max(line.ExpiresOn, sent.ExpiresOn)
	}
	return summed.Lines, wrong.found
}

// same reports whether a notice says what was announced already.
func (c Announce) same(r *Receipt, lines []ReceiptLine) bool {
	if r.State == ReceiptCancelled || r.NodeID != c.NodeID || r.PurchaseOrder != c.PurchaseOrder ||
		!r.ExpectedAt.Equal(c.ExpectedAt) {
		return false
	}
	announced := slices.DeleteFunc(slices.Clone(r.Lines), func(l ReceiptLine) bool { return l.Expected == 0 })
	return len(announced) == len(lines) && !slices.ContainsFunc(lines, func(told ReceiptLine) bool {
		known := r.line(told.SKU, told.Lot)
		return known == nil || known.Expected != told.Expected || known.ExpiresOn != told.ExpiresOn
	})
}

// goodsField is the field that a flaw of an item and its lot is about.
func goodsField(flaw *fault.Error) string {
	if flaw.Reason == ReasonLotRequired {
		return "lot"
	}
	return "sku"
}

// readQuantity reads a positive decimal in the base unit.
func readQuantity(text string, scale int32) (int64, *fault.Error) {
	base, err := quantity.ToBase(text, quantity.One, int(scale))
	if err == nil {
		return base, nil
	}
	if flaw, ok := fault.As(err); ok {
		return 0, flaw
	}
	return 0, fault.New(fault.Invalid, quantity.ReasonInvalid, "the quantity cannot be read")
}

// checkDay refuses what is no day of the calendar; no day at all is one.
func checkDay(text string) *fault.Error {
	if text == "" {
		return nil
	}
	if _, err := time.Parse(time.DateOnly, text); err != nil {
		return fault.New(fault.Invalid, ReasonDateInvalid, "%q is no day: YYYY-MM-DD is expected", text)
	}
	return nil
}

// EndReceipt closes a receipt, or withdraws its notice.
type EndReceipt struct {
	ID uuid.UUID
	// Cancel: nothing may have arrived.
	Cancel bool
}

// Need implements ReceiptCommand.
func (c EndReceipt) Need(needs *Needs) { needs.IDs = append(needs.IDs, c.ID) }

// Decide implements ReceiptCommand. What has ended already stays as it is.
func (c EndReceipt) Decide(d *Dock) ReceiptOutcome {
	r := d.Receipts[c.ID]
	ended := r != nil && (r.State == ReceiptCancelled || r.State == ReceiptClosed && !c.Cancel)
	switch {
	case r == nil:
		return refuse(fault.NotFound, ReasonUnknownReceipt, "there is no receipt %s", c.ID)
	case ended:
		return ReceiptOutcome{Receipt: r}
	case c.Cancel && r.State != ReceiptExpected:
		return refuse(fault.Precondition, ReasonReceiptStarted, "some of it has arrived, or it is closed")
	case c.Cancel:
		r.State = ReceiptCancelled
	default:
		r.State = ReceiptClosed
	}
	d.tell(r, time.Time{}, ReceiptEvent{Kind: ReceiptWasClosed})
	return ReceiptOutcome{Receipt: r}
}
