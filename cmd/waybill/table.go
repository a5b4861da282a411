package main

import (
	"fmt"
	"io"
	"text/tabwriter"
)

// table writes rows in columns under a heading. What was written before something failed is shown all the same; where there is no row,
// a failure stands alone, without a heading.
type table struct {
	heading string
	rows    *tabwriter.Writer
	begun   bool
}

// newTable makes a table with a heading whose columns are parted by tabs, as those of the rows are.
func newTable(to io.Writer, heading string) *table {
	return &table{heading: heading, rows: tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)}
}

func (t *table) row(cells ...any) {
	t.begin()
	for i, cell := range cells {
		if i > 0 {
			fmt.Fprint(t.rows, "\t")
		}
		fmt.Fprint(t.rows, cell)
	}
	fmt.Fprintln(t.rows)
}

func (t *table) begin() {
	if !t.begun {
		fmt.Fprintln(t.rows, t.heading)
		t.begun = true
	}
}

// end shows what is there, and gives back what has failed.
func (t *table) end(failed error) error {
	if failed == nil {
		t.begin()
	}
	if err := t.rows.Flush(); failed == nil {
		return err
	}
	return failed
}
