package order

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"

	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/internal/invariant"
	"github.com/waybill-dev/waybill/services/order/internal/domain"
	"github.com/waybill-dev/waybill/services/order/internal/process"
	"github.com/waybill-dev/waybill/services/order/internal/store"
)

// checkPage is how many orders a check looks at in one snapshot.
const checkPage = 500

// page is a set of orders as one snapshot shows them.
type page struct {
	orders []store.Stored
	// atWork are the orders that have a process.
	atWork map[uuid.UUID]bool
	// calling are those of which a process is not stuck.
	calling   map[uuid.UUID]bool
	documents map[uuid.UUID]store.Document
}

// rule finds what is wrong with one order.
type rule func(p *page, one store.Stored) []invariant.Break

// Checks are the invariants of this service's tables. They run beside the service: each page is one snapshot.
func Checks() []invariant.Check {
	checks := []invariant.Check{
		{
			Name: "order.L1", Rule: "ordered = open + backordered + reserved + released + shipped + cancelled",
			Description: "a unit of an order line is in two places, or in none", Run: overOrders(bucketsAddUp),
		},
		{
			Name: "order.L2", Rule: "invoiced ≤ shipped, at rest invoiced = shipped",
			Description: "something was invoiced that was not shipped, or never invoiced", Run: overOrders(invoicedAtRest),
		},
		{
			Name: "order.places", Rule: "reserved, released, shipped = Σ over the places",
			Description: "an order line does not know where its units are", Run: overOrders(placesAddUp),
		},
		{
			Name: "order.status", Rule: "status, moving = f(state, holds, quantities)",
			Description: "lists show an order under a wrong status", Run: overOrders(statusDerived),
		},
		{
			Name: "order.not_forgotten", Rule: "finished, or has a process, or waits for a person, stock, a warehouse or an invoice",
			Description: "nobody is at work on an order and nothing will wake it", Run: overOrders(notForgotten),
		},
		{
			Name: "order.snapshot", Rule: "ordered and net total = those of the priced order",
			Description: "an order is not what was sent", Run: overOrders(asSent),
		},
		{
			Name: "order.charges", Rule: "each charge = Σ its parts over the lines",
			Description: "a discount, freight or fee is not wholly spread over the lines", Run: overOrders(chargesAddUp),
		},
	}
	for i := range checks {
		checks[i].Examined = invariant.Count("order_state")
	}
	return append(checks, revisionsKept(), invariant.Check{
		Name: "order.pairs", Rule: "every order has one state and the reverse",
		Description: "half of an order is missing",
		Run: invariant.Query(`SELECT coalesce(o.order_id, s.order_id)::text, coalesce(o.order_id::text, ''),
			coalesce(s.order_id::text, ''), '' FROM sales_order AS o FULL OUTER JOIN order_state AS s ON s.order_id = o.order_id
			WHERE o.order_id IS NULL OR s.order_id IS NULL LIMIT 100`),
		Examined: invariant.Count("sales_order"),
	})
}

// revisionsKept: the version of an order that everything reads is the newest of its history, and none is missing.
func revisionsKept() invariant.Check {
	return invariant.Check{
		Name: "order.revisions", Rule: "0, 1, … n without gaps; the order's = n, with the same snapshot",
		Description: "a version of an order is missing, or is not the one that counts",
		Run: invariant.Query(`SELECT o.order_id::text, o.revision::text || ' of ' || (s.progress->>'revision'),
			count(r.revision)::text || ' up to ' || coalesce(max(r.revision)::text, ''), ''
			FROM sales_order AS o JOIN order_state AS s ON s.order_id = o.order_id
			LEFT JOIN order_revision AS r ON r.order_id = o.order_id
			WHERE o.revision > 0 OR s.progress->>'revision' IS NOT NULL
			GROUP BY o.order_id, o.revision, s.progress->>'revision'
			HAVING o.revision::text IS DISTINCT FROM s.progress->>'revision' OR count(r.revision) <> o.revision + 1
				OR max(r.revision) <> o.revision OR bool_and(r.revision < o.revision OR r.snapshot = o.snapshot) IS DISTINCT FROM true
			LIMIT 100`),
		Examined: invariant.Count("order_revision"),
	}
}

