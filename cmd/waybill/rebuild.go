package main

import (
	"fmt"
	"io"
	"os"
	"text/tabwriter"

	operationsv1 "github.com/waybill-dev/waybill/gen/waybill/operations/v1"
	"github.com/waybill-dev/waybill/internal/id"
)

// rebuildCommand makes the read side anew from the archive.
type rebuildCommand struct {
	Reason  string         `required:"" help:"Why."`
	Actor   string         `env:"USER" help:"Who says so."`
	Key     string         `help:"The key of the request: give that of a run that was cut off to go on with it, or of one that ended to see what came of it."`
	Running runningWaybill `embed:""`
}

// Run waits until it has ended, and prints what was put right.
func (c *rebuildCommand) Run(env *environment) error {
	door, err := c.Running.open()
	if err != nil {
		return err
	}
	defer door.Close()
	if c.Key == "" {
		c.Key = id.New().String()
	}
	reply, err := door.Rebuild.RebuildReadSide(env.ctx, &operationsv1.RebuildReadSideRequest{RequestId: c.Key, Reason: c.Reason, Actor: c.Actor})
	if err != nil {
		return fmt.Errorf("go on with --key %s: %w", c.Key, err)
	}
	return printRebuilt(os.Stdout, reply)
}

func printRebuilt(to io.Writer, reply *operationsv1.RebuildReadSideResponse) error {
	table := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	for _, row := range []struct {
		what  string
		count int64
	}{
		{"events read", reply.GetEvents()},
		{"ways to events mended", reply.GetLinksMended()},
		{"shipments mended", reply.GetShipmentsMended()},
		{"exceptions mended", reply.GetExceptionsMended()},
		{"exceptions opened or closed", reply.GetTroublesTaken()},
		{"stocks told anew", reply.GetStocksTold()},
	} {
		fmt.Fprintf(table, "%s\t%d\n", row.what, row.count)
	}
	return table.Flush()
}
