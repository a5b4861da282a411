package domain

import (
	"bytes"
	"cmp"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/id"
)

// RequestReturn is a partner's question whether goods may come back.
type RequestReturn struct {
	// ID is what the return gets if it is new.
	ID uuid.UUID
	// Caller is the partner that asks; empty for somebody who may see everything.
	Caller string
	// MayAuthorize: the caller may decide it. ForReview: it is to be decided by somebody else all the same.
	MayAuthorize, ForReview           bool
	PartnerID, RMA, AccountID, NodeID string
	Lines                             []ReturnAsk
	Reason, CurrencyCode, ExpiresOn   string
	// Hash stands for the content.
	Hash []byte
}

// ReturnAsk is one line of it, as it was sent.
type ReturnAsk struct {
	ShipmentLineID, SKU string
	// Quantity is a decimal in the base unit.
	Quantity, Lot, AgreedPrice, TaxClass string
	FeeBP                                int32
}

// Need implements ReturnCommand.
func (c RequestReturn) Need(needs *Needs) {
	if c.RMA != "" {
		needs.Keys = append(needs.Keys, PartnerKey(c.PartnerID, c.RMA))
	}
	needs.Nodes = append(needs.Nodes, c.NodeID)
	for _, line := range c.Lines {
		needs.needLine(line.ShipmentLineID)
		needs.Allowances = append(needs.Allowances, line.ShipmentLineID)
		needs.SKUs = append(needs.SKUs, line.SKU)
	}
}

// Decide implements ReturnCommand. It is authorised at once when the caller or the policy may.
func (c RequestReturn) Decide(d *ReturnDesk) ReturnOutcome {
	if known := d.Keys[PartnerKey(c.PartnerID, c.RMA)]; c.RMA != "" && known != nil {
		if !bytes.Equal(known.Hash, c.Hash) {
			return decline(fault.AlreadyExists, ReasonReturnDiffers, "return %q was asked for with another content", c.RMA)
		}
		return ReturnOutcome{Return: known}
	}
	asked := &asking{RequestReturn: c, d: d, r: &Return{
		ID: c.ID, RMA: c.RMA, PartnerID: c.PartnerID, AccountID: c.AccountID, NodeID: c.NodeID, CurrencyCode: c.CurrencyCode,
		Reason: c.Reason, ExpiresOn: c.ExpiresOn, State: ReturnRequested, Hash: c.Hash,
	}}
	for i := range c.Lines {
		asked.line(i)
	}
	if asked.whole(); asked.wrong.found != nil {
		return ReturnOutcome{Refusal: asked.wrong.found}
	}
	r := asked.r
	r.RMA = cmp.Or(r.RMA, id.Format(id.Return, r.ID))
	r.Key = PartnerKey(r.PartnerID, r.RMA)
	d.create(r)
	events := []ReturnEvent{{Kind: ReturnWasRequested}}
	if !c.ForReview && (c.MayAuthorize || asked.granted) {
		for i := range r.Lines {
			d.allow(&r.Lines[i], r.Lines[i].Requested)
			r.Lines[i].settle()
		}
		r.authorize(d)
		events = append(events, ReturnEvent{Kind: ReturnWasAuthorized})
	}
	return d.tell(r, time.Time{}, events...)
}

// authorize moves a return on that may come.
func (r *Return) authorize(d *ReturnDesk) {
	r.Decided, r.Closing = true, false
	if r.State == ReturnRequested {
		r.State = ReturnAuthorized
	}
	if r.ExpiresOn == "" && d.Policy.ValidDays > 0 {
		r.ExpiresOn = d.Now.AddDate(0, 0, d.Policy.ValidDays).Format(time.DateOnly)
	}
}

// asking turns a request into a return, and collects what is wrong with it.
type asking struct {
	RequestReturn
	d     *ReturnDesk
	r     *Return
	wrong flaws
	// taken is what the lines so far ask of each shipment line.
	taken map[string]int64
	// priced: a line has an agreed price. referred: a line has a reference.
	priced, referred bool
	// granted: the policy authorises all lines so far.
	granted bool
}

