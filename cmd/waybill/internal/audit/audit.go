// Package audit checks every invariant: each service's own rules over its tables, and the rules that hold between
// services. What is compared between services holds at rest: while an order is moving, one of them knows first.
package audit

import (
	"context"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/waybill-dev/waybill/cmd/waybill/internal/mesh"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/invariant"
)

// maxShown is how many breaks of one rule are printed.
const maxShown = 10

// finding is what became of one rule.
type finding struct {
	name, rule string
	examined   int64
	breaks     []invariant.Break
}

// Print checks everything and writes each rule with its numbers and the rows that break it. It reports whether all hold.
func Print(ctx context.Context, out io.Writer, databaseURL string) (sound bool, err error) {
	databases, closeAll, err := mesh.OpenDatabases(ctx, databaseURL)
	if err != nil {
		return false, err
	}
	defer closeAll()
	findings, err := own(ctx, databases)
	if err != nil {
		return false, err
	}
	between, err := betweenServices(ctx, databases)
	if err != nil {
		return false, err
	}
	findings = append(findings, between...)
	widest := 0
	for _, f := range findings {
		widest = max(widest, utf8.RuneCountInString(f.rule))
	}
	sound = true
	for _, f := range findings {
		verdict := "ok"
		if len(f.breaks) > 0 {
			verdict, sound = "BROKEN", false
		}
		fmt.Fprintf(out, "  %-6s %-24s %-*s %9d\n", verdict, f.name, widest, f.rule, f.examined)
		for i, b := range f.breaks {
			if i == maxShown {
				fmt.Fprintf(out, "         … and %d more\n", len(f.breaks)-maxShown)
				break
			}
			fmt.Fprintf(out, "         %s: %s, but %s %s\n", b.Entity, b.Left, b.Right, strings.TrimSpace(b.Detail))
		}
	}
	return sound, nil
}

// own runs the checks that each service lists for its own tables.
func own(ctx context.Context, databases map[string]*database.DB) ([]finding, error) {
	var findings []finding
	for _, role := range mesh.Checks() {
		for _, check := range role.Checks {
			breaks, err := check.Run(ctx, databases[role.Name])
			if err != nil {
				return nil, fmt.Errorf("check %s: %w", check.Name, err)
			}
			examined, err := check.Examined(ctx, databases[role.Name])
			if err != nil {
				return nil, fmt.Errorf("check %s: %w", check.Name, err)
			}
			findings = append(findings, finding{check.Name, check.Rule, examined, breaks})
		}
	}
	return findings, nil
}
