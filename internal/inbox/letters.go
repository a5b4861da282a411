package inbox

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/waybill-dev/waybill/internal/bus"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/fault"
)

// Letter is a dead letter as a person sees it.
type Letter struct {
	Consumer, EventID string
	// Aggregate is the event's as Key writes it; empty where the event could not be read at all.
	Aggregate    string
	Sequence     int64
	Type, Schema string
	Error        string
	Attempts     int
	FailedAt     time.Time
	// Resolution is empty while nobody has decided, else RETRIED or SKIPPED.
	Resolution         string
	ResolvedAt         time.Time
	ResolvedBy, Reason string

	shard    int32
	envelope []byte
	told     int64
}

// Event is the event as it travelled.
func (l Letter) Event() (bus.Event, error) { return bus.ParseEnvelope(l.envelope) }

// Kept is the letter's event for a rehearsal. It fails where the event cannot be read.
func (l Letter) Kept() (Kept, error) {
	event, err := l.Event()
	return Kept{Event: event, Shard: l.shard}, err
}

// LetterFilter chooses dead letters. Consumer and Type: empty for all.
type LetterFilter struct {
	Consumer, Type string
	// From and Before bound when they were put away.
	From, Before time.Time
	// Resolution is RETRIED, SKIPPED, or empty for those that are open.
	Resolution string
	// After is the last entry of the page before, or the zero value.
	After LetterPlace
}

// LetterPlace is where a dead letter stands in the list: the last one put away first, and by consumer and event within the
// same moment. The places of all services make one order.
type LetterPlace struct {
	FailedAt          time.Time
	Consumer, EventID string
}

// Letters lists at most limit dead letters.
func Letters(ctx context.Context, db *database.DB, filter LetterFilter, limit int) ([]Letter, error) {
	after := filter.After
	if after.Consumer == "" {
		after.FailedAt = filter.Before // the entries of that very moment are beyond the filter
	}
	found, err := queryLetters(ctx, db.Pool(), `WHERE ($1::TEXT = '' OR consumer = $1::TEXT) AND ($2::TEXT = '' OR type = $2::TEXT)
			AND failed_at >= $3 AND failed_at < $4 AND resolution = $5
			AND (failed_at < $6 OR failed_at = $6 AND (consumer > $7 OR consumer = $7 AND id > $8))
		ORDER BY failed_at DESC, consumer, id LIMIT $9`,
		filter.Consumer, filter.Type, filter.From, filter.Before, filter.Resolution, after.FailedAt, after.Consumer, after.EventID, limit)
	return found, database.Fault(ctx, err)
}

// FindLetter is one dead letter, with the number of events that are parked behind it. NotFound (DEAD_LETTER_NOT_FOUND).
func FindLetter(ctx context.Context, db *database.DB, consumer, eventID string) (Letter, int64, error) {
	letter, err := findLetter(ctx, db.Pool(), consumer, eventID)
	if err != nil {
		return Letter{}, 0, database.Fault(ctx, err)
	}
	var parked int64
	err = db.Pool().QueryRow(ctx, `SELECT count(*) FROM inbox_parked WHERE consumer = $1 AND shard = $2 AND aggregate = $3 AND sequence > $4`,
		consumer, letter.shard, letter.Aggregate, letter.Sequence).Scan(&parked)
	return letter, parked, database.Fault(ctx, err)
}

// Waiting is a parked event.
type Waiting struct {
	Consumer, Aggregate, EventID, Type string
	Sequence                           int64
	ParkedAt                           time.Time
}

// WaitingPlace is where a parked event stands in the list: by consumer, aggregate and sequence.
type WaitingPlace struct {
	Consumer, Aggregate string
	Sequence            int64
}

// ListWaiting lists at most limit parked events after a place. An empty consumer or aggregate: of all.
func ListWaiting(ctx context.Context, db *database.DB, consumer, aggregate string, after WaitingPlace, limit int) ([]Waiting, error) {
	rows, err := db.Pool().Query(ctx, `SELECT consumer, aggregate, sequence, envelope, parked_at FROM inbox_parked
		WHERE ($1::TEXT = '' OR consumer = $1::TEXT) AND ($2::TEXT = '' OR aggregate = $2::TEXT)
			AND (consumer > $3 OR consumer = $3 AND (aggregate > $4 OR aggregate = $4 AND sequence > $5))
		ORDER BY consumer, aggregate, sequence LIMIT $6`,
		consumer, aggregate, after.Consumer, after.Aggregate, after.Sequence, limit)
	if err != nil {
		return nil, database.Fault(ctx, err)
	}
	found, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (Waiting, error) {
		var one Waiting
		var envelope []byte
		if err := row.Scan(&one.Consumer, &one.Aggregate, &one.Sequence, &envelope, &one.ParkedAt); err != nil {
			return one, err
		}
		if event, err := bus.ParseEnvelope(envelope); err == nil { // else the place alone says which it is
			one.EventID, one.Type = event.ID, event.Type
		}
		return one, nil
	})
	return found, database.Fault(ctx, err)
}

// querier is a transaction or the pool.
type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

func findLetter(ctx context.Context, from querier, consumer, eventID string) (Letter, error) {
	found, err := queryLetters(ctx, from, `WHERE consumer = $1 AND id = $2`, consumer, eventID)
	if err != nil || len(found) == 0 {
		return Letter{}, orMissing(err, "DEAD_LETTER_NOT_FOUND", consumer, eventID)
	}
	return found[0], nil
}

// orMissing is what went wrong with a look-up that found nothing.
func orMissing(err error, reason, consumer, what string) error {
	if err != nil {
		return err
	}
	return fault.New(fault.NotFound, reason, "%s has no dead letter of %s", consumer, what)
}

func queryLetters(ctx context.Context, from querier, where string, args ...any) ([]Letter, error) {
	rows, err := from.Query(ctx, `SELECT consumer, id, aggregate, sequence, shard, type, schema, envelope, error, attempts, failed_at,
		resolved_at, resolution, resolved_by, reason, told FROM inbox_dead_letter `+where, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (Letter, error) {
		var l Letter
		var resolvedAt *time.Time
		err := row.Scan(&l.Consumer, &l.EventID, &l.Aggregate, &l.Sequence, &l.shard, &l.Type, &l.Schema, &l.envelope, &l.Error,
			&l.Attempts, &l.FailedAt, &resolvedAt, &l.Resolution, &l.ResolvedBy, &l.Reason, &l.told)
		if resolvedAt != nil {
			l.ResolvedAt = *resolvedAt
		}
		return l, err
	})
}

var errUnknownResolution = errors.New("inbox: a resolution that is not told")
