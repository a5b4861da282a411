package domain

import (
	"cmp"
	"time"
)

// PlanKey names a plan: an item and a place, by the position of a document of the outside system.
type PlanKey struct {
	StockKey
	Document string
	Line     int32
}

// Plan is supply that an outside system plans. Without a quantity nothing more is to come.
type Plan struct {
	PlanKey
	Quantity int64
	// ExpectedAt is zero when it is not known.
	ExpectedAt time.Time
	// Version is the number that the outside system gives to this state of the plan: the higher, the newer. 0: it gives none.
	Version int64
}

// After is what is planned when this plan comes after the stored one: the one with the higher version, whichever came first. One without
// a version is the newest; what it takes the place of still tells which others are late.
func (p Plan) After(stored Plan) Plan {
	if p.Version != 0 && p.Version < stored.Version {
		return stored
	}
	p.Version = max(p.Version, stored.Version)
	return p
}

// Compare orders keys.
func (k PlanKey) Compare(other PlanKey) int {
	return cmp.Or(CompareStock(k.StockKey, other.StockKey), cmp.Compare(k.Document, other.Document), cmp.Compare(k.Line, other.Line))
}
