package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/waybill-dev/waybill/services/order/internal/domain"
)

// Revision is a version of an order.
type Revision struct {
	Order         uuid.UUID
	Number        int32
	Actor, Reason string
	CreatedAt     time.Time
	// Snapshot is the priced order in wire form.
	Snapshot []byte
}

// SaveRevisions stores new versions of orders, in the order in which they were taken. The last one of each order is what
// everything reads from now on.
func SaveRevisions(ctx context.Context, tx DBTX, revisions []Revision, now time.Time) error {
	p := InsertRevisionsParams{CreatedAt: stamp(now)}
	newest := map[uuid.UUID]Revision{}
	for _, r := range revisions {
		p.OrderIds, p.Revisions = append(p.OrderIds, r.Order), append(p.Revisions, int64(r.Number))
		p.Actors, p.Reasons, p.Snapshots = append(p.Actors, r.Actor), append(p.Reasons, r.Reason), append(p.Snapshots, r.Snapshot)
		newest[r.Order] = r
	}
	if err := New(tx).KeepFirstRevisions(ctx, p.OrderIds); err != nil {
		return fmt.Errorf("keep first revisions: %w", err)
	}
	if err := New(tx).InsertRevisions(ctx, p); err != nil {
		return fmt.Errorf("insert revisions: %w", err)
	}
	for _, r := range newest {
		err := New(tx).ReviseOrder(ctx, ReviseOrderParams{Revision: int64(r.Number), Snapshot: r.Snapshot, OrderID: r.Order})
		if err != nil {
			return fmt.Errorf("revise order: %w", err)
		}
	}
	return nil
}

// ListRevisions gives the versions of an order after a number; none when it was never amended.
func ListRevisions(ctx context.Context, db DBTX, order uuid.UUID, after int32, limit int) ([]Revision, error) {
	rows, err := New(db).ListRevisions(ctx, ListRevisionsParams{OrderID: order, After: int64(after), PageLimit: int32(limit)})
	if err != nil {
		return nil, fmt.Errorf("list revisions: %w", err)
	}
	revisions := make([]Revision, 0, len(rows))
	for _, row := range rows {
		revisions = append(revisions, Revision{
			Order: row.OrderID, Number: int32(row.Revision), Actor: row.Actor, Reason: row.Reason,
			CreatedAt: row.CreatedAt.Time, Snapshot: row.Snapshot,
		})
	}
	return revisions, nil
}

// Asked is an amendment that was asked for.
type Asked struct {
	// Snapshot is the order as it would be, in wire form.
	Snapshot []byte
	Decided  bool
	// Refusal is why it was not taken; empty: it was, once it is decided.
	Refusal, Message string
	Outcomes         []domain.CancelOutcome
}

// AskAmendment stores what an amendment asks for, under the id of its process.
func AskAmendment(ctx context.Context, tx DBTX, process, order uuid.UUID, snapshot []byte, now time.Time) error {
	err := New(tx).InsertAmendment(ctx, InsertAmendmentParams{
		ProcessID: process, OrderID: order, Snapshot: snapshot, RequestedAt: stamp(now),
	})
	if err != nil {
		return fmt.Errorf("insert amendment: %w", err)
	}
	return nil
}

// DecideAmendment stores what became of an amendment.
func DecideAmendment(ctx context.Context, tx DBTX, process uuid.UUID, outcome domain.AmendmentOutcome, now time.Time) error {
	outcomes, err := json.Marshal(outcome.Outcomes)
	if err != nil {
		return fmt.Errorf("outcomes of amendment %s: %w", process, err)
	}
	err = New(tx).DecideAmendment(ctx, DecideAmendmentParams{
		DecidedAt: stamp(now), Refusal: outcome.Refusal, Message: outcome.Message, Outcomes: outcomes, ProcessID: process,
	})
	if err != nil {
		return fmt.Errorf("decide amendment: %w", err)
	}
	return nil
}

// FindAsked gives amendments by the ids of their processes.
func FindAsked(ctx context.Context, db DBTX, processes []uuid.UUID) (map[uuid.UUID]Asked, error) {
	if len(processes) == 0 {
		return nil, nil
	}
	rows, err := New(db).FindAmendments(ctx, processes)
	if err != nil {
		return nil, fmt.Errorf("find amendments: %w", err)
	}
	found := make(map[uuid.UUID]Asked, len(rows))
	for _, row := range rows {
		asked := Asked{Snapshot: row.Snapshot, Decided: row.DecidedAt.Valid, Refusal: row.Refusal, Message: row.Message}
		if err := json.Unmarshal(row.Outcomes, &asked.Outcomes); err != nil {
			return nil, fmt.Errorf("outcomes of amendment %s: %w", row.ProcessID, err)
		}
		found[row.ProcessID] = asked
	}
	return found, nil
}
