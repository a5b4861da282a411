package main

import (
	"fmt"
	"time"

	"github.com/waybill-dev/waybill/cmd/waybill/internal/mesh"
	"github.com/waybill-dev/waybill/services/operations"
)

// upCommand runs everything in this process.
type upCommand struct {
	DataDir string `default:"waybill-data" env:"WAYBILL_DATA_DIR" type:"path" help:"Folder of the embedded database and event bus; made when missing."`
	Ports   ports  `embed:""`

	Warehouse warehouseOption `embed:"" prefix:"warehouse-" envprefix:"WAYBILL_WAREHOUSE_" group:"Sandbox warehouse"`
}

// ports are where a whole system in one process is reached.
type ports struct {
	DatabaseURL      string `env:"WAYBILL_DATABASE_URL" help:"Use this PostgreSQL or CockroachDB instead of the embedded one."`
	NATSURL          string `name:"nats-url" env:"WAYBILL_NATS_URL" help:"Use this NATS with JetStream instead of the embedded one."`
	Listen           string `env:"WAYBILL_LISTEN" default:"127.0.0.1:7443" help:"Where RPCs are offered; port 0: a free one."`
	RESTListen       string `name:"rest-listen" env:"WAYBILL_REST_LISTEN" default:"127.0.0.1:8080" help:"Where REST is offered; port 0: a free one."`
	RESTRequests     int    `name:"rest-requests" env:"WAYBILL_REST_REQUESTS" default:"1000" help:"How many REST requests may be under way at once; more are told when to come again."`
	OperationsListen string `env:"WAYBILL_OPERATIONS_LISTEN" default:"127.0.0.1:7444" help:"Where operations is offered over Connect: gRPC, gRPC-Web and JSON; port 0: a free one."`
	HealthListen     string `env:"WAYBILL_HEALTH_LISTEN" default:"127.0.0.1:9090" help:"Where /healthz, /readyz and /metrics are; port 0: a free one."`

	ReconcileEvery time.Duration `env:"WAYBILL_RECONCILE_EVERY" default:"1h" help:"How often the books of all services are compared without being asked to: 1m to 168h."`
	ExceptionRules string        `env:"WAYBILL_EXCEPTION_RULES" type:"existingfile" help:"YAML file with the rules that say whose work an exception is, and by when. Without it: built-in ones."`
	CompanyPrefix  string        `name:"gs1-company-prefix" env:"WAYBILL_GS1_COMPANY_PREFIX" help:"GS1 company prefix of container codes given out to warehouses, 7 to 10 digits. Without it none are."`

	Taking takingOption `embed:"" prefix:"order-" envprefix:"WAYBILL_ORDER_" group:"Taking orders"`
	Traces traceOption  `embed:"" group:"Traces"`
	ERP    erpOption    `embed:"" prefix:"erp-" envprefix:"WAYBILL_ERP_" group:"The ERP"`
}

// config is the mesh of every role on the ports.
func (p ports) config(dataDir string, warehouse warehouseOption) mesh.WholeConfig {
	return mesh.WholeConfig{
		DataDir: dataDir,
		Config: mesh.Config{
			Roles: mesh.Roles(), DatabaseURL: p.DatabaseURL, NATSURL: p.NATSURL, Listen: p.Listen,
			RESTListen: p.RESTListen, OperationsListen: p.OperationsListen, ExceptionRules: p.ExceptionRules, HealthListen: p.HealthListen, Warehouse: warehouse.config(),
			CompanyPrefix: p.CompanyPrefix, Traces: p.Traces.config(), ERP: p.ERP.config(), Order: p.Taking.config(), RESTRequests: p.RESTRequests,
			Operations: operations.Config{ReconcileEvery: p.ReconcileEvery},
		},
	}
}

// Run runs until a signal comes.
func (c *upCommand) Run(env *environment) error {
	running, err := mesh.StartWhole(env.ctx, c.Ports.config(c.DataDir, c.Warehouse), env.log)
	if err != nil {
		return fmt.Errorf("start: %w", err)
	}
	fmt.Printf("REST      %s/v1/orders\nAPI pages %s/docs/\ngRPC      %s\nConnect   %s\nMetrics   %s/metrics\nData      %s\nStop with Ctrl-C; what is under way goes on at the next start.\n",
		running.REST(), running.REST(), running.GRPC(), running.Operations(), running.Health(), c.DataDir)
	return running.Wait()
}
