package main

import (
	"fmt"
	"time"

	"github.com/waybill-dev/waybill/cmd/waybill/internal/mesh"
	"github.com/waybill-dev/waybill/services/operations"
)

// serveCommand runs roles apart from the others.
type serveCommand struct {
	Roles            []string      `arg:"" name:"role" help:"What to run: masterdata, inventory, order, fulfillment, billing, backoffice, operations, gateway, connector-channel, connector-erp, connector-payment, connector-tax, connector-tms, connector-wms."`
	DatabaseURL      string        `env:"WAYBILL_DATABASE_URL" help:"PostgreSQL or CockroachDB. Each role uses the database <name in the URL>_<role>."`
	NATSURL          string        `name:"nats-url" env:"WAYBILL_NATS_URL" help:"NATS with JetStream."`
	Listen           string        `env:"WAYBILL_LISTEN" default:"127.0.0.1:7443" help:"Where RPCs are offered. Off loopback only with --tls-dir."`
	RESTListen       string        `name:"rest-listen" env:"WAYBILL_REST_LISTEN" default:"127.0.0.1:8080" help:"Where the gateway offers REST."`
	RESTRequests     int           `name:"rest-requests" env:"WAYBILL_REST_REQUESTS" default:"1000" help:"How many REST requests may be under way at once; more are told when to come again."`
	OperationsListen string        `env:"WAYBILL_OPERATIONS_LISTEN" default:"127.0.0.1:7444" help:"Where the role operations is offered over Connect: gRPC, gRPC-Web and JSON. Off loopback only with --tls-dir."`
	HealthListen     string        `env:"WAYBILL_HEALTH_LISTEN" default:"127.0.0.1:9090" help:"Where /healthz, /readyz and /metrics are."`
	TLSDir           string        `name:"tls-dir" env:"WAYBILL_TLS_DIR" help:"Folder with tls.crt, tls.key and ca.crt (SPIFFE ids). Without it: plain text on loopback."`
	TrustDomain      string        `env:"WAYBILL_TRUST_DOMAIN" default:"waybill.local" help:"The trust domain of the SPIFFE ids: spiffe://<trust domain>/waybill/<role>."`
	ReconcileEvery   time.Duration `env:"WAYBILL_RECONCILE_EVERY" default:"1h" help:"How often operations compares the books of all services without being asked to: 1m to 168h."`
	ExceptionRules   string        `env:"WAYBILL_EXCEPTION_RULES" type:"existingfile" help:"YAML file with the rules that say whose work an exception is, and by when. Without it: built-in ones."`
	CompanyPrefix    string        `name:"gs1-company-prefix" env:"WAYBILL_GS1_COMPANY_PREFIX" help:"GS1 company prefix of container codes given out to warehouses, 7 to 10 digits. Without it none are."`

	Addresses addresses       `embed:"" group:"Where the other roles are"`
	Taking    takingOption    `embed:"" prefix:"order-" envprefix:"WAYBILL_ORDER_" group:"Taking orders"`
	Traces    traceOption     `embed:"" group:"Traces"`
	ERP       erpOption       `embed:"" prefix:"erp-" envprefix:"WAYBILL_ERP_" group:"The ERP"`
	Warehouse warehouseOption `embed:"" prefix:"warehouse-" envprefix:"WAYBILL_WAREHOUSE_" group:"Sandbox warehouse"`
}

// addresses says where roles of other processes are.
type addresses struct {
	MasterData       string `name:"masterdata-address" env:"WAYBILL_MASTERDATA_ADDRESS" placeholder:"HOST:PORT"`
	Inventory        string `env:"WAYBILL_INVENTORY_ADDRESS" name:"inventory-address" placeholder:"HOST:PORT"`
	Order            string `env:"WAYBILL_ORDER_ADDRESS" name:"order-address" placeholder:"HOST:PORT"`
	Fulfillment      string `env:"WAYBILL_FULFILLMENT_ADDRESS" name:"fulfillment-address" placeholder:"HOST:PORT"`
	Billing          string `env:"WAYBILL_BILLING_ADDRESS" name:"billing-address" placeholder:"HOST:PORT"`
	Backoffice       string `env:"WAYBILL_BACKOFFICE_ADDRESS" name:"backoffice-address" placeholder:"HOST:PORT"`
	Operations       string `env:"WAYBILL_OPERATIONS_ADDRESS" name:"operations-address" placeholder:"HOST:PORT"`
	ConnectorChannel string `name:"connector-channel-address" env:"WAYBILL_CONNECTOR_CHANNEL_ADDRESS" placeholder:"HOST:PORT"`
	ConnectorTMS     string `name:"connector-tms-address" env:"WAYBILL_CONNECTOR_TMS_ADDRESS" placeholder:"HOST:PORT"`
	ConnectorERP     string `name:"connector-erp-address" env:"WAYBILL_CONNECTOR_ERP_ADDRESS" placeholder:"HOST:PORT"`
	ConnectorWMS     string `name:"connector-wms-address" env:"WAYBILL_CONNECTOR_WMS_ADDRESS" placeholder:"HOST:PORT"`
	ConnectorTax     string `name:"connector-tax-address" env:"WAYBILL_CONNECTOR_TAX_ADDRESS" placeholder:"HOST:PORT"`
	ConnectorPayment string `name:"connector-payment-address" env:"WAYBILL_CONNECTOR_PAYMENT_ADDRESS" placeholder:"HOST:PORT"`
}

func (a addresses) byRole() map[string]string {
	found := map[string]string{}
	for role, address := range map[string]string{
		"masterdata": a.MasterData, "inventory": a.Inventory, "order": a.Order, "fulfillment": a.Fulfillment,
		"billing": a.Billing, "backoffice": a.Backoffice, "operations": a.Operations, "connector-erp": a.ConnectorERP, "connector-wms": a.ConnectorWMS,
		"connector-tax":     a.ConnectorTax,
		"connector-payment": a.ConnectorPayment, "connector-tms": a.ConnectorTMS, "connector-channel": a.ConnectorChannel,
	} {
		if address != "" {
			found[role] = address
		}
	}
	return found
}

// Run serves until a signal comes.
func (c *serveCommand) Run(env *environment) error {
	running, err := mesh.Start(env.ctx, mesh.Config{
		Roles: c.Roles, DatabaseURL: c.DatabaseURL, NATSURL: c.NATSURL, Listen: c.Listen, RESTListen: c.RESTListen,
		OperationsListen: c.OperationsListen, ExceptionRules: c.ExceptionRules, HealthListen: c.HealthListen, TLSDir: c.TLSDir, TrustDomain: c.TrustDomain, Addresses: c.Addresses.byRole(), Warehouse: c.Warehouse.config(),
		CompanyPrefix: c.CompanyPrefix, Traces: c.Traces.config(), ERP: c.ERP.config(), Order: c.Taking.config(), RESTRequests: c.RESTRequests,
		Operations: operations.Config{ReconcileEvery: c.ReconcileEvery},
	}, env.log)
	if err != nil {
		return fmt.Errorf("start: %w", err)
	}
	env.log.Info("serving", "roles", c.Roles, "rpc", running.GRPC(), "health", running.Health())
	return running.Wait()
}
