package reconcile

// Side is a figure of a service.
type Side struct{ Role, Figure string }

// Equation is a rule between the books of services.
type Equation struct {
	// Name is the rule's number in the specification with "mesh", such as "mesh.L4".
	Name string
	// Rule is the formula, with who says what.
	Rule string
	// Description says in a sentence what it means when the rule is broken.
	Description string
	// Left and Right are the sides. Several figures of one side follow each other in the order of their keys.
	Left, Right []Side
	// Only restricts what is compared to the subjects that this figure names.
	Only *Side
	// LeftOnly: what only the right side mentions is not compared.
	LeftOnly bool
	// Nothing is what a side says of what it does not mention.
	Nothing string
	// UnderWay names subjects of which something is under way by other means than an event: what is said of them may differ.
	UnderWay []Side
	// Drains: what is under way stands in a queue for an outside system, and it is worth to wait for it.
	Drains bool
}

// Equations are the rules between the services. `waybill check` and the reconciliation of operations know no others.
func Equations() []Equation {
	return append(documentEquations(), orderEquations()...)
}

// documentEquations are about documents in two books.
func documentEquations() []Equation {
	return []Equation{
		{
			Name: "mesh.erp", Rule: "order: accepted and ended, billing: issued and written off = ERP: posted, per document with its total",
			Description: "the ERP lacks a document, has one that we do not have, or another total; an order would stay open there for ever",
			Left: []Side{
				{"billing", "billing.credit_memos"}, {"billing", "billing.invoices"}, {"billing", "billing.write_offs"}, {"order", "order.documents"},
			},
			Right: []Side{{"connector-erp", "erp.posted"}}, Nothing: "0",
			UnderWay: []Side{{"backoffice", "backoffice.waiting"}}, Drains: true,
		},
		{
			Name: "mesh.L5", Rule: "billing: invoiced = fulfillment: shipped, per shipment line",
			Description: "something was shipped and not invoiced, or invoiced and not shipped",
			Left:        []Side{{"billing", "billing.shipment_lines"}},
			Right:       []Side{{"fulfillment", "fulfillment.shipment_lines"}}, Nothing: "0",
		},
		{
			Name: "mesh.B4", Rule: "billing: snapshot = order: snapshot, per accepted order",
			Description: "an order would be invoiced at other prices than it was accepted at",
			Left:        []Side{{"order", "order.snapshot"}}, Right: []Side{{"billing", "billing.snapshot"}}, LeftOnly: true,
			UnderWay: []Side{atWork()},
		},
	}
}

// orderEquations are about quantities of order lines.
func orderEquations() []Equation {
	return []Equation{
		{
			Name: "mesh.L4", Rule: "order: reserved + released = inventory: remaining, per line and place",
			Description: "stock is promised to an order that does not count on it, or an order counts on stock that is not promised to it",
			Left:        []Side{{"order", "order.promised"}}, Right: []Side{{"inventory", "inventory.reserved"}}, Nothing: "0",
			UnderWay: []Side{atWork()},
		},
		{
			Name: "mesh.shipped", Rule: "order: shipped = fulfillment: shipped, per line",
			Description: "an order does not know what of it has left",
			Left:        []Side{{"order", "order.shipped"}}, Right: []Side{{"fulfillment", "fulfillment.shipped"}}, Nothing: "0",
		},
		{
			Name: "mesh.invoiced", Rule: "order: invoiced = billing: issued, per line",
			Description: "an order does not know what of it is invoiced",
			Left:        []Side{{"order", "order.invoiced"}}, Right: []Side{{"billing", "billing.invoiced"}}, Nothing: "0",
		},
		{
			Name: "mesh.waiting", Rule: "order: backordered = inventory: waits, per line",
			Description: "an order waits for stock that nobody will give it, or stock will be given to what does not wait",
			Left:        []Side{{"order", "order.backordered"}}, Right: []Side{{"inventory", "inventory.waiting"}}, Nothing: "0",
			UnderWay: []Side{atWork()},
		},
		{
			Name: "mesh.backlog", Rule: "order: backordered = billing: waits, per line of orders that weigh it less than in full",
			Description: "an order weighs more or less in the exposure of its account than its backlog says",
			Left:        []Side{{"order", "order.backordered"}}, Right: []Side{{"billing", "billing.backlog"}}, Nothing: "0",
			Only: &Side{"billing", "billing.backlog_followed"}, UnderWay: []Side{atWork()},
		},
		{
			Name: "mesh.payments", Rule: "billing: authorised and not captured = 0, per order of which nothing remains",
			Description: "money of a customer stays reserved for an order of which nothing remains",
			Left:        []Side{{"billing", "billing.standing"}}, Nothing: "0",
			Only: &Side{"order", "order.ended"}, UnderWay: []Side{{"billing", "billing.asking_providers"}},
		},
	}
}

// atWork are the orders at which a process is at work: what it has asked for and what it has noted may differ.
func atWork() Side { return Side{"order", "order.at_work"} }
