package domain_test

import (
	"fmt"
	"slices"

	"github.com/google/uuid"

	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/services/fulfillment/internal/domain"
)

// office is a desk that goes on from set to set, as if each had been stored and loaded again.
type office struct {
	t    reporter
	desk *domain.ReturnDesk
	// told are the events since the last call of kinds, all those of ever.
	told, all []domain.ReturnEvent
	serial    byte
}

// goods and parts are one item without lots and one with; carriage is a service.
var catalog = domain.Catalog{
	Items: map[string]domain.Item{
		"goods":    {SKU: "GOODS", BaseUnit: "EA"},
		"lotted":   {SKU: "LOTTED", BaseUnit: "EA", LotTracked: true},
		"carriage": {SKU: "CARRIAGE", BaseUnit: "EA", Service: true},
		"metre":    {SKU: "METRE", BaseUnit: "M", Scale: 2},
	},
	Nodes: map[string]bool{"LEEDS": true, "YORK": true},
}

func newOffice(t reporter) *office {
	return &office{t: t, desk: &domain.ReturnDesk{
		Now: at, Catalog: catalog, Returns: map[uuid.UUID]*domain.Return{}, Keys: map[string]*domain.Return{},
		Shipments: map[uuid.UUID]domain.Origin{}, Allowances: map[string]*domain.Allowance{}, Policy: domain.ReturnPolicy{ValidDays: 30},
	}}
}

// newID is a new id, the same in each run.
func (o *office) newID() uuid.UUID {
	o.serial++
	return uuid.UUID{15: o.serial, 6: 0x70, 8: 0x80}
}

// shipped adds a shipment and gives the ids of its lines.
func (o *office) shipped(lines ...domain.ShipmentLine) []string {
	shipment := &domain.Shipment{ID: o.newID(), OrderID: "ord_1", PartnerID: "acme", NodeID: "LEEDS", ShippedAt: at.AddDate(0, 0, -3)}
	var ids []string
	for i, line := range lines {
		line.ID, line.Line, line.BaseUnit = fmt.Sprintf("%s/%d", id.Format(id.Shipment, shipment.ID), i+1), int32(i+1), "EA"
		shipment.Lines = append(shipment.Lines, line)
		o.desk.Allowances[line.ID] = &domain.Allowance{ShipmentLineID: line.ID, ShipmentID: shipment.ID, Shipped: line.Quantity}
		ids = append(ids, line.ID)
	}
	o.desk.Shipments[shipment.ID] = domain.Origin{Shipment: shipment, AccountID: "CUST-1"}
	return ids
}

// apply carries out commands as one set.
func (o *office) apply(commands ...domain.ReturnCommand) []domain.ReturnOutcome {
	outcomes := o.desk.Apply(commands)
	o.told, o.all = append(o.told, o.desk.Changes.Events...), append(o.all, o.desk.Changes.Events...)
	o.desk.Changes = domain.ReturnChanges{}
	return outcomes
}

// one carries out a command that must not be refused.
func (o *office) one(command domain.ReturnCommand) *domain.Return {
	o.t.Helper()
	outcome := o.apply(command)[0]
	if outcome.Refusal != nil {
		o.t.Fatalf("%T refused: %v", command, outcome.Refusal)
	}
	return outcome.Return
}

// refused carries out a command and expects the reason.
func (o *office) refused(reason string, command domain.ReturnCommand) *fault.Error {
	o.t.Helper()
	before := len(o.all)
	outcome := o.apply(command)[0]
	if outcome.Refusal == nil || outcome.Refusal.Reason != reason {
		o.t.Fatalf("%T: got %v, want a refusal %s", command, outcome.Refusal, reason)
	}
	if len(o.all) != before {
		o.t.Errorf("%T was refused, and told all the same", command)
	}
	return outcome.Refusal
}

// ask is a request by somebody who may decide it.
func (o *office) ask(lines ...domain.ReturnAsk) domain.RequestReturn {
	return domain.RequestReturn{ID: o.newID(), MayAuthorize: true, Lines: lines}
}

func refer(shipmentLine, quantity string) domain.ReturnAsk {
	return domain.ReturnAsk{ShipmentLineID: shipmentLine, Quantity: quantity}
}

// came is a report of what came back of one line.
func came(r *domain.Return, document string, position int32, received int64) domain.ReceiveReturn {
	return domain.ReceiveReturn{ID: r.ID, Named: true, Document: document, Lines: []domain.ReturnedLine{
		{Position: position, Received: received},
	}}
}

func found(r *domain.Return, document string, position int32, inspection domain.Inspection) domain.Inspect {
	line := domain.InspectedLine{Position: position, Inspection: inspection}
	if inspection.Withheld > 0 {
		line.WithheldReason = "broken by the customer"
	}
	return domain.Inspect{ID: r.ID, Document: document, Lines: []domain.InspectedLine{line}}
}

func restock(quantity int64) domain.Inspection {
	return domain.Inspection{Split: domain.Split{Restocked: quantity}}
}

// credited is a memo for all that is due on the lines of the return.
func creditAll(r *domain.Return) domain.CreditReturn {
	memo := domain.CreditReturn{ID: r.ID}
	for _, line := range r.Lines {
		if due := line.Credited - line.CreditIssued; due > 0 {
			memo.Lines = append(memo.Lines, domain.CreditedLine{ShipmentLineID: line.ShipmentLineID, SKU: line.SKU, Quantity: fmt.Sprint(due)})
		}
	}
	return memo
}

// kinds are the kinds of the events since the last call.
func (o *office) kinds() []domain.ReturnEventKind {
	var kinds []domain.ReturnEventKind
	for _, event := range o.told {
		kinds = append(kinds, event.Kind)
	}
	o.told = nil
	return kinds
}

// tells expects the events since the last call.
func (o *office) tells(kinds ...domain.ReturnEventKind) {
	o.t.Helper()
	if got := o.kinds(); !slices.Equal(got, kinds) {
		o.t.Errorf("told %v, want %v", got, kinds)
	}
}

func (o *office) state(r *domain.Return, want domain.ReturnState) {
	o.t.Helper()
	if r.State != want {
		o.t.Errorf("the return is %s, want %s", r.State, want)
	}
}
