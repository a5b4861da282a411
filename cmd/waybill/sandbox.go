package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/waybill-dev/waybill/cmd/waybill/internal/access"
	sandboxv1 "github.com/waybill-dev/waybill/gen/waybill/sandbox/v1"
)

// sandboxCommand turns the dials of one sandbox. What is not named stays as it is.
type sandboxCommand struct {
	System  string `arg:"" help:"Which: channel, erp, payment, tax, tms, wms."`
	Address string `default:"127.0.0.1:7443" env:"WAYBILL_ADDRESS" help:"Where the process that runs the sandbox offers its RPCs."`

	Show  bool `help:"Change nothing."`
	Reset bool `help:"First turn everything back to how it was at the start."`

	Outage         *time.Duration `help:"The system is away for so long from now on; 0s: it is back."`
	Delay          *time.Duration `help:"Every call takes so much longer."`
	ErrorRate      *share         `placeholder:"0.1" help:"Share of calls that fail without an effect."`
	RefusalRate    *share         `placeholder:"0.1" help:"Share of elements of sets that are refused for good."`
	DuplicateRate  *share         `placeholder:"0.1" help:"Share of calls that arrive twice."`
	ReorderRate    *share         `placeholder:"0.1" help:"Share of calls that arrive after a later one."`
	LostReplyRate  *share         `placeholder:"0.1" help:"Share of calls that take effect and whose answer is lost."`
	CallsPerSecond *int32         `help:"How many calls the system takes in a second; 0: any number."`
	Seed           *uint64        `help:"What chance starts from; 0: anything."`

	Block   []string `placeholder:"ACCOUNT" help:"Of the erp: nothing may be sold to these customers any more."`
	Unblock []string `placeholder:"ACCOUNT" help:"Of the erp: these customers may buy."`
	Masters string   `type:"existingfile" placeholder:"FILE" help:"Of the erp: put the items, customers and prices of a JSON file into it ({\"items\": […], \"accounts\": […], \"prices\": […]}, each as REST has it)."`
}

// share is a part of a whole, written as 0.1 or 10%.
type share int32

// UnmarshalText reads it into parts per ten thousand.
func (s *share) UnmarshalText(text []byte) error {
	var part float64
	var rest string
	n, err := fmt.Sscanf(string(text)+" ", "%f%s", &part, &rest)
	if n == 2 && rest == "%" {
		part /= 100
	} else if n != 1 {
		return fmt.Errorf("%q is no share such as 0.1 or 10%%: %w", text, err)
	}
	if !(part >= 0 && part <= 1) {
		return fmt.Errorf("%q is not between 0 and 1", text)
	}
	*s = share(part*10_000 + 0.5)
	return nil
}

// Run turns the dials and prints how they stand.
func (c *sandboxCommand) Run(env *environment) error {
	waybill, err := access.Open("", c.Address, 1)
	if err != nil {
		return err
	}
	defer waybill.Close()
	if err := c.setAccounts(env.ctx, waybill.SandboxERP); err != nil {
		return err
	}
	if c.Masters != "" {
		if c.System != "erp" {
			return fmt.Errorf("masters are put into the erp, not into %s", c.System)
		}
		if err := putMasters(env.ctx, waybill.SandboxERP, c.Masters); err != nil {
			return err
		}
	}
	return c.turn(env.ctx, waybill.Sandbox, time.Now(), os.Stdout)
}

// setAccounts says how customers stand in the ERP, where any are named.
func (c *sandboxCommand) setAccounts(ctx context.Context, client sandboxv1.SandboxErpServiceClient) error {
	request := &sandboxv1.SetErpAccountsRequest{}
	for state, accounts := range map[sandboxv1.ErpAccountState][]string{
		sandboxv1.ErpAccountState_ERP_ACCOUNT_STATE_BLOCKED: c.Block, sandboxv1.ErpAccountState_ERP_ACCOUNT_STATE_OPEN: c.Unblock,
	} {
		for _, account := range accounts {
			request.Accounts = append(request.Accounts, &sandboxv1.ErpAccount{AccountId: account, State: state})
		}
	}
	switch {
	case len(request.GetAccounts()) == 0:
		return nil
	case c.System != "erp":
		return fmt.Errorf("customers are blocked in the erp, not in %s", c.System)
	}
	_, err := client.SetErpAccounts(ctx, request)
	return err
}

