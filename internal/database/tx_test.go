package database_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/databasetest"
	"github.com/waybill-dev/waybill/internal/fault"
)

func TestUniqueViolationIsAFaultAndNotRunAgain(t *testing.T) {
	db, ctx := open(t), limited(t)
	attempts := 0
	_, err := database.Tx(ctx, db, "insert", func(tx database.Transaction) (struct{}, error) {
		attempts++
		_, err := tx.Exec(ctx, "INSERT INTO account VALUES ('a', 1)")
		return struct{}{}, err
	})
	if fault.KindOf(err) != fault.AlreadyExists || fault.ReasonOf(err) != database.ReasonAlreadyExists {
		t.Errorf("error %v, want ALREADY_EXISTS", err)
	}
	if !database.UniqueViolation(err) {
		t.Error("the cause is lost for the log")
	}
	if attempts != 1 {
		t.Errorf("%d attempts, want 1", attempts)
	}
}

func TestFaultPassesUnchangedAndNothingIsStored(t *testing.T) {
	db, ctx := open(t), limited(t)
	refusal := fault.New(fault.Precondition, "CLOSED", "the account is closed")
	value, err := database.Tx(ctx, db, "refused", func(tx database.Transaction) (int, error) {
		return 42, errors.Join(setAmount(ctx, tx, "a", 1), refusal)
	})
	if got, _ := fault.As(err); got != refusal || value != 0 {
		t.Errorf("got %d and %v, want 0 and the closure's fault", value, err)
	}
	if got := stored(t, db, "a"); got != 100 {
		t.Errorf("amount %d: the refused change is stored", got)
	}
}

func TestOtherErrorsAreNamed(t *testing.T) {
	db, ctx := open(t), limited(t)
	_, err := database.Tx(ctx, db, "load_shelf", func(tx database.Transaction) (int64, error) {
		return amount(ctx, tx, "nobody")
	})
	if want := "transaction load_shelf: no rows in result set"; !database.NoRows(err) || err.Error() != want {
		t.Errorf("error %q, want %q", err, want)
	}
	if fault.KindOf(err) != fault.Internal {
		t.Errorf("kind %v, want Internal", fault.KindOf(err))
	}
}

// A statement failed, the closure went on as if not: PostgreSQL would answer COMMIT with a rollback, and no error.
func TestDroppedErrorIsNoSuccess(t *testing.T) {
	db, ctx := open(t), limited(t)
	_, err := database.Tx(ctx, db, "careless", func(tx database.Transaction) (struct{}, error) {
		err := setAmount(ctx, tx, "a", 1)
		_, _ = tx.Exec(ctx, "INSERT INTO account VALUES ('b', 1)")
		return struct{}{}, err
	})
	if err == nil {
		t.Error("reported as committed")
	}
	if got := stored(t, db, "a"); got != 100 {
		t.Errorf("amount %d, want 100", got)
	}
}

func TestPanicRollsBackAndGivesTheConnectionBack(t *testing.T) {
	db, ctx := open(t, database.MaxConns(1)), limited(t)
	func() {
		defer func() { _ = recover() }()
		_, _ = database.Tx(ctx, db, "panics", func(tx database.Transaction) (struct{}, error) {
			if err := setAmount(ctx, tx, "a", 1); err != nil {
				t.Error(err)
			}
			panic("defect")
		})
	}()
	if got := stored(t, db, "a"); got != 100 {
		t.Errorf("amount %d, want 100", got)
	}
}

func TestDeadlineOfTheCaller(t *testing.T) {
	db := open(t, database.MaxConns(1))
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := database.Tx(ctx, db, "slow", func(tx database.Transaction) (struct{}, error) {
		_, err := tx.Exec(ctx, "SELECT pg_sleep(30)")
		return struct{}{}, err
	})
	if fault.KindOf(err) != fault.Deadline || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v, want Deadline", err)
	}
}

