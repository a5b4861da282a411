package masterdata

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"time"

	"google.golang.org/grpc"

	erpv1 "github.com/waybill-dev/waybill/gen/waybill/connector/erp/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/outside"
	"github.com/waybill-dev/waybill/internal/pace"
	"github.com/waybill-dev/waybill/internal/shard"
	"github.com/waybill-dev/waybill/services/masterdata/internal/domain"
	"github.com/waybill-dev/waybill/services/masterdata/internal/store"
)

// feedShard is whose owner reads the feed: one replica at a time.
const feedShard = 0

// reasonExpired is the ERP's reason for a cursor that it does not know any more.
const reasonExpired = "CURSOR_EXPIRED"

// maxProblem is how many bytes are kept of what is wrong with the feed.
const maxProblem = 1000

// mostHalvings makes one of the largest page.
const mostHalvings = 10

// maxDue is how many entries are tried again in one transaction.
const maxDue = 200

// intake reads the feed of the ERP's masters. It belongs to one goroutine, so pages never overtake each other.
type intake struct {
	*Service
	// failures in a row, and when the ERP is asked next.
	failures int
	askAt    time.Time
}

// takeMasters reads the feed until ctx ends.
func (s *Service) takeMasters(ctx context.Context) error {
	wake, stop := s.db.Listen(store.TopicMasters)
	defer stop()
	in := &intake{Service: s}
	for ctx.Err() == nil {
		changed := s.owner.Changed()
		more, err := in.pass(ctx, s.owner.Leases().Only(feedShard))
		if err != nil && ctx.Err() == nil {
			s.log.WarnContext(ctx, "masters not taken from the ERP", slog.Any("error", err))
		}
		if !more || err != nil {
			in.wait(ctx, wake, changed)
		}
	}
	return nil
}

// wait waits for the next page's time, or for that of entries. Who wakes it may want the ERP asked at once; one that does not answer is
// left alone all the same.
func (in *intake) wait(ctx context.Context, wake, changed <-chan struct{}) {
	timer := time.NewTimer(min(in.config.Poll, max(time.Until(in.askAt), in.config.FirstDelay)))
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	case <-changed:
	case <-wake:
		if in.failures == 0 {
			in.askAt = time.Time{}
		}
	}
}

// pass tries again what is due, takes a page when it is time, and reports whether there is more to do at once.
func (in *intake) pass(ctx context.Context, leases shard.Leases) (more bool, err error) {
	if leases.Empty() {
		return false, nil
	}
	more, err = in.settleDue(ctx, leases)
	if time.Now().Before(in.askAt) {
		return more, err
	}
	further, failure := in.page(ctx, leases) // whatever became of what is tried again
	in.pace(further, failure)
	return more || further, errors.Join(err, failure)
}

// pace says when the ERP is asked next.
func (in *intake) pace(more bool, failure error) {
	if failure == nil {
		in.failures, in.askAt = 0, time.Time{}
		if !more {
			in.askAt = time.Now().Add(in.config.Poll)
		}
		return
	}
	in.failures++
	delay := pace.Backoff(in.config.FirstDelay, in.config.MaxDelay, in.failures)
	if asked, ok := fault.As(failure); ok && asked.RetryAfter > 0 {
		delay = min(asked.RetryAfter, in.config.MaxDelay) // whoever holds us back knows better
	}
	in.askAt = time.Now().Add(delay)
}

// size is how many masters are asked for: fewer from failure to failure, for a page may be too much for the ERP, or too large to come
// through.
func (in *intake) size() int { return max(in.config.PageSize>>min(in.failures, mostHalvings), 1) }

// settleDue tries entries again whose time has come, and reports whether there may be more.
func (in *intake) settleDue(ctx context.Context, leases shard.Leases) (more bool, err error) {
	due, err := store.FindDueSetAside(ctx, in.db.Pool(), in.now(), maxDue)
	if err != nil || len(due) == 0 {
		return false, err
	}
	entries := map[domain.MasterKind][]entry{}
	for _, one := range due {
		entries[one.Kind] = append(entries[one.Kind], entryAgain(&one))
	}
	result, err := in.commit(ctx, leases, entries, nil)
	return result.woken > 0 || len(due) == maxDue, err
}

