package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"text/tabwriter"
	"time"

	"github.com/waybill-dev/waybill/cmd/waybill/internal/access"
	outsidev1 "github.com/waybill-dev/waybill/gen/waybill/outside/v1"
)

// connectorsCommand shows how the services of one process get on with outside systems.
type connectorsCommand struct {
	Address string `default:"127.0.0.1:7443" env:"WAYBILL_ADDRESS" help:"Where the process that calls the connectors offers its RPCs."`
}

// Run prints a line per service and connector.
func (c *connectorsCommand) Run(env *environment) error {
	waybill, err := access.Open("", c.Address, 1)
	if err != nil {
		return err
	}
	defer waybill.Close()
	return printConnectors(env.ctx, waybill.Outside, os.Stdout)
}

func printConnectors(ctx context.Context, client outsidev1.OutsideServiceClient, out io.Writer) error {
	reply, err := client.ListConnectors(ctx, &outsidev1.ListConnectorsRequest{})
	if err != nil {
		return err
	}
	states := map[outsidev1.BreakerState]string{
		outsidev1.BreakerState_BREAKER_STATE_CLOSED:    "well",
		outsidev1.BreakerState_BREAKER_STATE_HALF_OPEN: "being tried",
		outsidev1.BreakerState_BREAKER_STATE_OPEN:      "away",
	}
	table := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	fmt.Fprintln(table, "CONNECTOR\tCALLED BY\tSTATE\tSINCE\tUNDER WAY\tWAITING\tANSWERED\tFAILED\tHELD BACK\tLAST FAILURE")
	for _, one := range reply.GetConnectors() {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%d\t%d\t%d\t%d\t%d\t%s\n", one.GetConnector(), one.GetCaller(), states[one.GetState()],
			one.GetSince().AsTime().Local().Format(time.DateTime), one.GetInFlight(), one.GetWaiting(), one.GetAnswered(),
			one.GetFailed(), one.GetHeldBack(), one.GetLastFailure())
	}
	return table.Flush()
}
