package main

import (
	"fmt"
	"os"
	"time"

	"github.com/waybill-dev/waybill/cmd/waybill/internal/access"
	"github.com/waybill-dev/waybill/cmd/waybill/internal/console"
	"github.com/waybill-dev/waybill/cmd/waybill/internal/importer"
	"github.com/waybill-dev/waybill/internal/money"
)

// importCommand groups what can be imported.
type importCommand struct {
	Orders        importOrdersCommand   `cmd:"" help:"Import order lines from a CSV or CSV.gz file."`
	Items         importEntitiesCommand `cmd:"" help:"Import items, one per row."`
	Accounts      importEntitiesCommand `cmd:"" help:"Import customers, one per row."`
	Nodes         importEntitiesCommand `cmd:"" help:"Import places that hold stock, one per row."`
	Prices        importEntitiesCommand `cmd:"" help:"Import prices, one per row."`
	LegalEntities importEntitiesCommand `cmd:"" help:"Import companies that sell, one per row."`
	ExchangeRates importEntitiesCommand `cmd:"" help:"Import exchange rates, one per row."`
}

// importOrdersCommand imports order lines.
type importOrdersCommand struct {
	File    string `arg:"" type:"existingfile" help:"CSV or gzipped CSV with a row of column names."`
	Mapping string `type:"existingfile" placeholder:"FILE" help:"YAML file that says which column means what. Default: the columns of the UCI data set Online Retail."`
	Rejects string `type:"path" placeholder:"FILE" help:"Where refused rows go. Default: <file>.rejects.csv in the current folder."`

	REST    string `placeholder:"URL" help:"REST address of a running Waybill; with --rpc. Without both, one is started on --data-dir."`
	RPC     string `placeholder:"HOST:PORT" help:"RPC address of a running Waybill."`
	DataDir string `default:"waybill-data" env:"WAYBILL_DATA_DIR" type:"path" help:"Folder of the embedded database and event bus; made when missing."`

	DatabaseURL string `env:"WAYBILL_DATABASE_URL" help:"The PostgreSQL or CockroachDB of the Waybill that is started, instead of the embedded one."`

	CreateMasterData bool   `default:"true" negatable:"" help:"Make items, customers with unlimited credit, and the node."`
	OpeningStock     bool   `default:"true" negatable:"" help:"Put as much on the node's shelf as the file orders and writes off."`
	CreditNotes      bool   `default:"true" negatable:"" help:"Take credit notes: goods come back to the node, services are credited alone."`
	Node             string `default:"MAIN" help:"The place that ships."`
	TaxJurisdiction  string `placeholder:"CODE" help:"Where the customers made here pay tax, such as GB. Default: no tax."`
	Concurrency      int    `default:"32" help:"Orders submitted at once."`
}

// Run imports; it succeeds when every row was either accepted or written to the rejects.
func (c *importOrdersCommand) Run(env *environment) error {
	mapping := importer.OnlineRetail()
	if c.Mapping != "" {
		var err error
		if mapping, err = importer.LoadMapping(c.Mapping); err != nil {
			return err
		}
	}
	rest, rpc, stop, err := c.target(env)
	if err != nil {
		return err
	}
	report, err := c.run(env, mapping, rest, rpc)
	if stopErr := stop(); err == nil {
		err = stopErr
	}
	if err != nil {
		return err
	}
	printImport(report)
	if !report.Balanced() {
		return fmt.Errorf("the amounts do not add up: %w", errFailed)
	}
	return nil
}

// target is where the orders go, and how to stop it when it was started here.
func (c *importOrdersCommand) target(env *environment) (rest, rpc string, stop func() error, err error) {
	if c.REST != "" || c.RPC != "" {
		if c.REST == "" || c.RPC == "" {
			return "", "", nil, fmt.Errorf("--rest and --rpc belong together")
		}
		return c.REST, c.RPC, func() error { return nil }, nil
	}
	running, stop, err := startQuietly(env, c.DataDir, c.DatabaseURL, warehouseOption{})
	if err != nil {
		return "", "", nil, err
	}
	return running.REST(), running.GRPC(), stop, nil
}

