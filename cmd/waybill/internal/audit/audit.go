// Package audit checks every invariant: each service's own rules over its tables, and the equations that hold between
// services. What is compared between services holds at rest: while an order is moving, one of them knows first.
package audit

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/waybill-dev/waybill/cmd/waybill/internal/mesh"
	"github.com/waybill-dev/waybill/internal/reconcile"
)

// maxShown is how many breaks of one rule are printed.
const maxShown = 10

// Print checks everything and writes each rule with its numbers and the rows that break it. It reports whether all hold.
func Print(ctx context.Context, out io.Writer, databaseURL string) (sound bool, err error) {
	databases, closeAll, err := mesh.OpenDatabases(ctx, databaseURL)
	if err != nil {
		return false, err
	}
	defer closeAll()
	books := mesh.Books(databases)
	findings, err := own(ctx, books)
	if err != nil {
		return false, err
	}
	between, err := betweenServices(ctx, books)
	if err != nil {
		return false, err
	}
	findings = append(findings, between...)
	widest := 0
	for _, f := range findings {
		widest = max(widest, utf8.RuneCountInString(f.Rule))
	}
	sound = true
	for _, f := range findings {
		verdict := "ok"
		if f.Broken > 0 {
			verdict, sound = "BROKEN", false
		}
		fmt.Fprintf(out, "  %-6s %-24s %-*s %9d\n", verdict, f.Name, widest, f.Rule, f.Examined)
		for i, b := range f.Breaks {
			if i == maxShown {
				fmt.Fprintf(out, "         … and %d more\n", f.Broken-maxShown)
				break
			}
			fmt.Fprintf(out, "         %s: %s, but %s %s\n", b.Entity, b.Left, b.Right, strings.TrimSpace(b.Detail))
		}
	}
	return sound, nil
}

// own runs the checks that each service lists for its own tables.
func own(ctx context.Context, books reconcile.Books) ([]reconcile.Finding, error) {
	var findings []reconcile.Finding
	for _, role := range slices.Sorted(maps.Keys(books)) {
		for _, check := range books[role].Checks {
			found, err := books[role].Check(ctx, check)
			if err != nil {
				return nil, fmt.Errorf("check %s: %w", check.Name, err)
			}
			findings = append(findings, found)
		}
	}
	return findings, nil
}
