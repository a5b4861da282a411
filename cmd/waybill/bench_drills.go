package main

import (
	"fmt"
	"os"
	"time"

	"github.com/waybill-dev/waybill/cmd/waybill/internal/drill"
)

// benchOutageCommand is an outage of the ERP in accelerated time.
type benchOutageCommand struct {
	Orders           int           `default:"20000" help:"Orders that are submitted while the ERP is away."`
	Outage           time.Duration `default:"1h" help:"How long the ERP is away."`
	In               time.Duration `default:"2m" help:"In how much time that passes: pauses after failures are shorter in the same measure."`
	Normal           time.Duration `default:"40s" help:"How long is measured before the outage, and again when the queue has drained."`
	CallsPerSecond   int           `default:"25" help:"How often the ERP is called in a second at most."`
	DocumentsPerCall int           `default:"20" help:"How many documents it is told in a call at most."`
	ShipEvery        int           `default:"4" help:"One order in so many ships, and is invoiced, at once; the others next week. 0: none."`
	AmendEvery       int           `default:"20" help:"One order in so many is amended. 0: none."`
	CancelEvery      int           `default:"20" help:"One order in so many of those that do not ship at once is cancelled. 0: none."`

	DataDir string `type:"path" placeholder:"FOLDER" help:"Keep data and log of the Waybill in this folder; without it they go."`
}

// Run starts a Waybill, runs the drill, and stops it.
func (c *benchOutageCommand) Run(env *environment) error {
	return inFolder(c.DataDir, func(folder string) (bool, error) {
		return drill.Outage{
			Orders: max(1, c.Orders), Lasts: c.Outage, In: max(time.Second, c.In), Normal: c.Normal,
			CallsPerSecond: max(1, c.CallsPerSecond), DocumentsPerCall: c.DocumentsPerCall, ShipEvery: c.ShipEvery, AmendEvery: c.AmendEvery,
			CancelEvery: c.CancelEvery, Folder: folder,
		}.Run(env.ctx, os.Stdout)
	})
}

// benchBurstCommand is a promotion: many more orders than the ERP takes.
type benchBurstCommand struct {
	Drain    int           `default:"100" help:"Documents that the ERP takes in a second, in 10 calls."`
	Times    int           `default:"10" help:"How many times as many orders come."`
	For      time.Duration `default:"1m" help:"For how long."`
	Requests int           `default:"1000" help:"REST requests that may be under way."`
	Memory   int64         `default:"1024" help:"MiB of memory that the Waybill may have, its database apart."`

	DataDir string `type:"path" placeholder:"FOLDER" help:"Keep data and log of the Waybill in this folder; without it they go."`
}

// Run starts a Waybill, runs the drill, and stops it.
func (c *benchBurstCommand) Run(env *environment) error {
	return inFolder(c.DataDir, func(folder string) (bool, error) {
		return drill.Burst{
			Drain: max(1, c.Drain), Times: max(1, c.Times), For: c.For, Requests: max(1, c.Requests), Resident: c.Memory << 20, Folder: folder,
		}.Run(env.ctx, os.Stdout)
	})
}

// inFolder runs a drill in a folder, a temporary one unless it is named.
func inFolder(folder string, run func(folder string) (kept bool, err error)) (err error) {
	if folder == "" {
		if folder, err = os.MkdirTemp("", "waybill-drill-"); err != nil {
			return err
		}
		defer func() {
			if err == nil {
				err = os.RemoveAll(folder)
			} else {
				fmt.Printf("Data and log are left in %s\n", folder)
			}
		}()
	} else if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	kept, err := run(folder)
	if err == nil && !kept {
		err = errFailed
	}
	return err
}