// line reads one line.
func (a *asking) line(i int) {
	ask := a.Lines[i]
	path := fmt.Sprintf("lines[%d].", i)
	var line ReturnLine
	var flaw *fault.Error
	if ask.ShipmentLineID != "" {
		line, flaw = a.reference(i)
		a.wrong.add(path+"shipment_line_id", flaw)
	} else {
		line, flaw = a.unreferenced(ask)
		a.wrong.add(path+"sku", flaw)
	}
	if flaw != nil {
		return
	}
	if ask.FeeBP != 0 && !a.MayAuthorize {
		a.wrong.say(path+"restocking_fee_bp", ReasonFeeDenied, "the fee is set by who authorises the return")
	}
	line.FeeBP = ask.FeeBP
	line.Lot = cmp.Or(ask.Lot, line.Lot)
	for _, other := range a.r.Lines { // without reference each line has a price of its own, and is rounded by itself
		if line.ShipmentLineID != "" && other.ShipmentLineID == line.ShipmentLineID && other.Lot == line.Lot {
			a.wrong.say(path+"sku", ReasonLineTwice, "this item stands twice")
		}
	}
	line.Requested, flaw = readQuantity(ask.Quantity, line.Scale)
	a.wrong.add(path+"quantity", flaw)
	if flaw == nil && line.ShipmentLineID != "" {
		a.wrong.add(path+"quantity", a.take(line.ShipmentLineID, line.Requested))
	}
	a.r.add(line)
}

// reference reads a line that names a shipment line, and completes the return by where it came from.
func (a *asking) reference(i int) (ReturnLine, *fault.Error) {
	ask := a.Lines[i]
	origin, shipped := a.d.shipped(ask.ShipmentLineID)
	switch {
	case shipped == nil || a.Caller != "" && origin.PartnerID != a.Caller:
		return ReturnLine{}, fault.New(fault.Invalid, ReasonUnknownShipment, "there is no shipment line %q", ask.ShipmentLineID)
	case a.r.OrderID != "" && a.r.OrderID != origin.OrderID:
		return ReturnLine{}, fault.New(fault.Invalid, ReasonOrdersDiffer, "one return is of one order")
	case ask.SKU != "" && ItemKey(ask.SKU) != ItemKey(shipped.SKU):
		return ReturnLine{}, fault.New(fault.Invalid, ReasonItemDiffers, "the shipment line is of %q", shipped.SKU)
	case ask.AgreedPrice != "" || ask.TaxClass != "":
		return ReturnLine{}, fault.New(fault.Invalid, ReasonHasReference, "the line is credited as it was invoiced")
	case (a.PartnerID != "" || a.RMA != "") && a.PartnerID != origin.PartnerID:
		return ReturnLine{}, fault.New(fault.Invalid, ReasonPartnerMismatch, "partner and number are those of whom it was shipped to")
	case a.AccountID != "" && a.AccountID != origin.AccountID:
		return ReturnLine{}, fault.New(fault.Invalid, ReasonAccountDiffers, "the shipment line is another customer's")
	}
	if !a.referred {
		a.referred, a.granted = true, true
	}
	a.granted = a.granted && a.d.Policy.AuthorizeWithin > 0 && a.d.Now.Sub(origin.ShippedAt) <= a.d.Policy.AuthorizeWithin
	a.r.OrderID, a.r.PartnerID, a.r.AccountID = origin.OrderID, origin.PartnerID, origin.AccountID
	if !shipped.Service {
		a.r.NodeID = cmp.Or(a.r.NodeID, origin.NodeID)
	}
	return returnLine(shipped), nil
}

