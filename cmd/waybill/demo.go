package main

import (
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/waybill-dev/waybill/cmd/waybill/internal/access"
	"github.com/waybill-dev/waybill/cmd/waybill/internal/audit"
	"github.com/waybill-dev/waybill/cmd/waybill/internal/console"
	"github.com/waybill-dev/waybill/cmd/waybill/internal/demo"
	"github.com/waybill-dev/waybill/cmd/waybill/internal/mesh"
)

// demoMastersEvery is how often the ERP is asked for new masters: a day takes a minute here.
const demoMastersEvery = 500 * time.Millisecond

// demoCommand puts a distributor's day through a whole system.
type demoCommand struct {
	DataDir string `env:"WAYBILL_DATA_DIR" type:"path" help:"Folder of the embedded database and event bus. Default: a temporary one, removed at the end."`
	Orders  int    `default:"2000" help:"How many orders; with about five lines each."`
	Exit    bool   `help:"End when the day is over instead of staying up."`
	Ports   ports  `embed:""`

	Warehouse warehouseOption `embed:"" prefix:"warehouse-" envprefix:"WAYBILL_WAREHOUSE_" group:"Sandbox warehouse"`
}

// Run fails when an invariant does not hold at the end, or when something that the day is made to contain is missing.
func (c *demoCommand) Run(env *environment) (err error) {
	folder := c.DataDir
	if folder == "" {
		if folder, err = os.MkdirTemp("", "waybill-demo-"); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	}
	config := c.Ports.config(folder, c.Warehouse.orShorting())
	config.ERP.MastersEvery = min(config.ERP.MastersEvery, demoMastersEvery)
	running, err := mesh.StartWhole(env.ctx, config, env.log)
	if err != nil {
		return fmt.Errorf("start: %w", err)
	}
	stopped := make(chan error, 1)
	go func() { stopped <- running.Wait() }()
	err = c.day(env, running)
	if err == nil && !c.Exit {
		fmt.Printf("\nStill running; data in %s. Go on with:\n"+
			"  curl '%[2]s/v1/orders?pageSize=1'\n"+
			"  curl '%[2]s/v1/availability?skus=ITM-0001'\n"+
			"  curl -X POST %[2]s/v1/orders -H 'Idempotency-Key: my-first' -d '{\"externalOrderId\":\"MY-1\",\"accountId\":\"CUST-00\",\"currencyCode\":\"GBP\",\"lines\":[{\"sku\":\"ITM-0001\",\"quantity\":{\"value\":\"3\"}}]}'\n"+
			"API pages: %[2]s/docs/   Stop with Ctrl-C.\n", folder, running.REST())
		return <-stopped
	}
	env.stop()
	return errors.Join(err, <-stopped)
}

func (c *demoCommand) day(env *environment, running *mesh.Mesh) error {
	waybill, err := access.Open(running.REST(), running.GRPC(), demo.Concurrency)
	if err != nil {
		return err
	}
	defer waybill.Close()
	report, err := demo.Run(env.ctx, waybill, console.NewProgress(), demo.Options{Orders: max(1, c.Orders)})
	if err != nil {
		return err
	}
	if report.ShortPicks, err = audit.ShortPicks(env.ctx, running.DatabaseURL()); err != nil {
		return err
	}
	report.Print(os.Stdout)
	fmt.Println("\nInvariants")
	sound, err := audit.Print(env.ctx, os.Stdout, running.DatabaseURL())
	if err != nil {
		return err
	}
	if !sound {
		return errFailed
	}
	return report.Complete()
}
