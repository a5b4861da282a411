package idempotency_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/databasetest"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/idempotency"
)

const method = "/waybill.order.v1.OrderService/SubmitOrder"

func key(id string) idempotency.Key {
	return idempotency.Key{Principal: "partner:acme", Method: method, RequestID: id}
}

// once answers the request with the id of an order that it makes in earnest only the first time.
func once(
	ctx context.Context, db *database.DB, key idempotency.Key, req *orderv1.SubmitOrderRequest, answer string,
) (string, error) {
	got, err := database.Tx(ctx, db, "once", func(tx database.Transaction) (*orderv1.SubmitOrderResponse, error) {
		return idempotency.Once(ctx, tx, key, req, func() (*orderv1.SubmitOrderResponse, error) {
			return &orderv1.SubmitOrderResponse{Order: &orderv1.Order{OrderId: answer}}, nil
		}, "wait")
	})
	return got.GetOrder().GetOrderId(), err
}

func TestOnce(t *testing.T) {
	db := databasetest.New(t, nil)
	for attempt, answer := range []string{"first", "second", "third"} {
		got, err := once(t.Context(), db, key("r-1"), order(), answer)
		if err != nil || got != "first" {
			t.Errorf("attempt %d: %q, %v; want the first answer", attempt, got, err)
		}
	}

	other := order()
	other.AccountId = "OTHER"
	_, err := once(t.Context(), db, key("r-1"), other, "other")
	refused, ok := fault.As(err)
	if !ok || refused.Kind != fault.Invalid || refused.Reason != idempotency.ReasonReused ||
		len(refused.Fields) != 1 || refused.Fields[0].Path != "request_id" {
		t.Errorf("another content under the same key: %v", err)
	}

	otherPrincipal := key("r-1")
	otherPrincipal.Principal = "partner:other"
	otherMethod := key("r-1")
	otherMethod.Method = "/waybill.order.v1.OrderService/CancelOrder"
	for _, apart := range []idempotency.Key{key("r-2"), otherPrincipal, otherMethod} {
		if got, err := once(t.Context(), db, apart, order(), "apart"); err != nil || got != "apart" {
			t.Errorf("%v: %q, %v", apart, got, err)
		}
	}
}

func TestAFailureStoresNothing(t *testing.T) {
	db := databasetest.New(t, nil)
	bad := fault.New(fault.Invalid, "UNKNOWN_ITEM", "no such item")
	_, err := database.Tx(t.Context(), db, "fails", func(tx database.Transaction) (*orderv1.SubmitOrderResponse, error) {
		return idempotency.Once(t.Context(), tx, key("r-1"), order(), func() (*orderv1.SubmitOrderResponse, error) {
			return nil, bad
		})
	})
	if !errors.Is(err, bad) {
		t.Errorf("got %v, want the fault of the function", err)
	}
	mended := order()
	mended.Lines = mended.GetLines()[:1]
	if got, err := once(t.Context(), db, key("r-1"), mended, "mended"); err != nil || got != "mended" {
		t.Errorf("the mended request under the same key: %q, %v", got, err)
	}
}

func TestWhoeverComesWithoutAKeyIsRefused(t *testing.T) {
	db := databasetest.New(t, nil)
	_, err := once(t.Context(), db, key(""), order(), "x")
	if fault.KindOf(err) != fault.Invalid || fault.ReasonOf(err) != idempotency.ReasonRequired {
		t.Errorf("no request id: %v", err)
	}
	for _, broken := range []idempotency.Key{{Method: method, RequestID: "r"}, {Principal: "p", RequestID: "r"}} {
		if _, err := once(t.Context(), db, broken, order(), "x"); err == nil || fault.KindOf(err) != fault.Internal {
			t.Errorf("%+v: %v, want a defect", broken, err)
		}
	}
}

