package importer

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
)

// readPlan reads the whole file of order lines. A column that is missing ends the reading.
func readPlan(file string, mapping *Mapping, creditNotes bool) (plan, error) {
	planner := newPlanner(mapping, creditNotes)
	err := eachRow(file, func(columns []string) error { return haveColumns(columns, mapping) }, planner.add, func(reject Reject) {
		planner.plan.rows++
		planner.plan.rejects = append(planner.plan.rejects, reject)
	})
	if err != nil {
		return plan{}, err
	}
	return planner.finish(), nil
}

// eachRow reads a file, CSV or gzipped CSV, told apart by its first bytes: first the names of its columns, then row after
// row. A row that is no CSV is refused like any other wrong row.
func eachRow(file string, header func(columns []string) error, add func(record), refuse func(Reject)) error {
	opened, err := os.Open(file) //nolint:gosec // whoever runs the command names the file
	if err != nil {
		return err
	}
	defer func() { _ = opened.Close() }()
	text, err := plainText(opened)
	if err != nil {
		return fmt.Errorf("read %s: %w", file, err)
	}
	reader := newRecords(text)
	columns, err := reader.next()
	if errors.Is(err, io.EOF) {
		return fmt.Errorf("%s is empty; a first row with the names of the columns is expected", file)
	}
	if err != nil {
		return fmt.Errorf("read the first row of %s: %w", file, err)
	}
	if err := header(columns); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	for row := 1; ; row++ {
		values, err := reader.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if _, wrong := errors.AsType[*csv.ParseError](err); wrong {
			refuse(Reject{Row: row, Reason: "CSV_INVALID", Message: err.Error()})
			continue
		}
		if err != nil {
			return fmt.Errorf("read %s, row %d: %w", file, row, err)
		}
		if len(values) != len(columns) {
			message := fmt.Sprintf("the row has %d fields, its columns are %d", len(values), len(columns))
			refuse(Reject{Row: row, Reason: "CSV_INVALID", Message: message})
			continue
		}
		named := make(map[string]string, len(columns))
		for i, name := range columns {
			named[name] = values[i]
		}
		add(record{row: row, values: named})
	}
}

func plainText(file io.Reader) (io.Reader, error) {
	buffered := bufio.NewReaderSize(file, 1<<20)
	start, err := buffered.Peek(2)
	if err == nil && bytes.Equal(start, []byte{0x1f, 0x8b}) {
		packed, err := gzip.NewReader(buffered)
		if err != nil {
			return nil, err
		}
		buffered = bufio.NewReaderSize(packed, 1<<20)
	}
	return withoutMark(buffered), nil
}

// withoutMark passes over the byte order mark that spreadsheets like to write. It goes before the CSV is read: the first
// name may stand in quotes.
func withoutMark(text *bufio.Reader) *bufio.Reader {
	const mark = "\ufeff"
	if start, err := text.Peek(len(mark)); err == nil && string(start) == mark {
		_, _ = text.Discard(len(mark)) // it was just seen
	}
	return text
}

func haveColumns(columns []string, mapping *Mapping) error {
	have := map[string]bool{}
	for _, name := range columns {
		have[name] = true
	}
	c := mapping.Columns
	var missing []error
	for _, name := range []string{c.OrderNumber, c.SKU, c.Description, c.Quantity, c.UnitPrice, c.OrderedAt, c.Account} {
		if name != "" && !have[name] {
			missing = append(missing, fmt.Errorf("there is no column %q", name))
		}
	}
	return errors.Join(missing...)
}
