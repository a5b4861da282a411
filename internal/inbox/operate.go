package inbox

import (
	"cmp"
	"context"
	"time"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/fault"
)

// Decision says who decided about a dead letter, and why.
type Decision struct{ Actor, Reason string }

// The resolutions of dead letters.
const (
	resolutionRetried = "RETRIED"
	resolutionSkipped = "SKIPPED"
)

// RetryLetter hands the dead letter of an event in again, in front of what is parked behind it, in the caller's transaction; the
// decision is kept and told. The consumer takes it within seconds; the event keeps its id, and a failure makes it a dead letter again.
// NotFound (DEAD_LETTER_NOT_FOUND); Precondition (DEAD_LETTER_RESOLVED), and DEAD_LETTER_UNREADABLE for what names no aggregate.
func RetryLetter(ctx context.Context, tx database.Transaction, consumer, eventID string, by Decision) (Letter, error) {
	letter, err := letterToDecide(ctx, tx, consumer, eventID)
	if err != nil {
		return Letter{}, err
	}
	if letter.Aggregate == "" {
		return Letter{}, fault.New(fault.Precondition, "DEAD_LETTER_UNREADABLE", "what was delivered names no aggregate: it can only be skipped")
	}
	_, err = tx.Exec(ctx, `INSERT INTO inbox_parked (consumer, shard, aggregate, sequence, envelope, parked_at)
		VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (consumer, shard, aggregate, sequence) DO NOTHING`,
		letter.Consumer, letter.shard, letter.Aggregate, letter.Sequence, letter.envelope, time.Now())
	if err != nil {
		return Letter{}, err
	}
	_, err = tx.Exec(ctx, `UPDATE inbox_cursor SET blocked = false WHERE consumer = $1 AND shard = $2 AND aggregate = $3`,
		letter.Consumer, letter.shard, letter.Aggregate)
	if err != nil {
		return Letter{}, err
	}
	return resolve(ctx, tx, letter, resolutionRetried, by)
}

// SkipLetter lets a consumer go on without the dead letter of an event, as if it had been applied, in the caller's transaction; the
// decision is kept and told. What is parked behind follows within seconds. NotFound (DEAD_LETTER_NOT_FOUND); Precondition
// (DEAD_LETTER_RESOLVED).
func SkipLetter(ctx context.Context, tx database.Transaction, consumer, eventID string, by Decision) (Letter, error) {
	letter, err := letterToDecide(ctx, tx, consumer, eventID)
	if err != nil {
		return Letter{}, err
	}
	if letter.Aggregate != "" {
		if err := skipTo(ctx, tx, consumer, letter.shard, letter.Aggregate, letter.Sequence); err != nil {
			return Letter{}, err
		}
	}
	return resolve(ctx, tx, letter, resolutionSkipped, by)
}

// Gap is what a consumer went on without: events of an aggregate that do not come.
type Gap struct{ First, Last int64 }

// SkipGap lets a consumer go on with an aggregate, named by Key, past events that do not come, in the caller's transaction, and tells of
// it: up to the given sequence, or, where that is 0, up to the first event that is parked. NotFound (GAP_NOT_FOUND) where nothing
// waits for a missing event; Precondition (DEAD_LETTER_OPEN, GAP_SHORTER, GAP_PASSED).
func SkipGap(ctx context.Context, tx database.Transaction, consumer, aggregate string, upTo int64, by Decision) (Gap, error) {
	parked, ok, err := firstParked(ctx, tx, consumer, aggregate)
	if err != nil {
		return Gap{}, err
	}
	if !ok {
		return Gap{}, fault.New(fault.NotFound, "GAP_NOT_FOUND", "nothing of %s waits in %s", aggregate, consumer)
	}
	cursors, err := loadCursors(ctx, tx, consumer, []*item{parked})
	if err != nil {
		return Gap{}, err
	}
	at := cursors[parked.place()]
	gap := Gap{First: at.sequence + 1, Last: cmp.Or(upTo, parked.event.Sequence-1)}
	switch {
	case at.blocked:
		return Gap{}, fault.New(fault.Precondition, "DEAD_LETTER_OPEN", "%s waits behind a dead letter: retry or skip that", aggregate)
	case gap.First >= parked.event.Sequence:
		return Gap{}, fault.New(fault.NotFound, "GAP_NOT_FOUND", "nothing is missing before what waits of %s in %s", aggregate, consumer)
	case gap.Last < gap.First:
		return Gap{}, fault.New(fault.Precondition, "GAP_PASSED", "the consumer is past %d: %d is missing", gap.Last, gap.First)
	case gap.Last >= parked.event.Sequence:
		return Gap{}, fault.New(fault.Precondition, "GAP_SHORTER", "event %d is there: %d to %d are missing", parked.event.Sequence, gap.First,
			parked.event.Sequence-1)
	}
	if err := skipTo(ctx, tx, consumer, parked.shard, aggregate, gap.Last); err != nil {
		return Gap{}, err
	}
	return gap, tellGap(ctx, tx, consumer, parked, gap, by)
}

// skipTo sets how far a consumer has come with an aggregate. It never goes back.
func skipTo(ctx context.Context, tx database.Transaction, consumer string, shard int32, aggregate string, upTo int64) error {
	_, err := tx.Exec(ctx, `INSERT INTO inbox_cursor (consumer, shard, aggregate, sequence, blocked) VALUES ($1, $2, $3, $4, false)
		ON CONFLICT (consumer, shard, aggregate) DO UPDATE SET blocked = false,
			sequence = CASE WHEN inbox_cursor.sequence > excluded.sequence THEN inbox_cursor.sequence ELSE excluded.sequence END`,
		consumer, shard, aggregate, upTo)
	return err
}

// letterToDecide is a dead letter that nobody has decided about.
func letterToDecide(ctx context.Context, tx database.Transaction, consumer, eventID string) (Letter, error) {
	letter, err := findLetter(ctx, tx, consumer, eventID)
	if err == nil && letter.Resolution != "" {
		return Letter{}, fault.New(fault.Precondition, "DEAD_LETTER_RESOLVED", "the dead letter is resolved: %s", letter.Resolution)
	}
	return letter, err
}

// resolve keeps and tells a decision, and gives the letter as it is after it.
func resolve(ctx context.Context, tx database.Transaction, letter Letter, resolution string, by Decision) (Letter, error) {
	_, err := tx.Exec(ctx, `UPDATE inbox_dead_letter SET resolved_at = $3, resolution = $4, resolved_by = $5, reason = $6, told = told + 1
		WHERE consumer = $1 AND id = $2`,
		letter.Consumer, letter.EventID, time.Now(), resolution, by.Actor, by.Reason)
	if err != nil {
		return Letter{}, err
	}
	if err := tellResolved(ctx, tx, letter, resolution, by); err != nil {
		return Letter{}, err
	}
	return findLetter(ctx, tx, letter.Consumer, letter.EventID)
}