func overOrders(broken rule) func(context.Context, *database.DB) ([]invariant.Break, error) {
	return func(ctx context.Context, db *database.DB) ([]invariant.Break, error) {
		var breaks []invariant.Break
		err := eachPage(ctx, db, func(p *page) bool {
			for _, one := range p.orders {
				breaks = append(breaks, broken(p, one)...)
			}
			return len(breaks) < invariant.MaxBreaks
		})
		return breaks[:min(len(breaks), invariant.MaxBreaks)], err
	}
}

// eachPage shows all orders, page by page, until visit has seen enough.
func eachPage(ctx context.Context, db *database.DB, visit func(*page) bool) error {
	var after uuid.UUID
	for {
		p, err := database.Tx(ctx, db, "check_orders", func(tx database.Transaction) (*page, error) {
			return loadPage(ctx, tx, after)
		})
		if err != nil || len(p.orders) == 0 || !visit(p) {
			return err
		}
		after = p.orders[len(p.orders)-1].Order.ID
	}
}

func loadPage(ctx context.Context, tx database.Transaction, after uuid.UUID) (*page, error) {
	orders, err := store.PageOrders(ctx, tx, after, checkPage)
	if err != nil {
		return nil, err
	}
	ids := make([]uuid.UUID, 0, len(orders))
	for _, one := range orders {
		ids = append(ids, one.Order.ID)
	}
	expiry := process.Expiry.Name
	p := &page{orders: orders, atWork: map[uuid.UUID]bool{}, calling: map[uuid.UUID]bool{}}
	processes, err := store.New(tx).FindProcesses(ctx, ids)
	if err != nil {
		return nil, err
	}
	for _, one := range processes {
		// A timer for the last day is no work: it wakes nobody before that day.
		if one.Kind != string(expiry) {
			p.atWork[one.OrderID] = true
			p.calling[one.OrderID] = p.calling[one.OrderID] || one.State == string(process.Active)
		}
	}
	p.documents, err = store.FindDocuments(ctx, tx, ids)
	return p, err
}

func eachLine(one store.Stored, look func(name string, line *domain.Line) []invariant.Break) []invariant.Break {
	var breaks []invariant.Break
	for i := range one.Order.Lines {
		breaks = append(breaks, look(fmt.Sprintf("%s line %d", id.Format(id.Order, one.Order.ID), i+1), &one.Order.Lines[i])...)
	}
	return breaks
}

func bucketsAddUp(_ *page, one store.Stored) []invariant.Break {
	return eachLine(one, func(name string, line *domain.Line) []invariant.Break {
		sum := line.Remaining() + line.Shipped + line.Cancelled
		least := min(line.Open, line.Backordered, line.Reserved, line.Released, line.Shipped, line.Cancelled)
		if sum == line.Ordered && least >= 0 {
			return nil
		}
		return []invariant.Break{{Entity: name, Left: fmt.Sprint(line.Ordered), Right: fmt.Sprint(sum), Detail: fmt.Sprintf("%+v", *line)}}
	})
}

func invoicedAtRest(_ *page, one store.Stored) []invariant.Break {
	moving := one.Order.Moving()
	return eachLine(one, func(name string, line *domain.Line) []invariant.Break {
		if line.Invoiced == line.Shipped && line.Ahead == 0 || moving && line.Invoiced < line.Shipped {
			return nil
		}
		if moving && line.Invoiced == line.Shipped {
			return nil // an invoice has overtaken its shipment's event
		}
		return []invariant.Break{{
			Entity: name, Left: fmt.Sprint(line.Invoiced), Right: fmt.Sprint(line.Shipped), Detail: fmt.Sprintf("ahead %d", line.Ahead),
		}}
	})
}

