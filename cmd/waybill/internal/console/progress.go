// Package console shows people on a terminal how far a long work is, and tables of what came out.
package console

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// Progress shows one bar after another on a terminal, and one line per work elsewhere. Add may be called from several
// goroutines.
type Progress struct {
	out   io.Writer
	bar   *progressbar.ProgressBar
	what  string
	done  atomic.Int64
	start time.Time
}

// NewProgress shows progress on standard error.
func NewProgress() *Progress { return &Progress{out: os.Stderr} }

// Start begins a work of total steps.
func (p *Progress) Start(what string, total int) {
	p.what, p.start = what, time.Now()
	p.done.Store(0)
	options := []progressbar.Option{progressbar.OptionSetVisibility(false)}
	if p.out == os.Stderr && term.IsTerminal(int(os.Stderr.Fd())) {
		options = []progressbar.Option{
			progressbar.OptionSetWriter(p.out), progressbar.OptionSetDescription(fmt.Sprintf("%-32s", what)),
			progressbar.OptionShowCount(), progressbar.OptionShowIts(), progressbar.OptionThrottle(100 * time.Millisecond),
			progressbar.OptionClearOnFinish(),
		}
	}
	p.bar = progressbar.NewOptions(total, options...)
}

// Add says that n more steps are done. More than was announced is fine.
func (p *Progress) Add(n int) {
	p.done.Add(int64(n))
	_ = p.bar.Add(n) // it complains when there is more than announced
}

// Finish ends the work, also one that broke off, with a line that stays and says how much was done.
func (p *Progress) Finish() {
	_ = p.bar.Finish()
	took, done := time.Since(p.start), p.done.Load()
	fmt.Fprintf(p.out, "%-32s %9d in %6.1f s (%.0f/s)\n", p.what, done, took.Seconds(), float64(done)/max(took.Seconds(), 1e-9))
}

// Table writes rows in columns of equal width; the first column is left-aligned, the others right.
func Table(out io.Writer, rows ...[]string) {
	var widths []int
	for _, row := range rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], len([]rune(cell)))
		}
	}
	for _, row := range rows {
		var line strings.Builder
		for i, cell := range row {
			if i == 0 {
				fmt.Fprintf(&line, "  %-*s", widths[i], cell)
			} else {
				fmt.Fprintf(&line, "  %*s", widths[i], cell)
			}
		}
		fmt.Fprintln(out, strings.TrimRight(line.String(), " "))
	}
}
