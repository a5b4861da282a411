package domain

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/id"
)

// ReceiveReturn is what came back under one document of a place so far.
type ReceiveReturn struct {
	// NewID is what the return gets if it is a blind one that is new.
	NewID uuid.UUID
	// ID names the return when Named is set; else place and document do.
	ID               uuid.UUID
	Named            bool
	NodeID, Document string
	// AccountID and PartnerID are for a blind return.
	AccountID, PartnerID string
	Lines                []ReturnedLine
	At                   time.Time
}

// ReturnedLine is the counter of one line.
type ReturnedLine struct {
	// Position is 0 where shipment line, item and lot say which line it is.
	Position                 int32
	ShipmentLineID, SKU, Lot string
	Received                 int64
}

// Need implements ReturnCommand.
func (c ReceiveReturn) Need(needs *Needs) {
	needs.IDs = append(needs.IDs, c.ID)
	needs.Keys = append(needs.Keys, BlindKey(c.NodeID, c.Document))
	needs.Nodes = append(needs.Nodes, c.NodeID)
	for _, line := range c.Lines {
		needs.needLine(line.ShipmentLineID)
		needs.SKUs = append(needs.SKUs, line.SKU)
	}
}

// Decide implements ReturnCommand. What came is a fact: it is recorded in every state of the return. What is beyond what
// is allowed is blind. Goods that came to another place than the first ones of their return are a blind return of that
// place. Refusals: UNKNOWN_RETURN, NODE_REQUIRED, UNKNOWN_NODE, UNKNOWN_LINE, UNKNOWN_SHIPMENT_LINE, ORDERS_DIFFER,
// ITEM_REQUIRED, ITEM_DIFFERS, UNKNOWN_ITEM, NOT_STOCKED, LOT_REQUIRED, TOO_MANY_DOCUMENTS, TOO_MANY_LINES.
func (c ReceiveReturn) Decide(d *ReturnDesk) ReturnOutcome {
	r, flaw := c.find(d)
	if flaw != nil {
		return ReturnOutcome{Refusal: flaw}
	}
	draft := r.snapshot() // so that a report that is refused at its last line has changed nothing
	counters := make(map[int32]int64, len(c.Lines))
	for _, told := range c.Lines {
		line, flaw := c.resolve(d, &draft, told)
		if flaw != nil {
			return ReturnOutcome{Refusal: flaw}
		}
		counters[line.Position] += told.Received
	}
	before, news := r.snapshot(), false
	for _, position := range slices.Sorted(maps.Keys(counters)) {
		line := draft.line(position)
		if _, known := line.Arrived[c.Document]; !known && len(line.Arrived) >= MaxDocuments {
			return ReturnOutcome{Refusal: tooManyDocuments()}
		}
		if counters[position] > maxCounter {
			return decline(fault.Invalid, ReasonQuantityTooLarge, "line %d: that much cannot have come", position)
		}
		if line.Arrived == nil {
			line.Arrived = make(map[string]int64, 1)
		}
		news = news || line.Arrived[c.Document] < counters[position]
		line.Arrived[c.Document] = max(line.Arrived[c.Document], counters[position])
		line.settle()
	}
	if len(draft.Lines) > MaxReturnLines {
		return decline(fault.Precondition, ReasonTooManyLines, "a return has at most %d lines", MaxReturnLines)
	}
	if !news {
		return ReturnOutcome{Return: r}
	}
	movements := draft.movedSince(&before, func(*ReturnLine) bool { return true })
	if !r.Arrived() && c.NodeID != "" {
		draft.NodeID = c.NodeID
	}
	draft.Closing = draft.Closing && len(movements) == 0
	*r = draft
	if d.Returns[r.ID] == nil {
		d.create(r)
	}
	if len(movements) == 0 { // an inspection has told of them before
		return d.tell(r, c.At)
	}
	return d.tell(r, c.At, ReturnEvent{Kind: ReturnWasReceived, Movements: movements})
}

// find gives the return that the report is about: one that exists, or a new blind one.
func (c ReceiveReturn) find(d *ReturnDesk) (*Return, *fault.Error) {
	r := d.Keys[BlindKey(c.NodeID, c.Document)]
	if c.Named {
		if r = d.Returns[c.ID]; r == nil {
			return nil, fault.New(fault.Precondition, ReasonUnknownReturn, "there is no return of this id")
		}
		if c.NodeID != "" && r.NodeID != c.NodeID && r.Arrived() {
			r = d.Keys[BlindKey(c.NodeID, c.Document)]
		}
	}
	switch {
	case c.NodeID == "" && r == nil:
		return nil, fault.New(fault.Invalid, ReasonNodeRequired, "a blind return needs the place where it is")
	case c.NodeID != "" && !d.Nodes[c.NodeID]:
		return nil, fault.New(fault.Precondition, ReasonUnknownNode, "there is no place %q (yet)", c.NodeID)
	case r != nil && (r.NodeID != "" || c.NodeID != ""):
		return r, nil
	case r != nil:
		return nil, fault.New(fault.Invalid, ReasonNodeRequired, "the return has no place yet: name the one where it is")
	}
	return &Return{
		ID: c.NewID, Key: BlindKey(c.NodeID, c.Document), RMA: id.Format(id.Return, c.NewID), NodeID: c.NodeID,
		AccountID: c.AccountID, PartnerID: c.PartnerID, State: ReturnReceiving, Decided: true,
	}, nil
}

