// Package store keeps what the ERP must be told and what it has been. Sets go in and come out; nothing here decides.
package store

import (
	"context"
	"slices"
	"time"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/shard"
	"github.com/waybill-dev/waybill/services/backoffice/internal/domain"
)

// TopicPost wakes the drain of this process when there is something to tell.
const TopicPost = "backoffice_post"

// SaveDraftOrders keeps orders that are not decided, by their ids.
func SaveDraftOrders(ctx context.Context, tx database.Transaction, contents map[string][]byte) error {
	if len(contents) == 0 {
		return nil
	}
	var set SaveDraftsParams
	for id, content := range contents {
		set.OrderIds = append(set.OrderIds, id)
		set.Contents = append(set.Contents, content)
	}
	return database.Fault(ctx, New(tx).SaveDrafts(ctx, set))
}

// TakeDraftOrders removes orders that are decided and gives those that were there.
func TakeDraftOrders(ctx context.Context, tx database.Transaction, ids []string) (map[string][]byte, error) {
	contents := map[string][]byte{}
	if len(ids) == 0 {
		return contents, nil
	}
	rows, err := New(tx).TakeDrafts(ctx, ids)
	for _, row := range rows {
		contents[row.OrderID] = row.Content
	}
	return contents, database.Fault(ctx, err)
}

// FindKnownOrders gives those of the orders of which the ERP has been told, or will be: they are posted or in the queue.
func FindKnownOrders(ctx context.Context, tx database.Transaction, orders []string) (map[string]bool, error) {
	known := map[string]bool{}
	if len(orders) == 0 {
		return known, nil
	}
	names := make(map[string]string, len(orders))
	documents := make([]string, 0, len(orders))
	for _, order := range orders {
		documents = append(documents, domain.FirstVersion(order))
		names[domain.FirstVersion(order)] = order
	}
	queries := New(tx)
	posted, err := queries.FindPosted(ctx, documents)
	if err != nil {
		return nil, database.Fault(ctx, err)
	}
	queued, err := queries.FindQueued(ctx, documents)
	for _, document := range slices.Concat(posted, queued) {
		known[names[document]] = true
	}
	return known, database.Fault(ctx, err)
}

// Enqueue puts documents into the queue, each once for ever.
func Enqueue(ctx context.Context, tx database.Transaction, posts []domain.Post, now time.Time) error {
	if len(posts) == 0 {
		return nil
	}
	queries := New(tx)
	ids := make([]string, 0, len(posts))
	for _, post := range posts {
		ids = append(ids, post.DocumentID)
	}
	done, err := queries.FindPosted(ctx, ids)
	if err != nil {
		return database.Fault(ctx, err)
	}
	posted := make(map[string]bool, len(done))
	for _, id := range done {
		posted[id] = true
	}
	set := InsertPostsParams{Now: now}
	for _, post := range posts {
		if posted[post.DocumentID] {
			continue
		}
		posted[post.DocumentID] = true // a set holds it once
		set.Ids = append(set.Ids, post.DocumentID)
		set.OrderIds = append(set.OrderIds, post.OrderID)
		set.Positions = append(set.Positions, post.Position)
		set.Shards = append(set.Shards, int64(shard.Of(post.OrderID)))
		set.Contents = append(set.Contents, post.Content)
		set.AfterInvoices = append(set.AfterInvoices, post.AfterInvoices)
		set.Tolds = append(set.Tolds, post.Told)
		set.Causes = append(set.Causes, post.Cause)
	}
	if len(set.Ids) == 0 {
		return nil
	}
	if err := queries.InsertPosts(ctx, set); err != nil {
		return database.Fault(ctx, err)
	}
	tx.Notify(TopicPost)
	return nil
}

// FindHeadPosts finds what may go to the ERP now, the longest waiting first.
func FindHeadPosts(ctx context.Context, db DBTX, leases shard.Leases, limit int) ([]domain.Head, error) {
	owned := make([]int64, 0, shard.Count)
	for _, one := range leases.Shards() {
		owned = append(owned, int64(one))
	}
	rows, err := New(db).FindHeads(ctx, FindHeadsParams{Shards: owned, FirstAfterOrder: domain.FirstAfterOrder, PageLimit: int32(limit)})
	heads := make([]domain.Head, 0, len(rows))
	for _, row := range rows {
		heads = append(heads, domain.Head{
			DocumentID: row.DocumentID, OrderID: row.OrderID, Shard: int32(row.Shard), Bytes: row.Bytes, Attempt: row.Attempt,
		})
	}
	return heads, database.Fault(ctx, err)
}

