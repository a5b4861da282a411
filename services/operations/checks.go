package operations

import (
	"github.com/waybill-dev/waybill/internal/invariant"
	"github.com/waybill-dev/waybill/services/operations/internal/store"
)

// Checks are the rules that the tables of this service follow at any time.
func Checks() []invariant.Check {
	return []invariant.Check{
		{
			Name: "operations.archive", Rule: "the archive has no gaps: every sequence after an aggregate's first kept one",
			Description: "An event was lost, or forgotten before its time.",
			Run:         invariant.Query(store.CheckArchive), Examined: invariant.Count("archived_event"),
		},
		{
			Name: "operations.entries", Rule: "an entry stands where its event says, when it says",
			Description: "A timeline shows an event at another moment than it was recorded.",
			Run:         invariant.Query(store.CheckEntries), Examined: invariant.Count("timeline_entry"),
		},
		{
			Name: "operations.mentions", Rule: "a mentioned thing of an order puts the event on its timeline",
			Description: "An order's timeline lacks an event that names something of it.",
			Run:         invariant.Query(store.CheckMentions), Examined: invariant.Count("mention"),
		},
		{
			Name: "operations.exceptions", Rule: "an exception's steps are numbered 1 to their count, and it is open unless it is resolved",
			Description: "The history of an exception has a gap, or its state contradicts itself.",
			Run:         invariant.Query(store.CheckExceptions), Examined: invariant.Count("exception"),
		},
	}
}