// Repeats that arrive at the same time wait for the first one's commit and get its answer.
func TestConcurrentRepeatsHaveOneEffect(t *testing.T) {
	db := databasetest.New(t, nil)
	const callers = 8
	answers := make([]string, callers)
	start := make(chan struct{})
	var all sync.WaitGroup
	for i := range callers {
		all.Go(func() {
			<-start
			answer, err := once(t.Context(), db, key("r-1"), order(), fmt.Sprintf("answer %d", i))
			if err != nil {
				t.Errorf("caller %d: %v", i, err)
			}
			answers[i] = answer
		})
	}
	close(start)
	all.Wait()
	for _, answer := range answers {
		if answer == "" || answer != answers[0] {
			t.Fatalf("answers differ: %q", answers)
		}
	}
}

// The repeat looks for the record before the first has committed and tries to store it afterwards.
func TestARepeatThatOverlapsRunsAgain(t *testing.T) {
	// Not run twice: the rolled-back run would commit the fast one before the slow one starts in earnest.
	db, err := database.Open(t.Context(), databasetest.URL(t, nil))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	calls := 0
	got, err := database.Tx(t.Context(), db, "slow", func(tx database.Transaction) (*orderv1.SubmitOrderResponse, error) {
		return idempotency.Once(t.Context(), tx, key("r-1"), order(), func() (*orderv1.SubmitOrderResponse, error) {
			calls++
			if _, err := once(t.Context(), db, key("r-1"), order(), "fast"); err != nil {
				t.Error(err)
			}
			return &orderv1.SubmitOrderResponse{Order: &orderv1.Order{OrderId: "slow"}}, nil
		}, "wait")
	})
	if err != nil || got.GetOrder().GetOrderId() != "fast" || calls != 1 {
		t.Errorf("%v, %v after %d calls; want the answer that was committed first", got, err, calls)
	}
}

