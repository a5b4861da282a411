package shard

import (
	"fmt"
	"testing"

	"github.com/google/uuid"
	"pgregory.net/rapid"
)

// Shards stand in stored rows and subjects: a change of the hash would send an aggregate's events two ways.
func TestShardsNeverChange(t *testing.T) {
	for key, want := range map[string]int32{"": 1, "A": 0, "22423": 5, "ACC-1": 4, "85123A|LONDON": 0} {
		if got := Of(key); got != want {
			t.Errorf("Of(%q) = %d, want %d", key, got, want)
		}
	}
	if got := OfUUID(uuid.MustParse("0198c3a1-7e2b-7c55-9b1d-0a3b5c7d9e1f")); got != 5 {
		t.Errorf("OfUUID = %d, want 5", got)
	}
}

func TestShardsAreEven(t *testing.T) {
	const keys = 8000
	var counts [Count]int
	for i := range keys {
		counts[Of(fmt.Sprintf("ITEM-%05d", i))]++
	}
	for shard, n := range counts {
		if n < keys/Count*3/4 || n > keys/Count*5/4 {
			t.Errorf("shard %d has %d of %d keys", shard, n, keys)
		}
	}
}

// Replicas come and go in any order, each planning alone. Once they stay, every shard has exactly one live holder and
// nobody has more than a fair part.
func TestPlanComesToRest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		holdings := make([]holding, Count)
		for i := range holdings {
			holdings[i] = holding{shard: int32(i)}
		}
		live := map[string]bool{}
		turn := func(me string) {
			take, give := plan(me, holdings, live)
			for _, shard := range take {
				if live[holdings[shard].holder] {
					t.Fatalf("%s takes shard %d from %s, who lives", me, shard, holdings[shard].holder)
				}
				holdings[shard].holder = me
			}
			for _, shard := range give {
				if holdings[shard].holder != me {
					t.Fatalf("%s gives shard %d of %s", me, shard, holdings[shard].holder)
				}
				holdings[shard].holder = ""
			}
		}
		names := rapid.SampledFrom([]string{"a", "b", "c", "d", "e"})
		for range rapid.IntRange(1, 20).Draw(t, "steps") {
			me := names.Draw(t, "replica")
			if rapid.Bool().Draw(t, "dies") {
				delete(live, me)
				continue
			}
			live[me] = true
			turn(me)
		}
		live["a"] = true
		for range 3 {
			for me := range live {
				turn(me)
			}
		}
		parts := map[string]int{}
		for _, h := range holdings {
			if !live[h.holder] {
				t.Fatalf("shard %d is with %q, who does not live", h.shard, h.holder)
			}
			parts[h.holder]++
		}
		for me, part := range parts {
			if part > (Count+len(live)-1)/len(live) {
				t.Fatalf("%s has %d shards of %d live replicas", me, part, len(live))
			}
		}
	})
}

func TestLeasesOnly(t *testing.T) {
	all := Leases{group: "g"}
	all.epochs[2], all.epochs[5] = 7, 8
	part := all.Only(5, 3, -1, Count)
	if got := fmt.Sprint(part.Shards()); got != "[5]" || part.group != "g" || part.epochs[5] != 8 {
		t.Fatalf("got %+v", part)
	}
	if part.Holds(2) || !all.Holds(2) || all.Holds(-1) || all.Holds(Count) {
		t.Fatal("Holds is wrong")
	}
	if (Leases{}).Empty() != true || part.Empty() {
		t.Fatal("Empty is wrong")
	}
}
