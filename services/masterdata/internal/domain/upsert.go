// Package domain holds the types and the one decision of master data: what a set of wanted entities changes.
package domain

import (
	"fmt"
	"time"

	"github.com/waybill-dev/waybill/internal/fault"
)

// Entity is one kind of master data.
type Entity[T any] interface {
	// Key tells entities apart.
	Key() string
	// Seen is the version on which the sender decided, 0 where any will do.
	Seen() int64
	// Same reports whether the other one says the same, versions and times aside.
	Same(other T) bool
	// Frozen names the fields in which this one differs from the stored one and must not.
	Frozen(stored T) []string
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

// Decide plans an upsert of the wanted set. field is the name of the request's list, for the paths of errors. It fails
// with a fault that names every entry at fault: FROZEN_FIELD, or DUPLICATE_KEY when an entry stands twice in the set; and
// with VERSION_MISMATCH (Conflict) when nothing else is wrong and an entry would replace a version that its sender has not
// seen.
func Decide[T Entity[T]](stored map[string]T, wanted []T, field string, now time.Time) (Plan[T], error) {
	plan := Plan[T]{Result: make([]T, 0, len(wanted))}
	seen := make(map[string]int, len(wanted))
	var wrong, stale []fault.Field
	for i, want := range wanted {
		path := fmt.Sprintf("%s[%d]", field, i)
		if first, ok := seen[want.Key()]; ok {
			wrong = append(wrong, fault.Field{Path: path, Reason: "DUPLICATE_KEY",
				Message: fmt.Sprintf("the same as %s[%d]", field, first)})
			continue
		}
		seen[want.Key()] = i
		old, known := stored[want.Key()]
		if seen := want.Seen(); seen != 0 && (!known || seen != old.Seen() && !want.Same(old)) {
			stale = append(stale, fault.Field{Path: path + ".version", Reason: "VERSION_MISMATCH", Message: "not the present one"})
		}
		if !known {
			next := want.Following(nil, now)
			plan.Result, plan.Changed = append(plan.Result, next), append(plan.Changed, next)
			continue
		}
		for _, name := range want.Frozen(old) {
			wrong = append(wrong, fault.Field{Path: path + "." + name, Reason: "FROZEN_FIELD",
				Message: "cannot be changed after creation"})
		}
		if want.Same(old) {
			plan.Result = append(plan.Result, old)
			continue
		}
		next := want.Following(&old, now)
		plan.Result, plan.Changed = append(plan.Result, next), append(plan.Changed, next)
	}
	if len(wrong) > 0 {
		refusal := fault.New(fault.Invalid, wrong[0].Reason, "%d of %d entries are wrong; nothing was stored", len(wrong), len(wanted))
		refusal.Fields = wrong
		return Plan[T]{}, refusal
	}
	if len(stale) > 0 {
		refusal := fault.New(fault.Conflict, stale[0].Reason,
			"%d of %d entries have changed since they were read; nothing was stored", len(stale), len(wanted))
		refusal.Fields = stale
		return Plan[T]{}, refusal
	}
	return plan, nil
}