// unreferenced reads a line of which no shipment is known.
func (a *asking) unreferenced(ask ReturnAsk) (ReturnLine, *fault.Error) {
	item, known := a.d.Items[ItemKey(ask.SKU)]
	switch {
	case !a.MayAuthorize:
		return ReturnLine{}, fault.New(fault.Denied, ReasonReferenceRequired, "name the shipment line that comes back")
	case !known:
		return ReturnLine{}, fault.New(fault.Invalid, ReasonUnknownItem, "there is no item %q (yet)", ask.SKU)
	}
	a.priced = a.priced || ask.AgreedPrice != ""
	return ReturnLine{
		SKU: item.SKU, Scale: item.Scale, BaseUnit: item.BaseUnit, Service: item.Service, AgreedPrice: ask.AgreedPrice,
		TaxClass: cmp.Or(ask.TaxClass, standardTax),
	}, nil
}

// standardTax is the tax class of what names none.
const standardTax = "standard"

// take counts what is asked of a shipment line, over all lines of the request.
func (a *asking) take(shipmentLine string, quantity int64) *fault.Error {
	if a.taken == nil {
		a.taken = make(map[string]int64)
	}
	free := a.d.Allowances[shipmentLine].Free() - a.taken[shipmentLine]
	if quantity > free {
		return notReturnable(shipmentLine, free)
	}
	a.taken[shipmentLine] += quantity
	return nil
}

// whole checks what concerns the return as a whole.
func (a *asking) whole() {
	r := a.r
	a.wrong.add("expires_on", checkDay(r.ExpiresOn))
	if a.priced && r.AccountID == "" {
		a.wrong.say("account_id", ReasonAccountRequired, "a credit needs its customer")
	}
	if a.priced && r.CurrencyCode == "" {
		a.wrong.say("currency_code", ReasonCurrencyRequired, "an agreed price needs its currency")
	}
	goods := r.any(func(l *ReturnLine) bool { return !l.Service })
	if goods && r.NodeID == "" {
		a.wrong.say("node_id", ReasonNodeRequired, "goods need a place to which they go")
	}
	if a.NodeID != "" && !a.d.Nodes[a.NodeID] {
		a.wrong.say("node_id", ReasonUnknownNode, "there is no place %q (yet)", a.NodeID)
	}
}

// RecoverShipment authorises the return of all goods of a shipment that may still come back: of one that could not be
// delivered, or of what left unplanned.
type RecoverShipment struct {
	// ID is what the return gets.
	ID         uuid.UUID
	ShipmentID uuid.UUID
	// UnplannedOnly leaves out what was asked for.
	UnplannedOnly bool
	Reason        string
}

// Need implements ReturnCommand.
func (c RecoverShipment) Need(needs *Needs) {
	needs.Shipments = append(needs.Shipments, c.ShipmentID)
	needs.Whole = true
}

// Decide implements ReturnCommand. Refusals: UNKNOWN_SHIPMENT_LINE, NOT_RETURNABLE.
func (c RecoverShipment) Decide(d *ReturnDesk) ReturnOutcome {
	origin, known := d.Shipments[c.ShipmentID]
	if !known {
		return decline(fault.NotFound, "SHIPMENT_NOT_FOUND", "there is no shipment %s", c.ShipmentID)
	}
	r := &Return{
		ID: c.ID, RMA: id.Format(id.Return, c.ID), OrderID: origin.OrderID, PartnerID: origin.PartnerID,
		AccountID: origin.AccountID, NodeID: origin.NodeID, Reason: c.Reason, State: ReturnRequested,
	}
	r.Key = PartnerKey(r.PartnerID, r.RMA)
	for i := range origin.Lines {
		shipped := &origin.Lines[i]
		free := d.Allowances[shipped.ID].Free()
		if shipped.Service || free == 0 || c.UnplannedOnly && !shipped.Unplanned {
			continue
		}
		line := r.add(returnLine(shipped))
		line.Requested = free
		d.allow(line, free)
	}
	if len(r.Lines) == 0 {
		return decline(fault.Precondition, ReasonNotReturnable, "nothing of the shipment may still come back")
	}
	d.create(r)
	r.authorize(d)
	return d.tell(r, time.Time{}, ReturnEvent{Kind: ReturnWasAuthorized})
}