// resolve finds the line that a report is about in the draft, or adds one. Goods of another lot than the line's are a line
// of their own; a line without lot takes that of the first goods that come.
func (c ReceiveReturn) resolve(d *ReturnDesk, draft *Return, told ReturnedLine) (*ReturnLine, *fault.Error) {
	wanted, flaw := c.wanted(d, draft, told)
	if flaw != nil {
		return nil, flaw
	}
	if wanted.Service {
		return nil, fault.New(fault.Invalid, ReasonNotStocked, "%q is a service: nothing of it comes back", wanted.SKU)
	}
	if item, known := d.Items[ItemKey(wanted.SKU)]; known {
		if _, wanted.Lot, flaw = d.goods(item.SKU, cmp.Or(told.Lot, wanted.Lot)); flaw != nil {
			return nil, flaw
		}
	}
	named := draft.line(told.Position)
	if named != nil && named.Lot == wanted.Lot {
		return named, nil // the item may stand on other lines too
	}
	var fresh *ReturnLine
	for i := range draft.Lines {
		line := &draft.Lines[i]
		switch {
		case line.ShipmentLineID != wanted.ShipmentLineID || line.SKU != wanted.SKU || line.Service:
		case line.Lot == wanted.Lot:
			return line, nil
		case line.Lot == "" && line.Received == 0:
			fresh = line
		}
	}
	if fresh != nil {
		fresh.Lot = wanted.Lot
		return fresh, nil
	}
	return draft.add(wanted), nil
}

// wanted is the line that a report names, as it would be added.
func (c ReceiveReturn) wanted(d *ReturnDesk, draft *Return, told ReturnedLine) (ReturnLine, *fault.Error) {
	if told.Position > 0 {
		line := draft.line(told.Position)
		if line == nil {
			return ReturnLine{}, fault.New(fault.Precondition, ReasonUnknownLine, "the return has no line %d", told.Position)
		}
		return ReturnLine{
			ShipmentLineID: line.ShipmentLineID, OrderLine: line.OrderLine, SKU: line.SKU, Scale: line.Scale, Lot: line.Lot,
			BaseUnit: line.BaseUnit, Service: line.Service, Unbilled: line.Unbilled, TaxClass: line.TaxClass,
		}, nil
	}
	if told.ShipmentLineID == "" {
		if told.SKU == "" {
			return ReturnLine{}, fault.New(fault.Invalid, ReasonItemRequired, "a line names its position, shipment line or item")
		}
		item, flaw := d.item(told.SKU)
		if flaw != nil {
			return ReturnLine{}, flaw
		}
		if known := onlyLine(draft, item.SKU); known != nil {
			return c.wanted(d, draft, ReturnedLine{Position: known.Position})
		}
		return ReturnLine{SKU: item.SKU, Scale: item.Scale, BaseUnit: item.BaseUnit, TaxClass: standardTax}, nil
	}
	origin, shipped := d.shipped(told.ShipmentLineID)
	switch {
	case shipped == nil:
		return ReturnLine{}, fault.New(fault.Precondition, ReasonUnknownShipment, "there is no shipment line %q", told.ShipmentLineID)
	case draft.OrderID != "" && draft.OrderID != origin.OrderID:
		return ReturnLine{}, fault.New(fault.Invalid, ReasonOrdersDiffer, "one return is of one order: report it under a document of its own")
	case told.SKU != "" && ItemKey(told.SKU) != ItemKey(shipped.SKU):
		return ReturnLine{}, fault.New(fault.Invalid, ReasonItemDiffers, "the shipment line is of %q", shipped.SKU)
	}
	draft.OrderID = origin.OrderID
	draft.PartnerID, draft.AccountID = cmp.Or(draft.PartnerID, origin.PartnerID), cmp.Or(draft.AccountID, origin.AccountID)
	return returnLine(shipped), nil
}

// onlyLine is the line of an item, when the return has goods of it on one line or on several of one reference.
func onlyLine(r *Return, sku string) *ReturnLine {
	var only *ReturnLine
	for i := range r.Lines {
		line := &r.Lines[i]
		switch {
		case line.SKU != sku || line.Service:
		case only == nil:
			only = line
		case only.ShipmentLineID != line.ShipmentLineID:
			return nil
		}
	}
	return only
}

func tooManyDocuments() *fault.Error {
	return fault.New(fault.Precondition, ReasonTooManyDocuments, "a return is reported on under at most %d documents", MaxDocuments)
}
