package reconcile

import (
	"context"
	"fmt"
	"iter"

	"github.com/waybill-dev/waybill/internal/invariant"
)

// Break is one place where the two sides of a rule differ.
type Break struct {
	invariant.Break
	// Key is what it is about, of a rule between services.
	Key Key
	// Order and SKU say more about it, where a side knows them.
	Order, SKU string
}

// Finding is what became of one rule.
type Finding struct {
	Name, Rule, Description string
	// Examined counts what the rule is about.
	Examined int64
	// Breaks are what breaks it, at most as many as were asked for; Broken counts all.
	Breaks []Break
	Broken int64
}

// Source gives what the services say.
type Source interface {
	// Figure reads a page of a figure.
	Figure(ctx context.Context, side Side, after string) (Page, error)
}

// Examine compares the sides of an equation, and lists at most so many breaks.
func Examine(ctx context.Context, source Source, equation Equation, most int) (Finding, error) {
	finding := Finding{Name: equation.Name, Rule: equation.Rule, Description: equation.Description}
	left, stopLeft := iter.Pull2(read(ctx, source, equation.Left))
	defer stopLeft()
	right, stopRight := iter.Pull2(read(ctx, source, equation.Right))
	defer stopRight()
	only := func(string) (bool, error) { return true, nil }
	if equation.Only != nil {
		names, stopNames := iter.Pull2(read(ctx, source, []Side{*equation.Only}))
		defer stopNames()
		only = named(names)
	}
	for pair, err := range merge(left, right) {
		if err != nil {
			return finding, fmt.Errorf("%s: %w", equation.Name, err)
		}
		if equation.LeftOnly && pair.left == nil || pair.unknown() {
			continue
		}
		counts, err := only(pair.key().Subject)
		if err != nil {
			return finding, fmt.Errorf("%s: %w", equation.Name, err)
		}
		if !counts {
			continue
		}
		finding.Examined++
		if found, differ := pair.differs(equation.Nothing); differ {
			if finding.Broken++; len(finding.Breaks) < most {
				finding.Breaks = append(finding.Breaks, found)
			}
		}
	}
	return finding, nil
}

// UnderWay are those of the subjects of which something is under way for an equation.
func UnderWay(ctx context.Context, source Source, equation Equation, subjects map[string]bool) (map[string]bool, error) {
	busy := map[string]bool{}
	for _, side := range equation.UnderWay {
		for entry, err := range read(ctx, source, []Side{side}) {
			if err != nil {
				return nil, fmt.Errorf("%s: %w", equation.Name, err)
			}
			if subjects[entry.Subject] {
				busy[entry.Subject] = true
			}
		}
	}
	return busy, nil
}

// read gives the entries of figures, one figure after the other, and fails when they are not in order: compared as they come, they
// would all be breaks.
func read(ctx context.Context, source Source, sides []Side) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		var last *Key
		for _, side := range sides {
			for after := ""; ; {
				page, err := source.Figure(ctx, side, after)
				if err != nil {
					yield(Entry{}, fmt.Errorf("%s: %w", side.Figure, err))
					return
				}
				for _, entry := range page.Entries {
					if last != nil && last.Compare(entry.Key) >= 0 {
						yield(Entry{}, fmt.Errorf("%s: %s comes after %s", side.Figure, entry.Key, *last))
						return
					}
					last = &entry.Key
					if !yield(entry, nil) {
						return
					}
				}
				if page.Next == "" {
					break
				}
				after = page.Next
			}
		}
	}
}

type next = func() (Entry, error, bool)

// pair is what the sides say of one thing; nil: nothing.
type pair struct{ left, right *Entry }

func (p pair) key() Key {
	if p.left != nil {
		return p.left.Key
	}
	return p.right.Key
}

// unknown reports that a side cannot know.
func (p pair) unknown() bool {
	return p.left != nil && p.left.Value == Unknown || p.right != nil && p.right.Value == Unknown
}

func (p pair) differs(nothing string) (Break, bool) {
	found := Break{Key: p.key(), Break: invariant.Break{Entity: p.key().String(), Left: nothing, Right: nothing}}
	if p.left != nil {
		found.Left, found.Order, found.SKU = p.left.Value, p.left.Order, p.left.SKU
	}
	if p.right != nil {
		found.Right = p.right.Value
		if found.Order == "" {
			found.Order = p.right.Order
		}
		if found.SKU == "" {
			found.SKU = p.right.SKU
		}
	}
	return found, found.Left != found.Right
}

// merge puts together what two sides say of the same things.
func merge(left, right next) iter.Seq2[pair, error] {
	return func(yield func(pair, error) bool) {
		a, err, more := left()
		b, other, others := right()
		for more || others {
			if err != nil || other != nil {
				break
			}
			var together pair
			var order int
			switch {
			case !others:
				order = -1
			case !more:
				order = 1
			default:
				order = a.Compare(b.Key)
			}
			if order <= 0 {
				one := a
				together.left = &one
				a, err, more = left()
			}
			if order >= 0 {
				one := b
				together.right = &one
				b, other, others = right()
			}
			if !yield(together, nil) {
				return
			}
		}
		if err == nil {
			err = other
		}
		if err != nil {
			yield(pair{}, err)
		}
	}
}

// named tells whether a figure names a subject. Subjects are asked for in their order.
func named(entries next) func(subject string) (bool, error) {
	entry, err, more := entries()
	return func(subject string) (bool, error) {
		for err == nil && more && entry.Subject < subject {
			entry, err, more = entries()
		}
		return err == nil && more && entry.Subject == subject, err
	}
}
