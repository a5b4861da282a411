package outbox

import (
	"context"
	"encoding/binary"
	"time"

	"github.com/google/uuid"

	"github.com/waybill-dev/waybill/internal/database"
)

// CountBefore counts the events that were committed by a moment and are not published yet. An event's id is made in its
// transaction, so it tells a time before the commit: some that were committed a little later may count too.
func CountBefore(ctx context.Context, db *database.DB, moment time.Time) (int64, error) {
	var waiting int64
	err := db.Pool().QueryRow(ctx, `SELECT count(*) FROM outbox WHERE id <= $1::UUID`, lastID(moment)).Scan(&waiting)
	return waiting, database.Fault(ctx, err)
}

// lastID is the last UUIDv7 of a moment.
func lastID(moment time.Time) uuid.UUID {
	var last uuid.UUID
	for i := range last {
		last[i] = 0xff
	}
	var millis [8]byte
	binary.BigEndian.PutUint64(millis[:], uint64(moment.UnixMilli()))
	copy(last[:6], millis[2:])
	return last
}
