package audit

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/invariant"
	"github.com/waybill-dev/waybill/services/billing"
	"github.com/waybill-dev/waybill/services/fulfillment"
	"github.com/waybill-dev/waybill/services/inventory"
	"github.com/waybill-dev/waybill/services/order"
)

// betweenServices compares what the services say of the same things.
func betweenServices(ctx context.Context, databases map[string]*database.DB) ([]finding, error) {
	facts, err := gather(ctx, databases)
	if err != nil {
		return nil, err
	}
	return []finding{
		compare("mesh.L4", "order: reserved + released = inventory: remaining, per line and place", facts.promised, facts.reserved),
		compare("mesh.shipped", "order: shipped = fulfillment: shipped, per line", facts.orderShipped, facts.shipped),
		compare("mesh.L5", "billing: invoiced = fulfillment: shipped, per shipment line", facts.invoiceLines, facts.billableLines),
		compare("mesh.invoiced", "order: invoiced = billing: invoiced, per line", facts.orderInvoiced, facts.invoiced),
		compare("mesh.waiting", "order: backordered = inventory: waits, per line", facts.backordered, facts.waiting),
		compare("mesh.backlog", "order: backordered = billing: waits, per line of orders that weigh it less than in full", facts.followed(), facts.backlog),
		compare("mesh.payments", "billing: authorised and not captured = 0, per order of which nothing remains", facts.standingOfEnded(), nil),
		facts.pricedAsAccepted(),
	}, nil
}

// facts are quantities by the name of what they are about.
type facts struct {
	promised, reserved          map[string]int64
	orderShipped, shipped       map[string]int64
	billableLines, invoiceLines map[string]int64
	orderInvoiced, invoiced     map[string]int64
	backordered, waiting        map[string]int64
	accepted, priced            map[string][]byte
	// backlog is what billing says waits, of the lines of the orders that it follows.
	backlog map[string]int64
	follows map[string]bool
	// standing is what providers have reserved, by order; ended are the orders that need it no more.
	standing map[string]int64
	ended    map[string]bool
}

func gather(ctx context.Context, databases map[string]*database.DB) (facts, error) {
	var f facts
	steps := []func() error{
		func() error {
			promised, err := order.PromisedByOrderLine(ctx, databases["order"])
			f.promised = named(promised, func(k order.LineAt) string { return lineAt(k.OrderID, k.LineNumber, k.NodeID) })
			return err
		},
		func() error {
			reserved, err := inventory.ReservedByOrderLine(ctx, databases["inventory"])
			f.reserved = named(reserved, func(k inventory.ReservedKey) string { return lineAt(k.OrderID, k.LineNumber, k.NodeID) })
			return err
		},
		func() error {
			shipped, err := order.ShippedByLine(ctx, databases["order"])
			f.orderShipped = named(shipped, func(k order.OrderLine) string { return lineOf(k.OrderID, k.LineNumber) })
			return err
		},
		func() error {
			invoiced, err := order.InvoicedByLine(ctx, databases["order"])
			f.orderInvoiced = named(invoiced, func(k order.OrderLine) string { return lineOf(k.OrderID, k.LineNumber) })
			return err
		},
		func() error {
			backordered, err := order.BackorderedByLine(ctx, databases["order"])
			f.backordered = named(backordered, func(k order.OrderLine) string { return lineOf(k.OrderID, k.LineNumber) })
			return err
		},
		func() error {
			waiting, err := inventory.WaitingByOrderLine(ctx, databases["inventory"])
			f.waiting = named(waiting, func(k inventory.ReservedKey) string { return lineOf(k.OrderID, k.LineNumber) })
			return err
		},
		func() (err error) {
			f.accepted, err = order.AcceptedSnapshots(ctx, databases["order"])
			return err
		},
		func() (err error) {
			f.priced, err = billing.SnapshotHashes(ctx, databases["billing"])
			return err
		},
		func() error {
			backlogs, err := billing.Backlogs(ctx, databases["billing"])
			f.backlog, f.follows = map[string]int64{}, map[string]bool{}
			for name, lines := range backlogs {
				f.follows[name] = true
				for line, quantity := range lines {
					f.backlog[lineOf(name, line)] = quantity
				}
			}
			return err
		},
		func() (err error) {
			f.standing, err = billing.StandingPayments(ctx, databases["billing"])
			return err
		},
		func() (err error) {
			f.ended, err = order.EndedOrders(ctx, databases["order"])
			return err
		},
		func() error { return f.gatherShipments(ctx, databases["fulfillment"]) },
		func() error { return f.gatherInvoices(ctx, databases["billing"]) },
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return facts{}, fmt.Errorf("compare services: %w", err)
		}
	}
	return f, nil
}

