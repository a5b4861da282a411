package main

import (
	"errors"
	"fmt"
	"os"
	"runtime/pprof"
	"slices"
	"time"

	"github.com/waybill-dev/waybill/cmd/waybill/internal/access"
	"github.com/waybill-dev/waybill/cmd/waybill/internal/bench"
)

// benchCommand groups the measurements and drills.
type benchCommand struct {
	Accept benchAcceptCommand `cmd:"" help:"Orders accepted per second, as a ratio to pgbench doing the same writes."`
	Outage benchOutageCommand `cmd:"" help:"An hour's outage of the ERP in accelerated time: nothing is missing, nothing is there twice; and how fast orders are accepted meanwhile."`
	Burst  benchBurstCommand  `cmd:"" help:"Many more orders than the ERP takes: each is accepted or told when to come again, in bounded memory, at the ERP's rate."`
}

// benchAcceptCommand measures acceptance.
type benchAcceptCommand struct {
	Callers  int           `default:"64" help:"Calls under way at once."`
	Duration time.Duration `default:"10s" help:"Length of each side's turn."`
	Rounds   int           `default:"3" help:"Turns of each side."`
	Skewed   bool          `help:"Half of the lines want one of a hundred items."`

	Costs      bool   `help:"Tell what an order took in statements, log, allocations and CPU time."`
	CPUProfile string `name:"cpu-profile" type:"path" placeholder:"FILE" help:"Write a CPU profile of this process, for go tool pprof."`
}

// Run starts a Waybill on a temporary folder, measures, and stops it.
func (c *benchAcceptCommand) Run(env *environment) (err error) {
	folder, err := os.MkdirTemp("", "waybill-bench-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	var settings map[string]string
	if c.Costs {
		settings = bench.CostSettings()
	}
	running, stop, err := startWith(env, folder, settings)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stop()) }()
	waybill, err := access.Open(running.REST(), running.GRPC(), c.Callers)
	if err != nil {
		return err
	}
	defer waybill.Close()
	stopProfile, err := c.profile()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stopProfile()) }()
	result, err := bench.Accept(env.ctx, waybill, bench.Options{
		Callers: max(1, c.Callers), Duration: max(time.Second, c.Duration), Rounds: max(1, c.Rounds), Skewed: c.Skewed, Costs: c.Costs,
		DatabaseURL: running.DatabaseURL(), PostgresBin: running.PostgresBin(), Folder: folder,
		Say: func(format string, args ...any) { fmt.Printf(format+"\n", args...) },
	})
	if err != nil {
		return err
	}
	slices.Sort(result.Latency)
	fmt.Printf("Waybill accepts %.2f times as many orders as pgbench with %d clients (median of %d rounds; p50 %s, p99 %s)\n",
		result.Ratio(), result.Clients, c.Rounds, result.Latency[len(result.Latency)/2].Round(10*time.Microsecond),
		result.Latency[len(result.Latency)*99/100].Round(10*time.Microsecond))
	return nil
}

// profile starts the profile, if one is asked for.
func (c *benchAcceptCommand) profile() (stop func() error, err error) {
	if c.CPUProfile == "" {
		return func() error { return nil }, nil
	}
	file, err := os.Create(c.CPUProfile)
	if err != nil {
		return nil, err
	}
	if err := pprof.StartCPUProfile(file); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return func() error {
		pprof.StopCPUProfile()
		return file.Close()
	}, nil
}
