package reconcile

import (
	"context"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/invariant"
)

// PageRows is about how many rows of a figure are read at once.
const PageRows = 5000

// Book is what one service can say of its own tables.
type Book struct {
	DB *database.DB
	// Checks are its rules.
	Checks []invariant.Check
	// Figures are what others compare.
	Figures []Figure
}

// Books are those of several services by role: a Source that reads their databases.
type Books map[string]Book

// Figure implements Source.
func (b Books) Figure(ctx context.Context, side Side, after string) (Page, error) {
	for _, figure := range b[side.Role].Figures {
		if figure.Name == side.Figure {
			return figure.Read(ctx, b[side.Role].DB, after, PageRows)
		}
	}
	return Page{}, fault.New(fault.NotFound, "FIGURE_UNKNOWN", "%s has no figure %q", side.Role, side.Figure)
}

// Check runs one of the rules of a service's own tables.
func (b Book) Check(ctx context.Context, check invariant.Check) (Finding, error) {
	finding := Finding{Name: check.Name, Rule: check.Rule, Description: check.Description}
	breaks, err := check.Run(ctx, b.DB)
	if err != nil {
		return finding, err
	}
	for _, one := range breaks {
		finding.Breaks = append(finding.Breaks, Break{Break: one})
	}
	finding.Broken = int64(len(breaks))
	finding.Examined, err = check.Examined(ctx, b.DB)
	return finding, err
}
