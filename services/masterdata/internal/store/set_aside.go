package store

import (
	"context"
	"time"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/services/masterdata/internal/domain"
)

// FindSetAsideByKey finds what is set aside of the entities of a kind.
func FindSetAsideByKey(
	ctx context.Context, tx database.Transaction, kind domain.MasterKind, keys []string,
) (map[string]domain.SetAside, error) {
	rows, err := New(tx).FindSetAside(ctx, FindSetAsideParams{Kind: string(kind), Keys: keys})
	asides, err := found(ctx, rows, err, toSetAside)
	byKey := make(map[string]domain.SetAside, len(asides))
	for _, aside := range asides {
		byKey[aside.Key] = aside
	}
	return byKey, err
}

// FindDueSetAside finds at most limit entries that are to be tried again.
func FindDueSetAside(ctx context.Context, db DBTX, now time.Time, limit int) ([]domain.SetAside, error) {
	rows, err := New(db).FindDue(ctx, FindDueParams{Now: now, PageLimit: int32(limit)})
	return found(ctx, rows, err, toSetAside)
}

// SaveSetAsideEntries stores entries that are set aside, each once.
func SaveSetAsideEntries(ctx context.Context, tx database.Transaction, asides []domain.SetAside) error {
	if len(asides) == 0 {
		return nil
	}
	set := SaveSetAsideParams{Never: time.Time{}}
	var json writer
	for _, one := range asides {
		set.Kinds = append(set.Kinds, string(one.Kind))
		set.Keys = append(set.Keys, one.Key)
		set.EntryIds = append(set.EntryIds, one.EntryID)
		set.Contents = append(set.Contents, one.Content)
		set.KeptFields = append(set.KeptFields, list(&json, one.Kept))
		set.States = append(set.States, string(one.State))
		set.Reasons = append(set.Reasons, one.Reason)
		set.Messages = append(set.Messages, one.Message)
		set.Faults = append(set.Faults, list(&json, one.Faults))
		set.WaitsFors = append(set.WaitsFors, one.WaitsFor)
		set.Sinces = append(set.Sinces, one.Since)
		set.ChangedAts = append(set.ChangedAts, one.ChangedAt)
		set.Tries = append(set.Tries, one.Tries)
		set.NextTryAts = append(set.NextTryAts, one.NextTryAt)
		set.Tolds = append(set.Tolds, one.Announced)
	}
	if json.err != nil {
		return json.err
	}
	return database.Fault(ctx, New(tx).SaveSetAside(ctx, set))
}

// DeleteSetAsideEntries removes what is set aside of the entities of a kind.
func DeleteSetAsideEntries(ctx context.Context, tx database.Transaction, kind domain.MasterKind, keys []string) error {
	if len(keys) == 0 {
		return nil
	}
	return database.Fault(ctx, New(tx).DeleteSetAside(ctx, DeleteSetAsideParams{Kind: string(kind), Keys: keys}))
}

// WakeSetAsideEntries has those tried again that wait for what has come, and says how many.
func WakeSetAsideEntries(ctx context.Context, tx database.Transaction, came []string, now time.Time) (int64, error) {
	if len(came) == 0 {
		return 0, nil
	}
	woken, err := New(tx).WakeSetAside(ctx, WakeSetAsideParams{Now: now, WaitsFors: came})
	if woken > 0 {
		tx.Notify(TopicMasters)
	}
	return woken, database.Fault(ctx, err)
}

// RetryEntries has entries tried again as if they had just come, all or those named, and says how many.
func RetryEntries(ctx context.Context, tx database.Transaction, every bool, ids []string, now time.Time) (int64, error) {
	retried, err := New(tx).RetrySetAside(ctx, RetrySetAsideParams{Now: now, Every: every, EntryIds: ids})
	tx.Notify(TopicMasters)
	return retried, database.Fault(ctx, err)
}

// LockSetAsideEntry finds an entry by its id; none: it is not set aside.
func LockSetAsideEntry(ctx context.Context, tx database.Transaction, entryID string) ([]domain.SetAside, error) {
	rows, err := New(tx).LockSetAside(ctx, entryID)
	return found(ctx, rows, err, toSetAside)
}

// SetAsideFilter chooses entries; what is empty chooses all.
type SetAsideFilter struct {
	State domain.SetAsideState
	Kind  domain.MasterKind
}

// ListSetAsideAfter gives a page of what is set aside, by entry id.
func ListSetAsideAfter(ctx context.Context, db DBTX, filter SetAsideFilter, after string, limit int) ([]domain.SetAside, error) {
	rows, err := New(db).ListSetAside(ctx, ListSetAsideParams{
		After: after, State: string(filter.State), Kind: string(filter.Kind), PageLimit: int32(limit),
	})
	return found(ctx, rows, err, toSetAside)
}

// CountSetAsideEntries counts by state.
func CountSetAsideEntries(ctx context.Context, db DBTX) (map[domain.SetAsideState]int64, error) {
	rows, err := New(db).CountSetAside(ctx)
	counts := make(map[domain.SetAsideState]int64, len(rows))
	for _, row := range rows {
		counts[domain.SetAsideState(row.State)] = row.Entries
	}
	return counts, database.Fault(ctx, err)
}

func toSetAside(row MasterSetAside) (domain.SetAside, error) {
	aside := domain.SetAside{
		Told: domain.Told{
			Kind: domain.MasterKind(row.Kind), Key: row.EntityKey, Content: row.Content, ChangedAt: row.ChangedAt.Time,
		},
		Refusal: domain.Refusal{Reason: row.Reason, Message: row.Message, WaitsFor: row.WaitsFor},
		EntryID: row.EntryID, State: domain.SetAsideState(row.State), Since: row.Since, Tries: row.Tries,
		NextTryAt: row.NextTryAt.Time, Announced: row.Told,
	}
	var json reader
	json.read(row.KeptFields, &aside.Kept)
	json.read(row.Faults, &aside.Faults)
	return aside, json.err
}