func TestRunTwiceTakesTheFirstRunBack(t *testing.T) {
	db, ctx := databasetest.New(t, accounts), limited(t)
	seed(t, db)
	wake, stop := db.Listen("account")
	defer stop()
	runs := 0
	_, err := database.Tx(ctx, db, "add", func(tx database.Transaction) (struct{}, error) {
		runs++
		if runs == 1 {
			tx.Notify("account")
		}
		_, err := tx.Exec(ctx, "UPDATE account SET amount = amount + 1 WHERE name = 'a'")
		return struct{}{}, err
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := stored(t, db, "a"); runs != 2 || got != 101 {
		t.Errorf("%d runs, amount %d; want 2 and 101", runs, got)
	}
	select {
	case <-wake:
		t.Error("the run that was taken back woke a listener")
	default:
	}
}

func TestNotifyAfterCommitOnly(t *testing.T) {
	db, ctx := open(t), limited(t)
	wake, stop := db.Listen("account")
	other, stopOther := db.Listen("other")
	defer stopOther()
	woken := func(channel <-chan struct{}) bool {
		select {
		case <-channel:
			return true
		default:
			return false
		}
	}
	change := func(answer error) error {
		_, err := database.Tx(ctx, db, "change", func(tx database.Transaction) (struct{}, error) {
			tx.Notify("account")
			tx.Notify("account")
			if woken(wake) {
				t.Error("woken before the commit")
			}
			return struct{}{}, answer
		})
		return err
	}
	if err := change(errors.New("no")); err == nil || woken(wake) {
		t.Errorf("woken by a transaction that failed with %v", err)
	}
	if err := change(nil); err != nil || !woken(wake) {
		t.Errorf("not woken by a transaction that ended with %v", err)
	}
	if woken(wake) || woken(other) {
		t.Error("woken twice, or on another topic")
	}
	stop()
	if err := change(nil); err != nil || woken(wake) {
		t.Errorf("woken after the end, error %v", err)
	}
}

func TestBatchOfStatements(t *testing.T) {
	db, ctx := databasetest.New(t, accounts), limited(t)
	got, err := database.Tx(ctx, db, "batch", func(tx database.Transaction) (int64, error) {
		batch := &pgx.Batch{}
		batch.Queue("INSERT INTO account VALUES ('a', 1), ('b', 2)")
		batch.Queue("SELECT amount FROM account WHERE name = 'b'")
		results := tx.SendBatch(ctx, batch)
		_, err := results.Exec()
		var value int64
		return value, errors.Join(err, results.QueryRow().Scan(&value), results.Close())
	})
	if err != nil || stored(t, db, "b") != 2 {
		t.Errorf("got %d, %v", got, err)
	}
}

func TestTimesComeBackInUTC(t *testing.T) {
	db := databasetest.New(t, nil)
	at := time.Date(2026, 3, 1, 12, 0, 0, 123000, time.FixedZone("elsewhere", 3*3600))
	var one time.Time
	var many []time.Time
	err := db.Pool().QueryRow(t.Context(), "SELECT $1::timestamptz, ARRAY[$1::timestamptz]", at).Scan(&one, &many)
	if err != nil {
		t.Fatal(err)
	}
	if !one.Equal(at) || one.Location() != time.UTC || many[0].Location() != time.UTC {
		t.Errorf("got %v and %v, want %v", one, many, at.UTC())
	}
}

func TestUUIDs(t *testing.T) {
	db, ctx := databasetest.New(t, nil), limited(t)
	ids := []uuid.UUID{uuid.New(), uuid.New()}
	var one uuid.UUID
	var missing *uuid.UUID
	var many, none []uuid.UUID
	var texts []string
	var equal bool
	err := db.Pool().QueryRow(ctx, "SELECT $1::uuid, NULL::uuid, $2::uuid[], $3::uuid[], $2::uuid[]::text[], $1::uuid = ANY($2::uuid[])",
		ids[0], ids, []uuid.UUID{}).Scan(&one, &missing, &many, &none, &texts, &equal)
	if err != nil {
		t.Fatal(err)
	}
	if one != ids[0] || missing != nil || !slices.Equal(many, ids) || len(none) != 0 || texts[1] != ids[1].String() || !equal {
		t.Errorf("got %v %v %v %v %v %v, want %v", one, missing, many, none, texts, equal, ids)
	}
	if err := db.Pool().QueryRow(ctx, "SELECT NULL::uuid").Scan(&one); err == nil {
		t.Error("NULL became a UUID")
	}
	var null *uuid.UUID
	if err := db.Pool().QueryRow(ctx, "SELECT $1::uuid IS NULL AND $2::uuid[] IS NULL", null, []uuid.UUID(nil)).Scan(&equal); err != nil || !equal {
		t.Errorf("nil is no NULL: %v", err)
	}
}

func TestMetricsOfTwoDatabasesShareARegistry(t *testing.T) {
	registry := prometheus.NewRegistry()
	for range 2 {
		db, ctx := open(t, database.Metrics(registry)), limited(t)
		if _, err := database.Tx(ctx, db, "read", func(tx database.Transaction) (int64, error) {
			return amount(ctx, tx, "a")
		}); err != nil {
			t.Fatal(err)
		}
	}
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	series := map[string]int{}
	for _, family := range families {
		series[family.GetName()] = len(family.GetMetric())
	}
	if series["waybill_transaction_seconds"] != 2 || series["waybill_transaction_attempts_total"] != 2 {
		t.Errorf("series %v, want two of each", series)
	}
}
