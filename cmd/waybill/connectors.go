package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"text/tabwriter"
	"time"

	"github.com/waybill-dev/waybill/cmd/waybill/internal/access"
	backofficev1 "github.com/waybill-dev/waybill/gen/waybill/backoffice/v1"
	outsidev1 "github.com/waybill-dev/waybill/gen/waybill/outside/v1"
	"github.com/waybill-dev/waybill/internal/fault"
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
	if err := printConnectors(env.ctx, waybill.Outside, os.Stdout); err != nil {
		return err
	}
	return printQueue(env.ctx, waybill.BackOffice, time.Now(), os.Stdout)
}

// printQueue tells what waits for the ERP, where the process has the queue.
func printQueue(ctx context.Context, client backofficev1.BackofficeServiceClient, now time.Time, out io.Writer) error {
	queue, err := client.GetQueue(ctx, &backofficev1.GetQueueRequest{})
	switch {
	case fault.ReasonOf(err) == "UNIMPLEMENTED":
		return nil
	case err != nil:
		return err
	}
	oldest := ""
	if queue.GetWaiting() > 0 {
		oldest = fmt.Sprintf(", the oldest for %s", max(now.Sub(queue.GetOldestSince().AsTime()), 0).Round(time.Second))
	}
	refused := ""
	if queue.GetStuck() > 0 {
		refused = ": see waybill erp"
	}
	_, err = fmt.Fprintf(out, "\nFor the ERP %d documents wait%s; %d are stuck%s\n", queue.GetWaiting(), oldest, queue.GetStuck(), refused)
	return err
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
