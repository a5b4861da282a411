package idempotency

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/waybill-dev/waybill/internal/database"
)

// Retention is how long a record is kept at least. It is longer than partners' and EDI networks' retry windows.
const Retention = 8 * 24 * time.Hour

// Key names a request: who sent it, to which method, under which id.
type Key struct{ Principal, Method, RequestID string }

// Record is what is remembered of a request that had its effect.
type Record struct {
	Key Key
	// Hash is Hash of the request.
	Hash []byte
	// Response is what a repeat is answered with: the response itself, or the id of what was made when a repeat is to
	// see its present state.
	Response []byte
	// ExpiresAt is after when the sweep may delete the record. Zero means Retention from now.
	ExpiresAt time.Time
}

// One probe of the primary key per wanted key, whatever the planner believes of the table's size: it takes a join of
// a set with a small table for a sequential scan, which at SERIALIZABLE conflicts with every insert. The lengths name the
// parameters outside of FROM: a CockroachDB before 21.1 takes those that stand only in FROM for text.
const loadSQL = `
SELECT found.principal, found.method, found.request_id, found.request_hash, found.response, found.expires_at
FROM (SELECT unnest($1::text[]) AS principal, unnest($2::text[]) AS method, unnest($3::text[]) AS request_id) AS wanted,
LATERAL (
	SELECT i.principal, i.method, i.request_id, i.request_hash, i.response, i.expires_at
	FROM idempotency AS i
	WHERE i.request_id = wanted.request_id AND i.principal = wanted.principal AND i.method = wanted.method
	LIMIT 1
) AS found
WHERE COALESCE(array_length($1::text[], 1), array_length($2::text[], 1), array_length($3::text[], 1)) > 0`

// Load gives the records that exist of the keys, also those that are past their time and not yet swept. The keys may
// repeat themselves.
func Load(ctx context.Context, tx database.Transaction, keys []Key) (map[Key]Record, error) {
	if len(keys) == 0 {
		return map[Key]Record{}, nil
	}
	principals, methods, ids := columns(len(keys), func(i int) Key { return keys[i] })
	rows, err := tx.Query(ctx, loadSQL, principals, methods, ids)
	if err != nil {
		return nil, fmt.Errorf("load idempotency records: %w", err)
	}
	records := map[Key]Record{}
	var record Record
	_, err = pgx.ForEachRow(rows, []any{
		&record.Key.Principal, &record.Key.Method, &record.Key.RequestID, &record.Hash, &record.Response, &record.ExpiresAt,
	}, func() error {
		records[record.Key] = record // Scan makes new slices for each row
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("load idempotency records: %w", err)
	}
	return records, nil
}

// The conflict clause makes a concurrent repeat a serialization failure (the row is not in the snapshot), which
// database.Tx runs again, instead of a unique violation, which it does not.
const saveSQL = `
INSERT INTO idempotency (principal, method, request_id, request_hash, response, expires_at)
SELECT unnest($1::text[]), unnest($2::text[]), unnest($3::text[]), unnest($4::bytea[]), unnest($5::bytea[]),
	unnest($6::timestamptz[])
ON CONFLICT (request_id, principal, method) DO NOTHING`

// Save stores the records with their effect. Their keys were looked for with Load in the same transaction, were not
// there, and stand in the set once; anything else is an error, and the transaction must not commit.
func Save(ctx context.Context, tx database.Transaction, records []Record) error {
	if len(records) == 0 {
		return nil
	}
	principals, methods, ids := columns(len(records), func(i int) Key { return records[i].Key })
	hashes, responses := make([][]byte, len(records)), make([][]byte, len(records))
	expiries := make([]time.Time, len(records))
	standard := time.Now().Add(Retention)
	for i, record := range records {
		hashes[i], responses[i], expiries[i] = record.Hash, record.Response, record.ExpiresAt
		if responses[i] == nil {
			responses[i] = []byte{} // nil would be NULL; an empty message is an answer
		}
		if expiries[i].IsZero() {
			expiries[i] = standard
		}
	}
	err := database.WriteExactly(ctx, tx, len(records), errNotNew, saveSQL, principals, methods, ids, hashes, responses, expiries)
	if err != nil {
		return fmt.Errorf("save idempotency records: %w", err)
	}
	return nil
}

var errNotNew = errors.New("not all were new: a key twice in the set, or one not looked for first")

func columns(n int, key func(int) Key) (principals, methods, ids []string) {
	all := make([]string, 3*n)
	principals, methods, ids = all[:n], all[n:2*n], all[2*n:]
	for i := range n {
		k := key(i)
		principals[i], methods[i], ids[i] = k.Principal, k.Method, k.RequestID
	}
	return principals, methods, ids
}
