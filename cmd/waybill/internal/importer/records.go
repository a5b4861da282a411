package importer

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
)

const (
	// maxRecordLines bounds how many lines a quoted field may reach over: a quote that is never closed spoils its own row
	// and none after it.
	maxRecordLines = 100
	// maxLineBytes bounds a line, so that a file without line ends is refused instead of filling the memory.
	maxLineBytes = 1 << 20
)

// records reads the records of a CSV file one by one, each on its own, so that what is wrong with one ends with it.
type records struct {
	lines *bufio.Scanner
	ahead []string
}

func newRecords(text io.Reader) *records {
	lines := bufio.NewScanner(text)
	lines.Buffer(make([]byte, 0, 64<<10), maxLineBytes)
	lines.Split(scanLines)
	return &records{lines: lines}
}

// next is the next record that has any text. A *csv.ParseError says that its first line is no CSV: reading goes on with the
// line after it. At the end of the file the error is io.EOF.
func (r *records) next() ([]string, error) {
	for {
		taken, err := r.take()
		if err != nil {
			return nil, err
		}
		reader := csv.NewReader(strings.NewReader(strings.Join(taken, "")))
		reader.FieldsPerRecord = -1 // counted by whoever knows the columns
		values, err := reader.Read()
		if errors.Is(err, io.EOF) {
			continue // an empty line
		}
		if err != nil {
			r.ahead = append(taken[1:], r.ahead...)
			return nil, err
		}
		return values, nil
	}
}

// take is a line, with those after it for as long as a quote is open.
func (r *records) take() ([]string, error) {
	var taken []string
	open := false
	for len(taken) < maxRecordLines {
		line, err := r.line()
		if errors.Is(err, io.EOF) && len(taken) > 0 {
			break
		}
		if err != nil {
			return nil, err
		}
		taken = append(taken, line)
		if open = open != (strings.Count(line, `"`)%2 == 1); !open {
			break
		}
	}
	return taken, nil
}

func (r *records) line() (string, error) {
	if len(r.ahead) > 0 {
		line := r.ahead[0]
		r.ahead = r.ahead[1:]
		return line, nil
	}
	if r.lines.Scan() {
		return r.lines.Text(), nil
	}
	err := r.lines.Err()
	switch {
	case errors.Is(err, bufio.ErrTooLong):
		return "", fmt.Errorf("a line is longer than %d bytes", maxLineBytes)
	case err != nil:
		return "", err
	default:
		return "", io.EOF
	}
}

// scanLines is bufio.ScanLines with the line's end left on it, since it belongs to a field in quotes.
func scanLines(data []byte, atEOF bool) (advance int, line []byte, err error) {
	if advance, _, err = bufio.ScanLines(data, atEOF); advance > 0 {
		return advance, data[:advance], err
	}
	return 0, nil, err
}
