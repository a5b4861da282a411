package audit

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

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
	}, nil
}

// facts are quantities by the name of what they are about.
type facts struct {
	promised, reserved          map[string]int64
	orderShipped, shipped       map[string]int64
	billableLines, invoiceLines map[string]int64
	orderInvoiced, invoiced     map[string]int64
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