// MarkPostsSent counts that documents are being sent and gives their contents. What is not waiting any more is missing.
func MarkPostsSent(ctx context.Context, tx database.Transaction, heads []domain.Head) (map[string][]byte, error) {
	rows, err := New(tx).MarkSent(ctx, idsOf(heads))
	contents := make(map[string][]byte, len(rows))
	for _, row := range rows {
		contents[row.DocumentID] = row.Content
	}
	return contents, database.Fault(ctx, err)
}

// MarkPostsUnsent takes back that documents were sent, because they were not.
func MarkPostsUnsent(ctx context.Context, tx database.Transaction, heads []domain.Head) error {
	if len(heads) == 0 {
		return nil
	}
	return database.Fault(ctx, New(tx).MarkUnsent(ctx, idsOf(heads)))
}

func idsOf(heads []domain.Head) []string {
	ids := make([]string, 0, len(heads))
	for _, head := range heads {
		ids = append(ids, head.DocumentID)
	}
	return ids
}

// RetryStuck puts stuck documents back and gives what is told of each.
func RetryStuck(ctx context.Context, tx database.Transaction, ids []string) ([]domain.Told, error) {
	rows, err := New(tx).Retry(ctx, ids)
	tx.Notify(TopicPost)
	told := make([]domain.Told, 0, len(rows))
	for _, row := range rows {
		one := domain.Told{Sequence: row.Told}
		one.DocumentID, one.OrderID = row.DocumentID, row.OrderID
		told = append(told, one)
	}
	return told, database.Fault(ctx, err)
}

// Queue is how long the queue is.
type Queue struct {
	Waiting, Stuck int64
	// OldestSince is when the oldest that waits was queued; zero: none waits.
	OldestSince time.Time
}

// MeasureQueue counts the queue.
func MeasureQueue(ctx context.Context, db DBTX) (Queue, error) {
	rows, err := New(db).CountPosts(ctx)
	var queue Queue
	for _, row := range rows {
		if row.State == "STUCK" {
			queue.Stuck = row.Posts
			continue
		}
		queue.Waiting, queue.OldestSince = row.Posts, row.Oldest
	}
	return queue, database.Fault(ctx, err)
}

// ListStuckDocuments gives a page of what is stuck, by document id.
func ListStuckDocuments(ctx context.Context, db DBTX, after string, limit int32) ([]ListStuckRow, error) {
	rows, err := New(db).ListStuck(ctx, ListStuckParams{After: after, PageLimit: limit})
	return rows, database.Fault(ctx, err)
}

// PageWaiting gives the documents after one that wait and are not stuck, by document id.
func PageWaiting(ctx context.Context, db DBTX, after string, limit int) ([]string, error) {
	documents, err := New(db).ListWaiting(ctx, ListWaitingParams{After: after, PageLimit: int32(limit)})
	return documents, database.Fault(ctx, err)
}

// EnqueueAgain puts documents into the queue whatever the ERP said of them before, and says how many were not there or were stuck. Each
// is asked for before it is sent. It gives what is told of those that were stuck or posted, these with the number that the ERP gave them.
func EnqueueAgain(ctx context.Context, tx database.Transaction, posts []domain.Post, now time.Time) (int64, []domain.Told, error) {
	queries := New(tx)
	ids := make([]string, 0, len(posts))
	for _, post := range posts {
		ids = append(ids, post.DocumentID)
	}
	told, err := RetryStuck(ctx, tx, ids)
	if err != nil {
		return 0, nil, err
	}
	stuck := int64(len(told))
	waiting, err := queries.CountQueued(ctx, ids)
	if err != nil {
		return 0, nil, database.Fault(ctx, err)
	}
	rows, err := queries.TakePosted(ctx, ids)
	if err != nil {
		return 0, nil, database.Fault(ctx, err)
	}
	before := make(map[string]int64, len(rows))
	for _, row := range rows {
		one := domain.Told{Sequence: row.Told + 1}
		one.DocumentID, one.OrderID, one.ERPNumber = row.DocumentID, row.OrderID, row.ErpNumber
		told = append(told, one)
		before[row.DocumentID] = one.Sequence
	}
	again := slices.Clone(posts)
	for i := range again {
		again[i].Told = before[again[i].DocumentID]
	}
	if err := Enqueue(ctx, tx, again, now); err != nil {
		return 0, nil, err
	}
	return stuck + int64(len(posts)) - waiting, told, database.Fault(ctx, queries.MarkAsked(ctx, ids))
}