func (c *sandboxCommand) turn(ctx context.Context, client sandboxv1.SandboxServiceClient, now time.Time, out io.Writer) error {
	if c.Reset && !c.Show {
		if _, err := client.SetDials(ctx, &sandboxv1.SetDialsRequest{System: c.System}); err != nil {
			return err
		}
	}
	stand, err := client.GetDials(ctx, &sandboxv1.GetDialsRequest{System: c.System})
	if err != nil {
		return err
	}
	dials := stand.GetDials()
	if !c.Show && c.change(dials, now) {
		turned, err := client.SetDials(ctx, &sandboxv1.SetDialsRequest{System: c.System, Dials: dials})
		if err != nil {
			return err
		}
		dials = turned.GetDials()
	}
	printDials(out, c.System, dials, stand.GetUsage())
	return nil
}

// change puts what was named into the dials, and reports whether anything was.
func (c *sandboxCommand) change(dials *sandboxv1.Dials, now time.Time) (changed bool) {
	if c.Outage != nil {
		dials.OutageUntil, changed = timestamppb.New(now.Add(*c.Outage)), true
		if *c.Outage <= 0 {
			dials.OutageUntil = nil
		}
	}
	if c.Delay != nil {
		dials.Delay, changed = durationpb.New(*c.Delay), true
	}
	for _, one := range []struct {
		named *share
		dial  *int32
	}{
		{c.ErrorRate, &dials.ErrorBp}, {c.RefusalRate, &dials.RefusalBp}, {c.DuplicateRate, &dials.DuplicateBp},
		{c.ReorderRate, &dials.ReorderBp}, {c.LostReplyRate, &dials.LostReplyBp}, {(*share)(c.CallsPerSecond), &dials.CallsPerSecond},
	} {
		if one.named != nil {
			*one.dial, changed = int32(*one.named), true
		}
	}
	if c.Seed != nil {
		dials.Seed, changed = *c.Seed, true
	}
	return changed
}

func printDials(out io.Writer, system string, dials *sandboxv1.Dials, usage *sandboxv1.Usage) {
	outage := "none"
	if until := dials.GetOutageUntil(); until != nil {
		outage = "until " + until.AsTime().Local().Format(time.DateTime)
	}
	percent := func(bp int32) string { return fmt.Sprintf("%d.%02d %%", bp/100, bp%100) }
	rows := [][2]string{
		{"outage", outage},
		{"delay", dials.GetDelay().AsDuration().String()},
		{"errors", percent(dials.GetErrorBp())},
		{"refusals", percent(dials.GetRefusalBp())},
		{"duplicates", percent(dials.GetDuplicateBp())},
		{"reordered", percent(dials.GetReorderBp())},
		{"lost replies", percent(dials.GetLostReplyBp())},
		{"calls per second", orAny(int64(dials.GetCallsPerSecond()))},
		{"seed", orAny(int64(dials.GetSeed()))},
	}
	fmt.Fprintf(out, "Sandbox %s\n", system)
	for _, row := range rows {
		fmt.Fprintf(out, "  %-17s %s\n", row[0], row[1])
	}
	fmt.Fprintf(out, "Counted: %d calls, %d at most in a second, %d over the limit, %d failed, %d elements refused, %d duplicated, %d reordered\n",
		usage.GetCalls(), usage.GetMostInASecond(), usage.GetOverLimit(), usage.GetFailed(), usage.GetRefused(),
		usage.GetDuplicated(), usage.GetReordered())
}

func orAny(n int64) string {
	if n == 0 {
		return "any"
	}
	return fmt.Sprint(n)
}
