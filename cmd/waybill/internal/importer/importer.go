// Package importer brings files of order lines into a running Waybill through the same doors that partners use. Its keys
// are made of the file's own numbers, so a second run adds nothing, and a run that broke off is simply started again.
package importer

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"github.com/waybill-dev/waybill/cmd/waybill/internal/access"
	"github.com/waybill-dev/waybill/cmd/waybill/internal/console"
)

// Options choose what is made around the orders.
type Options struct {
	Mapping Mapping
	// RejectsFile gets every refused row.
	RejectsFile string
	// CreateMasterData makes items, accounts with unlimited credit, and the node. Without it they must exist.
	CreateMasterData bool
	// CreditNotes takes the file's credit notes. Without it their rows are refused.
	CreditNotes bool
	// OpeningStock puts as much of each item on the node's shelf as the file orders and writes off. Without it there is what there is.
	OpeningStock bool
	// Node is the place that is made and filled.
	Node string
	// TaxJurisdiction is where the made accounts pay tax; empty: no tax.
	TaxJurisdiction string
	// Concurrency is how many orders are submitted at once.
	Concurrency int
	// Progress hears how far it is.
	Progress *console.Progress
}

// Run imports the file and reports. It fails when something other than a row is wrong: an unreadable file, a mapping that
// does not fit, a Waybill that does not answer. A refused row is not a failure.
func Run(ctx context.Context, file string, target *access.Access, options Options) (Report, error) {
	start := time.Now()
	if err := options.Mapping.check(); err != nil {
		return Report{}, err
	}
	plan, err := readPlan(file, &options.Mapping, options.CreditNotes)
	if err != nil {
		return Report{}, err
	}
	run := &run{target: target, options: options, plan: plan}
	run.report = Report{
		Rows: plan.rows, Orders: len(plan.documents[ordered]), CreditNotes: len(plan.documents[credited]),
		WriteOffs: len(plan.documents[writtenOff]), Currency: options.Mapping.Currency,
	}
	steps := []func(context.Context) error{
		run.makeMasterData, run.fillShelves, run.submit, run.follow, run.writeOff, run.credit, run.settle,
	}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return run.report, errors.Join(err, run.writeRejects())
		}
	}
	run.report.Took = time.Since(start)
	return run.report, run.writeRejects()
}

// run is one import under way.
type run struct {
	target  *access.Access
	options Options
	plan    plan
	rejects []Reject
	// accounts are the sums of the customers.
	accounts map[string]*sum
	// returns are the ids of the returns of the credit notes, with how many lines of each are to be credited.
	returns map[string]int
	report  Report
}

// Report is what an import came to. Amounts are in minor units, before tax.
type Report struct {
	Rows, AcceptedRows, RejectedRows int
	// Documents in the file, and how many of them were refused whole.
	Orders, RejectedOrders           int
	CreditNotes, RejectedCreditNotes int
	WriteOffs, RejectedWriteOffs     int
	OrderLines                       int // of the accepted orders
	WrittenOffRows                   int
	WrittenOffUnits                  int64
	OrdersBefore, OrdersAfter        int64
	Currency                         string
	// ExpectedMinor and ExpectedCreditMinor are the sums over the accepted rows of orders and of credit notes, each row
	// rounded half up by itself.
	ExpectedMinor, ExpectedCreditMinor int64
	// InvoicedMinor is what the invoices of these orders say, OpenMinor the value of what is not invoiced (yet),
	// CreditedMinor what the credit memos of these credit notes say.
	InvoicedMinor, OpenMinor, CancelledMinor, CreditedMinor int64
	// Accounts is how many customers were compared; Differing are those of whom a cent is missing or too much.
	Accounts                                 int
	Differing                                []AccountDifference
	SubmitTook, FollowTook, CreditTook, Took time.Duration
	RejectsByReason                          map[string]int
	RejectsFile                              string
}

// Balanced reports whether not a cent is missing, of any customer.
func (r Report) Balanced() bool { return len(r.Differing) == 0 }

// writeRejects writes every refused row, those refused while reading first.
func (r *run) writeRejects() error {
	all := append(append([]Reject(nil), r.plan.rejects...), r.rejects...)
	r.report.RejectsByReason = map[string]int{}
	for _, reject := range all {
		r.report.RejectsByReason[reject.Reason]++
	}
	r.report.RejectedRows = len(all)
	r.report.AcceptedRows = r.plan.rows - len(all)
	r.report.RejectsFile = r.options.RejectsFile
	return writeRejectsFile(r.options.RejectsFile, all)
}

// writeRejectsFile writes the file anew, with a row of column names even when nothing was refused.
func writeRejectsFile(name string, rejects []Reject) error {
	file, err := os.Create(name)
	if err != nil {
		return fmt.Errorf("rejects file: %w", err)
	}
	return errors.Join(writeRejectRows(file, rejects), file.Close())
}

func writeRejectRows(file io.Writer, rejects []Reject) error {
	writer := csv.NewWriter(file)
	rows := [][]string{{"row", "field", "reason", "message"}}
	for _, reject := range rejects {
		rows = append(rows, []string{strconv.Itoa(reject.Row), reject.Field, reject.Reason, reject.Message})
	}
	if err := writer.WriteAll(rows); err != nil {
		return fmt.Errorf("rejects file: %w", err)
	}
	return nil
}
