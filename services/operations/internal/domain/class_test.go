package domain

import (
	"slices"
	"testing"
)

// Who asks for another try must not decide: an order that is held for want of the ERP's answer asks again by itself, and is taken
// without the answer only by who says so.
func TestActionsOfHolds(t *testing.T) {
	for kind, want := range map[string][]Action{
		"CREDIT": {Accept, Cancel}, "STALE_DATA": {Accept, Cancel}, "ITEM": {Retry, Accept, Cancel}, "ADDRESS": {Retry, Accept, Cancel},
	} {
		if got := (&Exception{Class: HoldClass(kind), State: Open}).Actions(); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", kind, got, want)
		}
	}
}
