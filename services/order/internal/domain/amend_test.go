package domain

import "testing"

// Looking for what an amendment added is no failed sourcing; what a warehouse lacks afterwards is.
func TestAmendedUnitsSpendNoSourcing(t *testing.T) {
	o := order(ShipPartial, 5).granted(Part{1, "LEEDS", 5})
	for i := range int32(2) {
		if _, err := o.Amend(&Amendment{Revision: i + 1, Lines: []LineWant{{Line: 1, More: 2}}}, now); err != nil {
			t.Fatal(err)
		}
		again, asked := o.Source(now)
		if len(again) > 0 || len(asked) != 1 || asked[0].Quantity != 2 || o.Sourcings != 0 {
			t.Errorf("asked for %v after %d failed sourcings, want 2 units and none failed", asked, o.Sourcings)
		}
		o.Sourced(asked, Grant{Key: "r", Lines: []GrantLine{{Line: 1, At: []Part{{Line: 1, Node: "LEEDS", Quantity: 2}}}}}, now)
	}
	o.HandOver(now)
	o.Shorted("LEEDS", []Part{{Line: 1, Quantity: 1}}, now)
	if _, _ = o.Source(now); o.Sourcings != 1 {
		t.Errorf("%d failed sourcings, want the short one counted", o.Sourcings)
	}
	o.mustKeep(t)
}
