package domain

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"pgregory.net/rapid"
)

func differs(entity, left, right string) Difference {
	return Difference{Equation: "mesh.L4", Entity: entity, Subject: entity, Left: left, Right: right, Order: entity}
}

func TestOnlyWhatStaysIsABreak(t *testing.T) {
	first := []Difference{
		differs("stays", "1", "0"), differs("changes", "1", "0"), differs("goes", "1", "0"), differs("busy", "1", "0"),
	}
	second := []Difference{differs("stays", "1", "0"), differs("changes", "2", "0"), differs("busy", "1", "0"), differs("new", "1", "0")}
	for name, test := range map[string]struct {
		settled              bool
		confirmed, undecided []Difference
	}{
		"settled":     {true, []Difference{second[0]}, []Difference{second[1], second[2]}},
		"not settled": {false, nil, []Difference{second[0], second[1], second[2]}},
	} {
		t.Run(name, func(t *testing.T) {
			confirmed, undecided := Confirm(first, second, map[string]bool{"busy": true}, test.settled)
			if diff := cmp.Diff(test.confirmed, confirmed); diff != "" {
				t.Errorf("confirmed: %s", diff)
			}
			if diff := cmp.Diff(test.undecided, undecided); diff != "" {
				t.Errorf("undecided: %s", diff)
			}
		})
	}
}

func newBook(now time.Time, known ...Break) *BreakBook {
	book := &BreakBook{Now: now, NewID: func(key string) uuid.UUID { return uuid.NewSHA1(uuid.Nil, []byte(key)) }}
	book.Load(known)
	return book
}

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// A break is opened once, seen again, closed when it is gone, and opened anew when it comes back: the same one.
func TestTheLifeOfABreak(t *testing.T) {
	look := func(breaks ...Difference) Look { return Look{Equation: "mesh.L4", Breaks: breaks, Whole: true} }
	one := differs("ord_1", "0", "4")
	book := newBook(noon)
	book.Take(look(one))
	opened := book.Changed()
	if len(opened) != 1 || !opened[0].Open || opened[0].Since != noon || opened[0].Sequence != 1 || book.Found != 1 {
		t.Fatalf("opened %+v", opened)
	}
	book = newBook(noon.Add(time.Hour), opened...)
	one.Right = "5"
	book.Take(look(one))
	seen := book.Changed()
	if seen[0].Since != noon || seen[0].Seen != 2 || seen[0].Right != "5" || len(book.Notices) != 0 {
		t.Fatalf("seen again %+v", seen)
	}
	for name, undecided := range map[string]Look{
		"undecided": {Equation: "mesh.L4", Undecided: []Difference{one}, Whole: true}, "not whole": {Equation: "mesh.L4"},
		"another rule": {Equation: "mesh.L5", Whole: true},
	} {
		book = newBook(noon, seen...)
		if book.Take(undecided); len(book.Changed()) != 0 {
			t.Errorf("%s: %+v", name, book.Changed())
		}
	}
	book = newBook(noon.Add(2*time.Hour), seen...)
	book.Take(look())
	closed := book.Changed()
	if closed[0].Open || closed[0].ClosedAt != noon.Add(2*time.Hour) || closed[0].Sequence != 2 || book.Closed != 1 {
		t.Fatalf("closed %+v", closed)
	}
	book = newBook(noon.Add(3*time.Hour), closed...)
	book.Take(look(one))
	again := book.Changed()[0]
	if !again.Open || again.ID != opened[0].ID || again.Since != noon.Add(3*time.Hour) || !again.ClosedAt.IsZero() || again.Sequence != 3 {
		t.Errorf("again %+v", again)
	}
}

