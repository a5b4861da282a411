// Command waybill is the whole system in one binary: every role, the demo, the importer, the benchmarks, the checks.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
)

// cli is the command line. Every flag of a long-running command can be given as an environment variable too.
type cli struct {
	Up          upCommand          `cmd:"" help:"Run everything in this process, with an embedded database and event bus."`
	Demo        demoCommand        `cmd:"" help:"Run everything and put a distributor's day through it."`
	Import      importCommand      `cmd:"" help:"Bring files into Waybill."`
	Order       orderCommand       `cmd:"" help:"Show everything that happened to an order, and why."`
	Exceptions  exceptionsCommand  `cmd:"" help:"Show what needs a person, and do something about it."`
	DeadLetters deadLettersCommand `cmd:"" help:"Show events that a service could not handle, hand them in again or go on without them."`
	Replay      replayCommand      `cmd:"" help:"Hand events out of the archive to consumers that do not have them."`
	Masters     mastersCommand     `cmd:"" help:"Show how items, customers and prices flow in from the ERP, and see to those that were not taken."`
	Reconcile   reconcileCommand   `cmd:"" help:"Compare the books of all services while they run, show where they disagree, and repair it."`
	Rebuild     rebuildCommand     `cmd:"" help:"Make what is read anew from the events: where to find an order's events, exceptions, availability."`
	Check       checkCommand       `cmd:"" help:"Check every invariant across the services' databases; exit code 1 when one is broken."`
	Bench       benchCommand       `cmd:"" help:"Measure, side by side with something known."`
	Serve       serveCommand       `cmd:"" help:"Run some roles in this process, against your database and event bus."`
	Sandbox     sandboxCommand     `cmd:"" help:"Turn the dials of a sandbox while it runs: how an outside system misbehaves."`
	Connectors  connectorsCommand  `cmd:"" help:"Show how the services get on with outside systems."`
	Erp         erpCommand         `cmd:"" help:"Show documents that the ERP refused, and send them again."`
	Migrate     migrateCommand     `cmd:"" help:"Bring the services' databases to this binary's schema."`

	LogFormat string `enum:"text,json" default:"text" env:"WAYBILL_LOG_FORMAT" help:"How logs are written: text or json."`
	LogLevel  string `enum:"debug,info,warn,error" default:"info" env:"WAYBILL_LOG_LEVEL" help:"The least that is logged."`
}

// errFailed ends a command whose output has said already what is wrong.
var errFailed = errors.New("failed")

// exitInterrupted is the exit code of a command that a signal ended before its work was done, as shells have it.
const exitInterrupted = 130

func main() {
	var command cli
	parser := kong.Must(&command, kong.Name("waybill"), kong.ShortUsageOnError(), kong.Description(
		"Order to cash for distributors: orders accepted at once and exactly once, no unit promised twice, every shipped line invoiced.\n\n"+
			"Exit codes: 0, it is done; 1, it failed, or what was looked for is broken; 80, the command line is wrong; 130, a signal ended it."))
	parsed, err := parser.Parse(os.Args[1:])
	if err != nil {
		parser.Stdout = parser.Stderr // how a command is used is no result of it
	}
	parser.FatalIfErrorf(err)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// A second signal ends the process at once.
	context.AfterFunc(ctx, stop)
	environment := &environment{ctx: ctx, stop: stop, log: newLogger(command.LogFormat, command.LogLevel)}
	err = parsed.Run(environment)
	switch {
	case errors.Is(err, errFailed):
		os.Exit(1)
	case err != nil && signaled(ctx):
		environment.log.Debug("what the signal cut off", "error", err)
		fmt.Fprintf(os.Stderr, "waybill: stopped before its end: %v\n", context.Cause(ctx))
		os.Exit(exitInterrupted)
	case err != nil:
		fmt.Fprintf(os.Stderr, "waybill: %v\n", err)
		os.Exit(1)
	}
}

// signaled reports whether it was a signal that ended ctx: a command may end it by itself, too.
func signaled(ctx context.Context) bool {
	cause := context.Cause(ctx)
	return cause != nil && cause != context.Canceled //nolint:errorlint // the cause that names a signal is a Canceled too
}