func (c *importOrdersCommand) run(env *environment, mapping importer.Mapping, rest, rpc string) (importer.Report, error) {
	waybill, err := access.Open(rest, rpc, c.Concurrency)
	if err != nil {
		return importer.Report{}, err
	}
	defer waybill.Close()
	return importer.Run(env.ctx, c.File, waybill, importer.Options{
		Mapping: mapping, RejectsFile: rejectsFile(c.Rejects, c.File), CreateMasterData: c.CreateMasterData, OpeningStock: c.OpeningStock,
		CreditNotes: c.CreditNotes,
		Node:        c.Node, TaxJurisdiction: c.TaxJurisdiction, Concurrency: max(1, c.Concurrency), Progress: console.NewProgress(),
	})
}

func printImport(r importer.Report) {
	amount := func(minor int64) string {
		text, err := money.FormatMinor(minor, r.Currency)
		if err != nil {
			return fmt.Sprint(minor)
		}
		return text + " " + r.Currency
	}
	number := func(n int) string { return fmt.Sprint(n) }
	rows := [][]string{
		{"rows", number(r.Rows)}, {"  accepted", number(r.AcceptedRows)}, {"  refused", number(r.RejectedRows)},
	}
	rows = append(rows, reasonRows(r.RejectsByReason)...)
	rows = append(rows, [][]string{
		{"orders in the file", number(r.Orders)}, {"  refused", number(r.RejectedOrders)},
		{"orders of this sender before", fmt.Sprint(r.OrdersBefore)}, {"orders of this sender now", fmt.Sprint(r.OrdersAfter)},
		{"credit notes in the file", number(r.CreditNotes)}, {"  refused", number(r.RejectedCreditNotes)},
		{"write-offs in the file", number(r.WriteOffs)}, {"  refused", number(r.RejectedWriteOffs)},
		{"  rows written off", number(r.WrittenOffRows)}, {"  units written off", fmt.Sprint(r.WrittenOffUnits)},
		{"value of the accepted orders", amount(r.ExpectedMinor)}, {"  invoiced", amount(r.InvoicedMinor)},
		{"  open", amount(r.OpenMinor)}, {"  cancelled", amount(r.CancelledMinor)},
		{"value of the accepted credit notes", amount(r.ExpectedCreditMinor)}, {"  on credit memos", amount(r.CreditedMinor)},
		{"orders less credit notes", amount(r.ExpectedMinor - r.ExpectedCreditMinor)},
		{"  invoices less credit memos", amount(r.InvoicedMinor - r.CreditedMinor)},
		{"orders submitted in", r.SubmitTook.Round(time.Millisecond).String()},
		{"  to the last invoice", r.FollowTook.Round(time.Millisecond).String()},
		{"credit notes, to the last memo", r.CreditTook.Round(time.Millisecond).String()},
		{"all of it", r.Took.Round(time.Millisecond).String()},
		{"order lines per second", fmt.Sprintf("%.0f", float64(r.OrderLines)/(r.SubmitTook+r.FollowTook).Seconds())},
	}...)
	console.Table(os.Stdout, rows...)
	for _, different := range r.Differing[:min(len(r.Differing), maxDiffering)] {
		fmt.Printf("  customer %s: the file orders %s and credits %s, Waybill has %s and %s\n", different.AccountID,
			amount(different.OrderedMinor), amount(different.CreditMinor), amount(different.FoundMinor), amount(different.FoundCreditMinor))
	}
	verdict := fmt.Sprintf("not a cent is missing for any of the %d customers", r.Accounts)
	if !r.Balanced() {
		verdict = fmt.Sprintf("%d of %d customers DIFFER from the file", len(r.Differing), r.Accounts)
	}
	fmt.Printf("  %s; refused rows are in %s\n", verdict, r.RejectsFile)
}

// maxDiffering is how many customers are named that differ.
const maxDiffering = 20
