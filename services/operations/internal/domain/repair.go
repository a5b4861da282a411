package domain

import (
	"fmt"
	"math/big"
	"strings"
)

// Repair is what repairs a break.
type Repair string

// The repairs.
const (
	ReleasePromise  Repair = "RELEASE_PROMISE"
	RebuildBalance  Repair = "REBUILD_BALANCE"
	Recount         Repair = "RECOUNT"
	PostToERP       Repair = "POST_TO_ERP"
	InvoiceShipment Repair = "INVOICE_SHIPMENT"
	VoidPayment     Repair = "VOID_PAYMENT"
	// ByPerson: no command is safe.
	ByPerson Repair = "PERSON"
)

// Repairs are all repairs.
func Repairs() []Repair {
	return []Repair{ReleasePromise, RebuildBalance, Recount, PostToERP, InvoiceShipment, VoidPayment, ByPerson}
}

// Suggestion is what would repair a break.
type Suggestion struct {
	Repair Repair
	// Guidance says in words what the repair does, or what a person must do.
	Guidance string
}

// InputCounted is the input of a recount.
const InputCounted = "counted"

// Inputs names what a repair needs.
func (r Repair) Inputs() []string {
	if r == Recount {
		return []string{InputCounted}
	}
	return nil
}

// Suggest says what would repair a difference.
func Suggest(d Difference) Suggestion {
	switch d.Equation {
	case "mesh.L4", "mesh.waiting":
		return suggestPromise(d)
	case "mesh.L5":
		if d.Left == nothing {
			return Suggestion{InvoiceShipment, "Billing drafts the invoice of the shipment, of which it has not heard."}
		}
		return person("See which of the two is right: what was invoiced too much is given back by a credit memo (CreateCreditMemo), " +
			"what was invoiced too little needs an invoice by hand.")
	case "mesh.erp":
		return suggestPosting(d)
	case "mesh.payments":
		return Suggestion{VoidPayment, "Billing gives up what the provider has reserved and was not captured."}
	case "inventory.snapshot":
		return Suggestion{Recount, "Somebody counts the item in the place; what was counted becomes the stock."}
	case "inventory.I1", "inventory.I2", "inventory.I3", "inventory.I3.lots", "inventory.I4":
		if d.SKU != "" && d.Node != "" {
			return Suggestion{RebuildBalance, "Inventory sets the balance to what its ledger and its promises say."}
		}
	case "mesh.shipped", "mesh.invoiced", "mesh.B4", "mesh.backlog":
		return person("An event has not taken effect. Look at the dead letters and parked events of the services of the rule, and " +
			"hand them in again; the timeline of the order says which event it is.")
	}
	return person("No command repairs this. Look at the row in the database of the service, and at what its rule means.")
}

// nothing is what a side says of what it does not mention.
const nothing = "0"

func person(guidance string) Suggestion { return Suggestion{ByPerson, guidance} }

func suggestPromise(d Difference) Suggestion {
	excess, ok := Excess(d)
	switch {
	case ok && excess > 0 && d.Order != "":
		return Suggestion{ReleasePromise, fmt.Sprintf("Inventory gives back %d base units that are promised beyond what the order counts on.", excess)}
	case d.Equation == "mesh.waiting":
		return person("The order waits for stock that nobody will give it: cancel what waits of the line (CancelOrder) and order it again.")
	default:
		return person("The order counts on stock that is not promised to it. Cancel that quantity of the line (CancelOrder) and order it " +
			"again. What a warehouse has been told to ship may ship: the shipment then takes free stock.")
	}
}

func suggestPosting(d Difference) Suggestion {
	switch {
	case d.Right == nothing:
		return Suggestion{PostToERP, "The document is queued for the ERP under the id that it has, so that it is there once."}
	case d.Left == nothing:
		return person("The ERP has a document that we do not have, or has closed an order that goes on: find out where it comes from, and " +
			"reverse it there.")
	default:
		return person("The ERP has another total, or closes the order with another quantity: correct it there. The document's content cannot be replaced under its id.")
	}
}

// Excess is by how much the right side is larger; false where the sides are no whole numbers.
func Excess(d Difference) (int64, bool) {
	left, leftOK := new(big.Int).SetString(strings.TrimSpace(d.Left), 10)
	right, rightOK := new(big.Int).SetString(strings.TrimSpace(d.Right), 10)
	if !leftOK || !rightOK {
		return 0, false
	}
	excess := right.Sub(right, left)
	return excess.Int64(), excess.IsInt64()
}

// areas are whose matters the rules between services are; those of a service's own tables are that of the service.
func areas() map[string]Area {
	return map[string]Area{
		"mesh.erp": AreaMoney, "mesh.L5": AreaMoney, "mesh.B4": AreaMoney, "mesh.invoiced": AreaMoney, "mesh.backlog": AreaMoney,
		"mesh.payments": AreaMoney, "mesh.L4": AreaStock, "mesh.waiting": AreaStock,
		"inventory": AreaStock, "billing": AreaMoney, "backoffice": AreaMoney,
	}
}

// AreaOf is whose matter a break of a rule is.
func AreaOf(equation string) Area {
	if area, ok := areas()[equation]; ok {
		return area
	}
	service, _, _ := strings.Cut(equation, ".")
	if area, ok := areas()[service]; ok {
		return area
	}
	return AreaOrders
}

// ReadEntity finds what a row of a service's own tables is about, as far as its name says so: an item and a place of "sku|place", an
// order, shipment, invoice or credit memo by its id, and the number of a line.
func (d *Difference) ReadEntity() {
	switch parts := strings.Split(d.Entity, "|"); d.Equation {
	case "inventory.I1", "inventory.I2", "inventory.I3", "inventory.I3.lots", "inventory.I4", "inventory.frozen", "inventory.snapshot",
		"inventory.safety":
		if len(parts) > 1 {
			d.SKU, d.Node = parts[0], parts[1]
		}
		return
	}
	for _, word := range strings.FieldsFunc(d.Entity, func(r rune) bool { return r == ' ' || r == '/' || r == '|' }) {
		d.ReadID(word)
	}
	if _, line, ok := strings.Cut(d.Entity, " line "); ok {
		_, _ = fmt.Sscanf(line, "%d", &d.Line) // what is no number stays 0
	}
}

// ReadID notes the order or document that an id names.
func (d *Difference) ReadID(name string) {
	prefix, _, _ := strings.Cut(name, "_")
	switch prefix {
	case "ord":
		d.Order, _, _ = strings.Cut(name, "/")
	case "shp", "inv", "crm", "jrn", "pin", "pay", "ful", "ret", "rcp":
		d.Document = name
	}
}
