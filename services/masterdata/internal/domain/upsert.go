// Package domain holds the types and the one decision of master data: what a set of wanted entities changes.
package domain

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/waybill-dev/waybill/internal/fault"
)

// Entity is one kind of master data.
type Entity[T any] interface {
	// Key tells entities apart.
	Key() string
	// Seen is the version on which the caller decided; number 0: whatever is stored.
	Seen() Version
	// Normal is this one in the form in which it is stored and compared.
	Normal() T
	// Wrong names what is wrong with this one by itself, by paths inside the entity.
	Wrong() []fault.Field
	// Same reports whether the other one says the same, versions and times aside. Both are normal.
	Same(other T) bool
	// Frozen names the fields in which this one, as it was asked for, differs from the stored one and must not; today is a
	// day in UTC.
	Frozen(stored T, today string) []fault.Field
	// Following is this state as the one after the stored one; stored is nil for a new entity.
	Following(stored *T, now time.Time) T
}

// Plan is what an upsert does.
type Plan[T any] struct {
	// Result is the state after it, in the order of the request.
	Result []T
	// Changed are those of the result that have to be stored and told.
	Changed []T
}

// Decide plans an upsert of the wanted set. field is the name of the request's list, for the paths of errors; wrong is what
// was found at fault before. It fails with a fault that names every entry at fault: what is wrong with an entry by itself,
// FROZEN_FIELD, VERSION_MISMATCH, or DUPLICATE_KEY when an entry stands twice in the set. An entry that is stored already
// is no mismatch: it may be the repeat of a call that was not answered.
func Decide[T Entity[T]](stored map[string]T, wanted []T, field string, wrong []fault.Field, now time.Time) (Plan[T], error) {
	plan := Plan[T]{Result: make([]T, 0, len(wanted))}
	fields := complaints{list: slices.Clone(wrong)}
	seen := make(map[string]int, len(wanted))
	for i, want := range wanted {
		path := fmt.Sprintf("%s[%d]", field, i)
		for _, one := range want.Wrong() {
			fields.add(path+"."+one.Path, one.Reason, one.Message)
		}
		asked := want
		want = want.Normal()
		if first, ok := seen[want.Key()]; ok {
			fields.add(path, "DUPLICATE_KEY", fmt.Sprintf("the same as %s[%d]", field, first))
			continue
		}
		seen[want.Key()] = i
		old, known := stored[want.Key()]
		if !known {
			if want.Seen().Number != 0 {
				fields.add(path+".version", "VERSION_MISMATCH", "it does not exist")
			}
			next := want.Following(nil, now)
			plan.Result, plan.Changed = append(plan.Result, next), append(plan.Changed, next)
			continue
		}
		for _, one := range asked.Frozen(old, now.UTC().Format(time.DateOnly)) {
			fields.add(path+"."+one.Path, one.Reason, one.Message)
		}
		if want.Same(old) {
			plan.Result = append(plan.Result, old)
			continue
		}
		if number := want.Seen().Number; number != 0 && number != old.Seen().Number {
			fields.add(path+".version", "VERSION_MISMATCH", fmt.Sprintf("version %d is stored", old.Seen().Number))
		}
		next := want.Following(&old, now)
		plan.Result, plan.Changed = append(plan.Result, next), append(plan.Changed, next)
	}
	if len(fields.list) > 0 {
		return Plan[T]{}, refusal(fields.list, len(wanted))
	}
	return plan, nil
}

// refusal is a conflict when nothing but versions is wrong: the caller reads again and decides anew. Everything else has to
// be corrected first.
func refusal(fields []fault.Field, entries int) error {
	first := slices.IndexFunc(fields, func(f fault.Field) bool { return f.Reason != "VERSION_MISMATCH" })
	kind, reason := fault.Invalid, fields[max(first, 0)].Reason
	message := fmt.Sprintf("%d fields of %d entries are wrong; nothing was stored", len(fields), entries)
	if first < 0 {
		kind, message = fault.Conflict, "the entries have changed since they were read; nothing was stored"
	}
	slices.SortStableFunc(fields, func(a, b fault.Field) int { return cmp.Compare(index(a.Path), index(b.Path)) })
	refused := fault.New(kind, reason, "%s", message)
	refused.Fields = fields
	return refused
}

// index is the number of the entry that a path names.
func index(path string) int {
	number := 0
	for _, digit := range path {
		if digit == ']' {
			break
		}
		if digit >= '0' && digit <= '9' {
			number = number*10 + int(digit-'0')
		}
	}
	return number
}