// gatherShipments leaves out what nobody asked for: it is not invoiced until somebody decides.
func (f *facts) gatherShipments(ctx context.Context, db *database.DB) error {
	lines, err := fulfillment.ShippedLines(ctx, db)
	f.shipped, f.billableLines = map[string]int64{}, map[string]int64{}
	for id, line := range lines {
		if !line.Unplanned {
			f.shipped[lineOf(line.OrderID, line.LineNumber)] += line.Quantity
			f.billableLines[id] = line.Quantity
		}
	}
	return err
}

func (f *facts) gatherInvoices(ctx context.Context, db *database.DB) error {
	lines, err := billing.InvoicedLines(ctx, db)
	f.invoiced, f.invoiceLines = map[string]int64{}, map[string]int64{}
	for id, line := range lines {
		f.invoiced[lineOf(line.OrderID, line.LineNumber)] += line.Quantity
		f.invoiceLines[id] += line.Quantity
	}
	return err
}

// pricedAsAccepted is B4 between the services: billing invoices from the order as it was accepted.
func (f *facts) pricedAsAccepted() finding {
	found := finding{
		name: "mesh.B4", rule: "billing: snapshot = order: snapshot, per accepted order", examined: int64(len(f.accepted)),
	}
	for _, name := range slices.Sorted(maps.Keys(f.accepted)) {
		if !bytes.Equal(f.accepted[name], f.priced[name]) {
			found.breaks = append(found.breaks, invariant.Break{
				Entity: name, Left: fmt.Sprintf("%x", f.accepted[name]), Right: fmt.Sprintf("%x", f.priced[name]),
			})
		}
	}
	return found
}

func lineOf(order string, line int32) string { return fmt.Sprintf("%s line %d", order, line) }

func lineAt(order string, line int32, node string) string {
	return fmt.Sprintf("%s line %d at %s", order, line, node)
}

func named[K comparable](quantities map[K]int64, name func(K) string) map[string]int64 {
	byName := make(map[string]int64, len(quantities))
	for key, quantity := range quantities {
		byName[name(key)] = quantity
	}
	return byName
}

// compare finds where two sides differ; what one does not mention it says is zero.
func compare(name, rule string, left, right map[string]int64) finding {
	f := finding{name: name, rule: rule, examined: int64(max(len(left), len(right)))}
	entities := map[string]bool{}
	for entity, quantity := range left {
		if right[entity] != quantity {
			entities[entity] = true
		}
	}
	for entity, quantity := range right {
		if left[entity] != quantity {
			entities[entity] = true
		}
	}
	for _, entity := range slices.SortedFunc(maps.Keys(entities), cmp.Compare[string]) {
		f.breaks = append(f.breaks, invariant.Break{
			Entity: entity, Left: fmt.Sprint(left[entity]), Right: fmt.Sprint(right[entity]),
		})
	}
	return f
}

// standingOfEnded is what stays reserved at payment providers for orders of which nothing remains.
func (f *facts) standingOfEnded() map[string]int64 {
	standing := map[string]int64{}
	for name, left := range f.standing {
		if f.ended[name] {
			standing[name] = left
		}
	}
	return standing
}

// followed is what the orders that billing follows say waits for stock.
func (f *facts) followed() map[string]int64 {
	followed := map[string]int64{}
	for line, quantity := range f.backordered {
		if name, _, _ := strings.Cut(line, " "); f.follows[name] {
			followed[line] = quantity
		}
	}
	return followed
}
