package domain

import (
	"time"

	"github.com/waybill-dev/waybill/internal/fault"
)

// MaxCursor is how long a cursor of the ERP's may be, in bytes, by the contract.
const MaxCursor = 1024

// Feed is how far the masters of the ERP are read. Times that never were are zero.
type Feed struct {
	// Cursor is the ERP's; empty: from the beginning. Generation counts how often it began there, from 1.
	Cursor     string
	Generation int64
	// Behind says that there was more to be read, AsOf until when it was complete by the ERP's clock.
	Behind bool
	AsOf   time.Time
	// CurrentAt is when it was last read to its end, ReadAt when a page was last stored, StartedAt when the first was asked for: by our
	// clock.
	CurrentAt, ReadAt, StartedAt time.Time
	// Taken counts entries that were taken.
	Taken int64
	// Problem is what is wrong; empty: nothing.
	Problem      string
	ProblemSince time.Time
}

// Place is where a page was asked for.
type Place struct {
	Cursor     string
	Generation int64
}

// Place is where the feed stands.
func (f Feed) Place() Place { return Place{f.Cursor, f.Generation} }

// FeedPage is what a page says of the feed.
type FeedPage struct {
	Entries    int
	NextCursor string
	More       bool
	AsOf       time.Time
	// Odd is what is odd about it, though it can be taken.
	Odd string
}

// The reasons of pages that cannot be.
const (
	ReasonPageTooLarge  = "MASTERS_PAGE_TOO_LARGE"
	ReasonCursorMissing = "MASTERS_CURSOR_MISSING"
	ReasonCursorTooLong = "MASTERS_CURSOR_TOO_LONG"
	ReasonCursorStands  = "MASTERS_CURSOR_STANDS"
)

// Refuse says why a page that was asked for with at most so many entries cannot be; nil: it can. To take one that does not lead on
// would ask for it for ever.
func (f Feed) Refuse(page FeedPage, asked int) error {
	refused := func(reason, format string, args ...any) error {
		return fault.New(fault.Internal, reason, format, args...)
	}
	switch {
	case page.Entries > asked:
		return refused(ReasonPageTooLarge, "the ERP gave %d masters where %d were asked for", page.Entries, asked)
	case page.NextCursor == "":
		return refused(ReasonCursorMissing, "the ERP does not say where its masters go on")
	case len(page.NextCursor) > MaxCursor:
		return refused(ReasonCursorTooLong, "the ERP's cursor has %d bytes, more than %d", len(page.NextCursor), MaxCursor)
	case page.More && page.NextCursor == f.Cursor:
		return refused(ReasonCursorStands, "the ERP says that there is more, and goes on where it was asked from")
	}
	return nil
}

// Took is the feed after a page of which so many entries were taken. asked is when it was asked for: what changed in the ERP since
// then need not be in it.
func (f Feed) Took(page FeedPage, taken int, asked, now time.Time) Feed {
	f.Cursor, f.Behind, f.ReadAt = page.NextCursor, page.More, now
	f.Taken += int64(taken)
	if !page.More {
		f.AsOf, f.CurrentAt = page.AsOf, asked
	}
	return f.with(page.Odd, now)
}

// Failed is the feed after a page that was not taken.
func (f Feed) Failed(problem string, now time.Time) Feed { return f.with(problem, now) }

func (f Feed) with(problem string, now time.Time) Feed {
	switch {
	case problem == "":
		f.ProblemSince = time.Time{}
	case f.Problem == "":
		f.ProblemSince = now
	}
	f.Problem = problem
	return f
}

// Reloaded is the feed that begins anew.
func (f Feed) Reloaded() Feed {
	f.Cursor, f.Behind = "", true
	f.Generation++
	return f
}