// page takes a page of the feed, and reports whether the feed goes on. The ERP is asked outside any transaction; what it gives and the
// place after it are stored in one. A page that comes twice has no effect the second time.
func (in *intake) page(ctx context.Context, leases shard.Leases) (more bool, err error) {
	feed, known, err := store.FindMasterFeed(ctx, in.db.Pool())
	if err != nil {
		return false, err
	}
	if !known {
		feed.Generation = 1
	}
	asked, size, pages := in.now(), in.size(), newPageReader()
	limited, cancel := context.WithTimeout(ctx, in.config.Timeout)
	defer cancel()
	reply, err := in.erp.ListMasterChanges(limited, &erpv1.ListMasterChangesRequest{
		Cursor: feed.Cursor, PageSize: int32(size),
	}, grpc.ForceCodecV2(pages))
	switch {
	case fault.ReasonOf(err) == reasonExpired && feed.Cursor != "":
		in.log.WarnContext(ctx, "the ERP does not know any more where its masters were read; they are read from the beginning")
		return false, errors.Join(in.fail(ctx, leases, feed, err), in.change(ctx, leases, feed.Place(), domain.Feed.Reloaded))
	case err != nil:
		return false, in.fail(ctx, leases, feed, err)
	}
	entries, odd := pageEntries(reply, pages.broken)
	page := domain.FeedPage{
		Entries: len(reply.GetChanges()), NextCursor: reply.GetNextCursor(), More: reply.GetMore(), AsOf: momentOf(reply.GetAsOf()),
		Odd: database.Storable(odd, maxProblem),
	}
	if err := feed.Refuse(page, size); err != nil {
		return false, in.fail(ctx, leases, feed, err)
	}
	_, err = in.commit(ctx, leases, entries, func(tx database.Transaction, came taken, now time.Time) error {
		return changeFeed(ctx, tx, feed.Place(), now, func(feed domain.Feed) domain.Feed {
			return feed.Took(page, came.changed+came.same, asked, now)
		})
	})
	switch {
	case fault.ReasonOf(err) == reasonMoved:
		return true, nil
	case err != nil:
		return false, in.fail(ctx, leases, feed, err)
	}
	return page.More, nil
}

// reasonMoved is the reason of a page that was asked for at a place where the feed is no more: somebody has it read from the beginning.
const reasonMoved = "MASTERS_MOVED"

// changeFeed changes how far the feed is, if it is where it was.
func changeFeed(
	ctx context.Context, tx database.Transaction, from domain.Place, now time.Time, change func(domain.Feed) domain.Feed,
) error {
	feed, err := store.LockMasterFeed(ctx, tx, now)
	if err != nil {
		return err
	}
	if feed.Place() != from {
		return fault.New(fault.Conflict, reasonMoved, "the feed of masters is read from elsewhere now")
	}
	return store.SaveMasterFeed(ctx, tx, change(feed))
}

// change changes how far the feed is, behind the fence. A feed that has moved meanwhile stays as it is.
func (in *intake) change(ctx context.Context, leases shard.Leases, from domain.Place, change func(domain.Feed) domain.Feed) error {
	now := in.now()
	_, err := database.Tx(ctx, in.db, "master_feed", func(tx database.Transaction) (struct{}, error) {
		if err := leases.Check(ctx, tx); err != nil {
			return struct{}{}, err
		}
		return struct{}{}, changeFeed(ctx, tx, from, now, change)
	})
	if fault.ReasonOf(err) == reasonMoved {
		return nil
	}
	return err
}

// fail notes why no page was taken, where that is not known, and gives the failure back.
func (in *intake) fail(ctx context.Context, leases shard.Leases, feed domain.Feed, failure error) error {
	reason, message := reasonNotStorable, "the masters could not be stored; the log says why"
	if found, ok := fault.As(failure); ok {
		reason, message = found.Reason, found.Message
	}
	known := strings.HasPrefix(feed.Problem, reason+": ")                                // messages may hold what changes from time to time
	if ctx.Err() != nil || known || reason == outside.ReasonAway && feed.Problem != "" { // why it is left alone says more
		return failure
	}
	now := in.now()
	return errors.Join(failure, in.change(ctx, leases, feed.Place(), func(feed domain.Feed) domain.Feed {
		return feed.Failed(database.Storable(reason+": "+message, maxProblem), now)
	}))
}

// commit takes entries in one transaction behind the fence, and does what is to be done with them. One that the database refuses,
// whatever the rules say, is found by halves and set aside: it must not hold up the others.
func (in *intake) commit(
	ctx context.Context, leases shard.Leases, entries map[domain.MasterKind][]entry,
	then func(tx database.Transaction, came taken, now time.Time) error,
) (taken, error) {
	came, err := in.once(ctx, leases, entries, then)
	if isDefect(ctx, err) {
		var poison map[*entry]bool
		if poison, err = in.isolate(ctx, leases, entries, err); err != nil {
			return taken{}, err
		}
		came, err = in.once(ctx, leases, spoiled(entries, poison), then)
	}
	if err == nil {
		in.metrics.count(came)
	}
	return came, err
}

func (in *intake) once(
	ctx context.Context, leases shard.Leases, entries map[domain.MasterKind][]entry,
	then func(tx database.Transaction, came taken, now time.Time) error,
) (taken, error) {
	now := in.now()
	return database.Tx(ctx, in.db, "masters_taken", func(tx database.Transaction) (taken, error) {
		if err := leases.Check(ctx, tx); err != nil {
			return taken{}, err
		}
		came, err := in.takeAll(ctx, tx, entries, now)
		if err != nil || then == nil {
			return came, err
		}
		return came, then(tx, came, now)
	})
}