func TestLoadAndSaveSets(t *testing.T) {
	db := databasetest.New(t, nil)
	expiry := time.Now().Add(time.Hour).UTC().Truncate(time.Microsecond)
	records := []idempotency.Record{
		{Key: key("a"), Hash: []byte("hash a"), Response: []byte("answer a"), ExpiresAt: expiry},
		{Key: key("b"), Hash: []byte("hash b"), Response: nil, ExpiresAt: expiry},
		{Key: idempotency.Key{Principal: "p", Method: "m", RequestID: "a"}, Hash: []byte("hash c"), Response: []byte("answer c"), ExpiresAt: expiry},
		{Key: idempotency.Key{Principal: "p", Method: method, RequestID: "a"}, Hash: []byte("hash d"), Response: []byte("answer d"), ExpiresAt: expiry},
		{Key: idempotency.Key{Principal: key("").Principal, Method: "m", RequestID: "a"}, Hash: []byte("hash e"), Response: []byte("answer e"), ExpiresAt: expiry},
	}
	before := time.Now()
	save(t, db, records)
	save(t, db, []idempotency.Record{{Key: key("late"), Hash: []byte{1}}})

	got, err := database.Tx(t.Context(), db, "load", func(tx database.Transaction) (map[idempotency.Key]idempotency.Record, error) {
		return idempotency.Load(t.Context(), tx, []idempotency.Key{
			key("a"), key("b"), key("b"), key("none"), records[2].Key, records[3].Key, records[4].Key, {Principal: "p", Method: "m", RequestID: "b"}, key("late"),
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	late := got[key("late")]
	if late.ExpiresAt.Before(before.Add(7 * 24 * time.Hour)) {
		t.Errorf("a record without an expiry lives until %v", late.ExpiresAt)
	}
	delete(got, key("late"))
	want := map[idempotency.Key]idempotency.Record{}
	for _, record := range records {
		if record.Response == nil {
			record.Response = []byte{}
		}
		want[record.Key] = record
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("records (-want +got):\n%s", diff)
	}
}

func TestSaveRefusesWhatIsThere(t *testing.T) {
	db := databasetest.New(t, nil)
	record := idempotency.Record{Key: key("a"), Hash: []byte{1}}
	for name, records := range map[string][]idempotency.Record{"twice in a set": {record, record}} {
		if err := trySave(t, db, records); err == nil || !strings.Contains(err.Error(), "twice") {
			t.Errorf("%s: %v", name, err)
		}
	}
	save(t, db, []idempotency.Record{record})
	if err := trySave(t, db, []idempotency.Record{record}); err == nil {
		t.Error("a record that is there is saved again without a word")
	}
	save(t, db, nil)
	none, err := database.Tx(t.Context(), db, "none", func(tx database.Transaction) (map[idempotency.Key]idempotency.Record, error) {
		return idempotency.Load(t.Context(), tx, nil)
	})
	if err != nil || len(none) != 0 {
		t.Errorf("no keys: %v, %v", none, err)
	}
}

func TestAnAnswerThatCannotBeReadIsADefect(t *testing.T) {
	db := databasetest.New(t, nil)
	save(t, db, []idempotency.Record{{Key: key("a"), Hash: idempotency.Hash(order(), "wait"), Response: []byte{0xff}}})
	if _, err := once(t.Context(), db, key("a"), order(), "x"); err == nil || fault.KindOf(err) != fault.Internal {
		t.Errorf("got %v", err)
	}
}

func TestSweep(t *testing.T) {
	db := databasetest.New(t, nil)
	now := time.Now()
	var records []idempotency.Record
	for i := range 2500 { // more than two pages
		expires := now.Add(time.Hour)
		if i%3 == 0 {
			expires = now.Add(-time.Hour)
		}
		records = append(records, idempotency.Record{Key: key(fmt.Sprintf("r-%04d", i)), Hash: []byte{1}, ExpiresAt: expires})
	}
	// The same id of two principals, one expired: the other stays.
	records = append(records,
		idempotency.Record{Key: idempotency.Key{Principal: "p", Method: "m", RequestID: "r-0000"}, Hash: []byte{1}, ExpiresAt: now.Add(time.Hour)})
	save(t, db, records)
	deleted, err := idempotency.Sweep(t.Context(), db, now)
	if err != nil || deleted != 834 {
		t.Errorf("swept %d, %v; want 834", deleted, err)
	}
	var left, expired int
	row := db.Pool().QueryRow(t.Context(), "SELECT count(*), count(CASE WHEN expires_at < $1 THEN 1 END) FROM idempotency", now)
	if err := row.Scan(&left, &expired); err != nil || left != 1667 || expired != 0 {
		t.Errorf("%d left, %d of them expired, %v; want 1667 and 0", left, expired, err)
	}
	if deleted, err := idempotency.Sweep(t.Context(), db, now); err != nil || deleted != 0 {
		t.Errorf("the second sweep: %d, %v", deleted, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := idempotency.Sweep(ctx, db, now); err == nil {
		t.Error("a sweep without time says nothing")
	}
}

func TestRecordsAreKeptSwept(t *testing.T) {
	db := databasetest.New(t, nil)
	save(t, db, []idempotency.Record{{Key: key("old"), Hash: []byte{1}, ExpiresAt: time.Now().Add(-time.Hour)}})
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- idempotency.KeepSwept(ctx, db, 10*time.Millisecond, slog.New(slog.DiscardHandler)) }()
	for left := 1; left > 0; {
		if err := db.Pool().QueryRow(t.Context(), "SELECT count(*) FROM idempotency").Scan(&left); err != nil {
			t.Fatal(err)
		}
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func save(t *testing.T, db *database.DB, records []idempotency.Record) {
	t.Helper()
	if err := trySave(t, db, records); err != nil {
		t.Fatal(err)
	}
}

func trySave(t *testing.T, db *database.DB, records []idempotency.Record) error {
	t.Helper()
	_, err := database.Tx(t.Context(), db, "save", func(tx database.Transaction) (struct{}, error) {
		return struct{}{}, idempotency.Save(t.Context(), tx, records)
	})
	return err
}
