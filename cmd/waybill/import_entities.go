package main

import (
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/alecthomas/kong"

	"github.com/waybill-dev/waybill/cmd/waybill/internal/access"
	"github.com/waybill-dev/waybill/cmd/waybill/internal/console"
	"github.com/waybill-dev/waybill/cmd/waybill/internal/importer"
)

// importEntitiesCommand imports one kind of master data; which one is the name of the command.
type importEntitiesCommand struct {
	File    string `arg:"" type:"existingfile" help:"CSV or gzipped CSV. Its first row names the fields as the contract does, in snake_case."`
	Mapping string `type:"existingfile" placeholder:"FILE" help:"YAML file that says which column holds which field. Default: columns are called as the fields."`
	Rejects string `type:"path" placeholder:"FILE" help:"Where refused rows go. Default: <file>.rejects.csv in the current folder."`

	RPC     string `placeholder:"HOST:PORT" help:"RPC address of a running Waybill. Without it one is started on --data-dir."`
	DataDir string `default:"waybill-data" env:"WAYBILL_DATA_DIR" type:"path" help:"Folder of the embedded database and event bus; made when missing."`

	DatabaseURL string `env:"WAYBILL_DATABASE_URL" help:"The PostgreSQL or CockroachDB of the Waybill that is started, instead of the embedded one."`
}

// Run imports; it succeeds when every row was either stored or written to the rejects.
func (c *importEntitiesCommand) Run(env *environment, selected *kong.Context) error {
	options := importer.EntityOptions{
		Kind: selected.Selected().Name, RejectsFile: rejectsFile(c.Rejects, c.File), Progress: console.NewProgress(),
	}
	if c.Mapping != "" {
		var err error
		if options.Mapping, err = importer.LoadEntityMapping(c.Mapping); err != nil {
			return err
		}
	}
	address, stop := c.RPC, func() error { return nil }
	if address == "" {
		running, end, err := startQuietly(env, c.DataDir, c.DatabaseURL, warehouseOption{})
		if err != nil {
			return err
		}
		address, stop = running.GRPC(), end
	}
	report, err := c.run(env, address, options)
	if stopErr := stop(); err == nil {
		err = stopErr
	}
	if err == nil {
		printEntities(report)
	}
	return err
}

func (c *importEntitiesCommand) run(env *environment, address string, options importer.EntityOptions) (importer.EntityReport, error) {
	waybill, err := access.Open("", address, 1)
	if err != nil {
		return importer.EntityReport{}, err
	}
	defer waybill.Close()
	return importer.RunEntities(env.ctx, c.File, waybill.MasterData, options)
}

func printEntities(r importer.EntityReport) {
	number := func(n int) string { return fmt.Sprint(n) }
	rows := [][]string{{"rows", number(r.Rows)}, {"  stored", number(r.Stored)}, {"  refused", number(r.Rejected)}}
	rows = append(rows, reasonRows(r.RejectsByReason)...)
	rows = append(rows, []string{"all of it", r.Took.Round(time.Millisecond).String()})
	console.Table(os.Stdout, rows...)
	fmt.Printf("  refused rows are in %s\n", r.RejectsFile)
}

// reasonRows lists how many rows were refused for which reason.
func reasonRows(byReason map[string]int) [][]string {
	var reasons []string
	for reason := range byReason {
		reasons = append(reasons, reason)
	}
	slices.Sort(reasons)
	var rows [][]string
	for _, reason := range reasons {
		rows = append(rows, []string{"    " + reason, fmt.Sprint(byReason[reason])})
	}
	return rows
}

// rejectsFile is where refused rows go when nothing else is said.
func rejectsFile(asked, file string) string {
	if asked != "" {
		return asked
	}
	return baseName(file) + ".rejects.csv"
}
