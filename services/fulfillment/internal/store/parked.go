package store

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/internal/shard"
	"github.com/waybill-dev/waybill/services/fulfillment/internal/domain"
)

// ParkedKind says what is reported.
type ParkedKind string

// The kinds of reports that may come before what they are about.
const (
	ParkedAcknowledgement ParkedKind = "ACKNOWLEDGEMENT"
	ParkedPick            ParkedKind = "PICK"
	ParkedManifest        ParkedKind = "MANIFEST"
	ParkedShipment        ParkedKind = "SHIPMENT"
	ParkedCancellation    ParkedKind = "CANCELLATION"
	ParkedMilestone       ParkedKind = "MILESTONE"
)

// ParkedMessage is a report about what is not known yet.
type ParkedMessage struct {
	ID      uuid.UUID
	Kind    ParkedKind
	Subject string
	// Report is the message.
	Report           []byte
	Attempt          int64
	DueAt, ExpiresAt time.Time
}

var parkedSpace = uuid.MustParse("3c2c6d2e-3f5b-4b1e-9a57-0d2f3f0f6c54")

// NewParked names a report by its content: the same again is the same.
func NewParked(kind ParkedKind, subject string, report []byte) ParkedMessage {
	return ParkedMessage{ID: id.Derive(parkedSpace, string(kind)+" "+string(report)), Kind: kind, Subject: subject, Report: report}
}

// Park keeps reports; those that are kept already stay as they are.
func Park(ctx context.Context, tx database.Transaction, reports []ParkedMessage, now, dueAt, expiresAt time.Time) error {
	set := ParkReportsParams{Now: now, DueAt: dueAt, ExpiresAt: expiresAt}
	seen := make(map[uuid.UUID]bool, len(reports))
	for _, one := range reports {
		if seen[one.ID] {
			continue
		}
		seen[one.ID] = true
		set.Ids = append(set.Ids, one.ID)
		set.Kinds = append(set.Kinds, string(one.Kind))
		set.Subjects = append(set.Subjects, one.Subject)
		set.Reports = append(set.Reports, one.Report)
		set.Shards = append(set.Shards, int64(shard.OfUUID(one.ID)))
	}
	return database.Fault(ctx, New(tx).ParkReports(ctx, set))
}

// LockParked takes what is due in the shards, in the order in which it came.
func LockParked(ctx context.Context, tx database.Transaction, leases shard.Leases, now time.Time, limit int) ([]ParkedMessage, error) {
	if err := leases.Check(ctx, tx); err != nil {
		return nil, err
	}
	due := LockParkedParams{Shards: shard.Wide(leases.Shards()), Now: now, PageLimit: int32(limit)}
	rows, err := New(tx).LockParked(ctx, due)
	if err != nil {
		return nil, database.Fault(ctx, err)
	}
	reports := make([]ParkedMessage, 0, len(rows))
	for _, row := range rows {
		reports = append(reports, ParkedMessage{
			ID: row.ReportID, Kind: ParkedKind(row.Kind), Subject: row.Subject, Report: row.Report, Attempt: row.Attempt,
			DueAt: row.DueAt, ExpiresAt: row.ExpiresAt,
		})
	}
	return reports, nil
}

// SettledReports are what became of parked reports.
type SettledReports struct {
	// Done need not be kept; Waiting are tried again when they are due.
	Done, Waiting []ParkedMessage
	Exceptions    []domain.Exception
}

// SettleParked stores what became of parked reports.
func SettleParked(ctx context.Context, tx database.Transaction, settled SettledReports, now time.Time) ([]domain.Exception, error) {
	queries := New(tx)
	if len(settled.Waiting) > 0 {
		var set PostponeParkedParams
		for _, one := range settled.Waiting {
			set.Ids, set.DueAts = append(set.Ids, one.ID), append(set.DueAts, one.DueAt)
		}
		if err := queries.PostponeParked(ctx, set); err != nil {
			return nil, database.Fault(ctx, err)
		}
	}
	if len(settled.Done) > 0 {
		ids := make([]uuid.UUID, 0, len(settled.Done))
		for _, one := range settled.Done {
			ids = append(ids, one.ID)
		}
		if err := queries.DeleteParked(ctx, ids); err != nil {
			return nil, database.Fault(ctx, err)
		}
	}
	opened, err := addExceptions(ctx, queries, settled.Exceptions, now)
	return opened, database.Fault(ctx, err)
}
