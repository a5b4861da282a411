package domain

import (
	"bytes"
	"time"
)

// Master is an item, a customer or a price as people keep it in the ERP.
type Master struct {
	// Kind is ACCOUNT, ITEM or PRICE; Key names it among those of its kind.
	Kind, Key string
	Content   []byte
	// Position is its place in the order of change.
	Position  int64
	ChangedAt time.Time
}

// PutMasters gives each master that says something new the next position. known are those of the set that are there, last is the last
// position that was given. Of two with one name the later counts.
func PutMasters(known []Master, set []Master, last int64, now time.Time) []Master {
	type name struct{ kind, key string }
	have := make(map[name][]byte, len(known))
	for _, one := range known {
		have[name{one.Kind, one.Key}] = one.Content
	}
	newest := make(map[name]int, len(set))
	for n, one := range set {
		newest[name{one.Kind, one.Key}] = n
	}
	var changed []Master
	for n, one := range set {
		of := name{one.Kind, one.Key}
		content, is := have[of]
		if newest[of] != n || is && bytes.Equal(content, one.Content) {
			continue
		}
		last++
		one.Position, one.ChangedAt = last, now
		changed = append(changed, one)
	}
	return changed
}