// Whatever looks find one after the other: what is open is what the last one found, each notice changes that, and numbers go up.
func TestBreaksFollowTheLooks(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		var known []Break
		told := map[string]bool{}
		sequences := map[uuid.UUID]int64{}
		for hour := range rapid.IntRange(1, 8).Draw(r, "looks") {
			look, present := Look{Equation: "mesh.L4", Whole: true}, map[string]bool{}
			for number := range 4 {
				if rapid.Bool().Draw(r, "broken") {
					look.Breaks = append(look.Breaks, differs(fmt.Sprint("ord_", number), "0", "1"))
					present[fmt.Sprint("ord_", number)] = true
				}
			}
			book := newBook(noon.Add(time.Duration(hour)*time.Hour), known...)
			book.Take(look)
			for _, notice := range book.Notices {
				if told[notice.Break.Entity] == notice.Break.Open {
					r.Fatalf("told twice: %+v", notice)
				}
				if told[notice.Break.Entity] = notice.Break.Open; notice.Break.Sequence != sequences[notice.Break.ID]+1 {
					r.Fatalf("sequence %d after %d", notice.Break.Sequence, sequences[notice.Break.ID])
				}
				sequences[notice.Break.ID]++
			}
			byID := map[uuid.UUID]Break{}
			for _, one := range append(known, book.Changed()...) {
				byID[one.ID] = one
			}
			known = nil
			for _, one := range byID {
				known = append(known, one)
				if one.Open != present[one.Entity] {
					r.Fatalf("%s open: %v", one.Entity, one.Open)
				}
			}
		}
	})
}

func TestSuggestions(t *testing.T) {
	balance := Difference{SKU: "A", Node: "EAST"}
	for _, test := range []struct {
		equation, left, right string
		about                 Difference
		want                  Repair
	}{
		{"mesh.L4", "0", "4", Difference{Order: "ord_1"}, ReleasePromise},
		{"mesh.L4", "4", "0", Difference{Order: "ord_1"}, ByPerson},
		{"mesh.waiting", "1", "2", Difference{Order: "ord_1"}, ReleasePromise},
		{"mesh.waiting", "2", "1", Difference{Order: "ord_1"}, ByPerson},
		{"mesh.L5", "0", "3", Difference{}, InvoiceShipment},
		{"mesh.L5", "2", "3", Difference{}, ByPerson},
		{"mesh.L5", "3", "0", Difference{}, ByPerson},
		{"mesh.erp", "1200", "0", Difference{}, PostToERP},
		{"mesh.erp", "0", "1200", Difference{}, ByPerson},
		{"mesh.erp", "1200", "1100", Difference{}, ByPerson},
		{"mesh.payments", "500", "0", Difference{}, VoidPayment},
		{"mesh.shipped", "1", "2", Difference{}, ByPerson},
		{"inventory.I3", "5/0/0", "4/0/0", balance, RebuildBalance},
		{"inventory.I4", "5/0", "4/0", balance, RebuildBalance},
		{"inventory.I3", "5/0/0", "4/0/0", Difference{}, ByPerson},
		{"inventory.snapshot", "5", "4", balance, Recount},
		{"billing.E", "5", "4", Difference{}, ByPerson},
	} {
		test.about.Equation, test.about.Left, test.about.Right = test.equation, test.left, test.right
		if got := Suggest(test.about); got.Repair != test.want || got.Guidance == "" {
			t.Errorf("%s: %s, but %s: %+v, want %s", test.equation, test.left, test.right, got, test.want)
		}
	}
}

func TestReadEntity(t *testing.T) {
	const order, invoice = "ord_0198c3a1-7a5b-7c11-8e5f-0a1b2c3d4e5f", "inv_0198c3a1-7a5b-7c11-8e5f-0a1b2c3d4e5f"
	for _, test := range []struct {
		equation, entity string
		want             Difference
	}{
		{"inventory.I3", "A_1|EAST", Difference{SKU: "A_1", Node: "EAST"}},
		{"inventory.snapshot", "A|EAST|LOT", Difference{SKU: "A", Node: "EAST"}},
		{"inventory.I3.sum", "A", Difference{}},
		{"order.L1", order + " line 12", Difference{Order: order, Line: 12}},
		{"billing.B1", invoice, Difference{Document: invoice}},
		{"order.charges", order + " charge 1", Difference{Order: order}},
	} {
		got := Difference{Equation: test.equation, Entity: test.entity}
		got.ReadEntity()
		test.want.Equation, test.want.Entity = test.equation, test.entity
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s: %s", test.entity, diff)
		}
	}
}

func TestAreas(t *testing.T) {
	for equation, want := range map[string]Area{
		"mesh.L4": AreaStock, "inventory.I3": AreaStock, "billing.E": AreaMoney, "mesh.erp": AreaMoney, "order.L1": AreaOrders,
		"mesh.shipped": AreaOrders, "masterdata.codes": AreaOrders,
	} {
		if got := AreaOf(equation); got != want {
			t.Errorf("%s: %s, want %s", equation, got, want)
		}
	}
}
