package mesh

import (
	"context"
	"io/fs"

	"github.com/waybill-dev/waybill/internal/invariant"
	"github.com/waybill-dev/waybill/internal/reconcile"
	"github.com/waybill-dev/waybill/services/backoffice"
	"github.com/waybill-dev/waybill/services/billing"
	"github.com/waybill-dev/waybill/services/connector/channel"
	"github.com/waybill-dev/waybill/services/connector/erp"
	"github.com/waybill-dev/waybill/services/connector/payment"
	"github.com/waybill-dev/waybill/services/connector/wms"
	"github.com/waybill-dev/waybill/services/fulfillment"
	"github.com/waybill-dev/waybill/services/inventory"
	"github.com/waybill-dev/waybill/services/masterdata"
	"github.com/waybill-dev/waybill/services/operations"
	"github.com/waybill-dev/waybill/services/order"
)

// role is one line of the table of what a process can run.
type role struct {
	name string
	// migrations make the role's database; nil: it has none.
	migrations fs.FS
	// events says that the role publishes or consumes events.
	events bool
	// letters says that it takes events: others may ask for its dead letters.
	letters bool
	// calls are the roles whose RPCs it calls.
	calls []string
	// asks are the connectors that it asks where they are there, and does without where they are not.
	asks []string
	// checks are the invariants of its own database.
	checks func() []invariant.Check
	// figures are what others compare with their own.
	figures func() []reconcile.Figure
	// build makes the role and registers its RPCs on the process's server. What it returns works until ctx ends; nil:
	// the role only answers.
	build func(*process) (run func(context.Context) error, err error)
}

// table is every role. The order is that of starting: whom others call comes first.
func table() []role {
	return []role{
		{name: "masterdata", migrations: masterdata.Migrations, events: true, asks: []string{"connector-erp"},
			checks: masterdata.Checks, build: buildMasterData},
		{name: "connector-channel", migrations: channel.Migrations, build: buildChannel},
		{name: "connector-erp", migrations: erp.Migrations, figures: erp.Figures, build: buildERP},
		{name: "connector-payment", migrations: payment.Migrations, build: buildPayment},
		{name: "connector-tax", build: buildTax},
		{name: "connector-tms", build: buildTMS},
		{name: "connector-wms", migrations: wms.Migrations, calls: []string{"fulfillment"}, build: buildWarehouse},
		{name: "inventory", migrations: inventory.Migrations, events: true, letters: true,
			checks: inventory.Checks, figures: inventory.Figures, build: buildInventory},
		{name: "billing", migrations: billing.Migrations, events: true, letters: true, calls: []string{"connector-payment", "connector-tax"},
			checks: billing.Checks, figures: billing.Figures, build: buildBilling},
		{name: "fulfillment", migrations: fulfillment.Migrations, events: true, letters: true, calls: []string{"connector-wms"},
			checks: fulfillment.Checks, figures: fulfillment.Figures, build: buildFulfillment},
		{name: "order", migrations: order.Migrations, events: true, letters: true, calls: []string{"inventory", "billing", "fulfillment"},
			asks: []string{"connector-channel", "connector-erp", "connector-tms"}, checks: order.Checks, figures: order.Figures, build: buildOrder},
		{name: "backoffice", migrations: backoffice.Migrations, events: true, letters: true, calls: []string{"connector-erp"},
			checks: backoffice.Checks, figures: backoffice.Figures, build: buildBackoffice},
		{name: operationsRole, migrations: operations.Migrations, events: true, letters: true,
			calls:  []string{"masterdata", "connector-erp", "inventory", "billing", "fulfillment", "order", "backoffice"},
			checks: operations.Checks, build: buildOperations},
		{name: "gateway", calls: []string{"order", "inventory", "fulfillment", "billing", "masterdata", operationsRole}, build: buildGateway},
	}
}

// operationsRole is the role with a Connect door of its own.
const operationsRole = "operations"

// Roles are the names of all roles.
func Roles() []string {
	var names []string
	for _, role := range table() {
		names = append(names, role.name)
	}
	return names
}

func find(name string) (role, bool) {
	for _, role := range table() {
		if role.name == name {
			return role, true
		}
	}
	return role{}, false
}

// databaseName is the part of a role's database name after the one in the URL.
func databaseName(role string) string { return underscored(role) }