func placesAddUp(_ *page, one store.Stored) []invariant.Break {
	return eachLine(one, func(name string, line *domain.Line) []invariant.Break {
		var reserved, released, shipped int64
		for _, place := range line.At {
			reserved, released, shipped = reserved+place.Reserved, released+place.Released, shipped+place.Shipped
		}
		if reserved == line.Reserved && released == line.Released && shipped == line.Shipped {
			return nil
		}
		return []invariant.Break{{
			Entity: name, Left: fmt.Sprint(line.Reserved, line.Released, line.Shipped), Right: fmt.Sprint(reserved, released, shipped),
		}}
	})
}

func statusDerived(_ *page, one store.Stored) []invariant.Break {
	status, moving := one.Order.Status(), one.Order.Moving()
	if one.Status == status && one.Moving == moving {
		return nil
	}
	return []invariant.Break{{
		Entity: id.Format(id.Order, one.Order.ID), Left: fmt.Sprint(one.Status, one.Moving), Right: fmt.Sprint(status, moving),
	}}
}

func notForgotten(p *page, one store.Stored) []invariant.Break {
	if one.Order.Finished() || p.atWork[one.Order.ID] || one.Order.Waits() != "" {
		return nil
	}
	return []invariant.Break{{
		Entity: id.Format(id.Order, one.Order.ID), Left: string(one.Order.State), Right: string(one.Status), Detail: "no process",
	}}
}

func asSent(p *page, one store.Stored) []invariant.Break {
	name := id.Format(id.Order, one.Order.ID)
	priced := &orderv1.PricedOrder{}
	if err := proto.Unmarshal(p.documents[one.Order.ID].Snapshot, priced); err != nil {
		return []invariant.Break{{Entity: name, Detail: err.Error()}}
	}
	if len(priced.GetLines()) != len(one.Order.Lines) {
		return []invariant.Break{{Entity: name, Left: fmt.Sprint(len(one.Order.Lines)), Right: fmt.Sprint(len(priced.GetLines())), Detail: "lines"}}
	}
	var net int64
	var breaks []invariant.Break
	for i, line := range priced.GetLines() {
		net += line.GetNetAmountMinor()
		if line.GetQuantity() != one.Order.Lines[i].Ordered {
			breaks = append(breaks, invariant.Break{
				Entity: fmt.Sprintf("%s line %d", name, i+1), Left: fmt.Sprint(one.Order.Lines[i].Ordered), Right: fmt.Sprint(line.GetQuantity()),
			})
		}
	}
	if net != priced.GetNetTotalMinor() {
		breaks = append(breaks, invariant.Break{Entity: name, Left: fmt.Sprint(net), Right: fmt.Sprint(priced.GetNetTotalMinor()), Detail: "net total"})
	}
	return breaks
}

// chargesAddUp: an order that cannot be read is told by asSent.
func chargesAddUp(p *page, one store.Stored) []invariant.Break {
	priced := &orderv1.PricedOrder{}
	if err := proto.Unmarshal(p.documents[one.Order.ID].Snapshot, priced); err != nil {
		return nil
	}
	var breaks []invariant.Break
	for at, charge := range priced.GetCharges() {
		var sum int64
		for _, line := range priced.GetLines() {
			if at < len(line.GetChargeMinor()) {
				sum += line.GetChargeMinor()[at]
			}
		}
		if sum != charge.GetAmountMinor() {
			breaks = append(breaks, invariant.Break{
				Entity: fmt.Sprintf("%s charge %d", id.Format(id.Order, one.Order.ID), at+1),
				Left:   fmt.Sprint(charge.GetAmountMinor()), Right: fmt.Sprint(sum),
			})
		}
	}
	return breaks
}
