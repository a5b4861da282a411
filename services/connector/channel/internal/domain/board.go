// Package domain decides what the sandbox portals take. It is pure.
package domain

import (
	"strings"
	"time"
)

// Notice is what arrives about an order.
type Notice struct {
	Key, OrderID, Channel string
	Withdrawn             bool
}

// Entry is what a portal shows under a key.
type Entry struct {
	Notice
	Reference string
	ToldAt    time.Time
	// TimesSent is how often the notice arrived; 0: only its withdrawal did.
	TimesSent int64
}

// Outcome is what became of a notice: Refused is the reason where it is not taken.
type Outcome struct {
	Entry   Entry
	Refused string
}

// The reasons of refusals.
const (
	ReasonUndone = "UNDONE"
	ReasonReused = "KEY_REUSED"
)

// Board is the part of what the portals show that a set touches.
type Board struct {
	entries map[string]*Entry
	changed map[string]bool
}

// NewBoard makes a board of what is shown under the keys of a set.
func NewBoard(entries []Entry) *Board {
	b := &Board{entries: map[string]*Entry{}, changed: map[string]bool{}}
	for _, entry := range entries {
		b.entries[entry.Key] = &entry
	}
	return b
}

// Take takes a notice once: a repeat gets the first receipt and is counted. One that was withdrawn before it came is refused.
func (b *Board) Take(notice Notice, now time.Time) Outcome {
	known := b.entries[notice.Key]
	switch {
	case known != nil && known.OrderID != notice.OrderID:
		return Outcome{Refused: ReasonReused}
	case known == nil:
		known = &Entry{Notice: notice, Reference: reference(notice.OrderID), ToldAt: now}
		b.entries[notice.Key] = known
	case known.Withdrawn && !notice.Withdrawn:
		return Outcome{Refused: ReasonUndone}
	}
	known.Withdrawn = notice.Withdrawn
	if !notice.Withdrawn {
		known.TimesSent++
	}
	b.changed[notice.Key] = true
	return Outcome{Entry: *known}
}

// Changed are the entries that are new, or were sent again or withdrawn.
func (b *Board) Changed() []Entry {
	changed := make([]Entry, 0, len(b.changed))
	for key := range b.changed {
		changed = append(changed, *b.entries[key])
	}
	return changed
}

// reference is the portal's own.
func reference(order string) string {
	_, id, _ := strings.Cut(order, "_")
	id = strings.ToUpper(strings.ReplaceAll(id, "-", ""))
	return "PN-" + id[max(0, len(id)-12):]
}
