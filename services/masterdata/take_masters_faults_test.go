package masterdata_test

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/encoding"
	grpcproto "google.golang.org/grpc/encoding/proto"
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/proto"

	erpv1 "github.com/waybill-dev/waybill/gen/waybill/connector/erp/v1"
	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/services/masterdata"
)

// A replica that has lost its lease while the ERP answered stores nothing of the page: it may be older than what the next owner has.
func TestPageOfALostLeaseIsNotStored(t *testing.T) {
	w := newFeedWorld(t, masterdata.Config{})
	w.caughtUp()
	var once sync.Once
	w.erp.behave(func(l *ledger) {
		l.answer = func(_ *erpv1.ListMasterChangesRequest, reply *erpv1.ListMasterChangesResponse) (*erpv1.ListMasterChangesResponse, error) {
			once.Do(func() {
				if _, err := w.db.Pool().Exec(context.Background(), "UPDATE shard_lease SET epoch = epoch + 1 WHERE grp = 'masterdata' AND shard = 0"); err != nil {
					t.Error(err)
				}
				reply.Changes = []*erpv1.MasterChange{changeOf(goods("LATE", ""))}
			})
			return reply, nil
		}
	})
	w.erp.tells(goods("A", ""))
	w.caughtUp()
	if w.item("LATE") != nil || w.item("A") == nil {
		t.Error("the page of the lost lease was stored, or the next one was not")
	}
}

// A page that was asked for before somebody had the feed read from the beginning is not stored over that.
func TestPageBeforeAReloadIsNotStored(t *testing.T) {
	w := newFeedWorld(t, masterdata.Config{})
	w.erp.tells(goods("A", ""))
	w.caughtUp()
	var once sync.Once
	w.erp.behave(func(l *ledger) {
		l.answer = func(_ *erpv1.ListMasterChangesRequest, reply *erpv1.ListMasterChangesResponse) (*erpv1.ListMasterChangesResponse, error) {
			once.Do(func() {
				if _, err := w.db.Pool().Exec(context.Background(), "UPDATE master_feed SET cursor = '', generation = generation + 1"); err != nil {
					t.Error(err)
				}
				reply.Changes = []*erpv1.MasterChange{changeOf(goods("LATE", ""))}
			})
			return reply, nil
		}
	})
	w.eventually("it is read from the beginning", func() bool { return w.status().GetLoads() == 2 })
	w.caughtUp()
	if w.item("LATE") != nil {
		t.Error("a page from before was stored")
	}
}

// Of two replicas one asks; when it stops the other goes on where it was, and nothing is missing or done twice.
func TestOneReplicaAsksAtATime(t *testing.T) {
	w := newFeedWorld(t, masterdata.Config{PageSize: 2})
	second, closeERP := w.replica()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- second.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		closeERP()
	})
	w.eventually("both have work", func() bool {
		var holders int
		err := w.db.Pool().QueryRow(t.Context(), "SELECT count(DISTINCT holder) FROM shard_lease WHERE grp = 'masterdata' AND holder <> ''").Scan(&holders)
		return err == nil && holders == 2
	})
	before := []int64{w.asks[0].Load(), w.asks[1].Load()}
	for n := range 30 {
		w.erp.tells(goods(fmt.Sprintf("S%02d", n), ""))
	}
	w.caughtUp()
	for n := 30; n < 40; n++ { // page by page, with a poll between them
		w.erp.tells(goods(fmt.Sprintf("S%02d", n), ""))
		w.caughtUp()
	}
	if first, other := w.asks[0].Load()-before[0], w.asks[1].Load()-before[1]; (first == 0) == (other == 0) {
		t.Errorf("one replica asked %d times, the other %d times", first, other)
	}
	w.stop()
	w.erp.tells(goods("LAST", ""))
	w.start() // to ask by; the second may have the lease
	w.caughtUp()
	for _, sku := range []string{"S00", "S29", "S39", "LAST"} {
		if got := w.item(sku); got.GetVersion() != 1 {
			t.Errorf("%s: %v", sku, got)
		}
	}
}

// A page that the ERP cannot give is asked for in smaller ones, down to one at a time.
func TestPagesThatAreTooMuchBecomeSmaller(t *testing.T) {
	w := newFeedWorld(t, masterdata.Config{PageSize: 64})
	w.erp.behave(func(l *ledger) {
		l.answer = func(req *erpv1.ListMasterChangesRequest, reply *erpv1.ListMasterChangesResponse) (*erpv1.ListMasterChangesResponse, error) {
			if req.GetPageSize() > 1 {
				return nil, fault.New(fault.Unavailable, "TOO_MUCH", "not so many")
			}
			return reply, nil
		}
	})
	w.erp.tells(goods("A", ""), goods("B", ""), goods("C", ""))
	w.caughtUp()
	if w.item("C") == nil {
		t.Error("the last one is missing")
	}
}

// latin gives out pages as a system does that takes its old code page for UTF-8: "~" stands for a byte that is none.
type latin struct{ encoding.CodecV2 }

func (c latin) Marshal(message any) (mem.BufferSlice, error) {
	data, err := c.CodecV2.Marshal(message)
	if err != nil {
		return nil, err
	}
	spoiled := bytes.ReplaceAll(data.Materialize(), []byte("~"), []byte{0xff})
	return mem.BufferSlice{mem.SliceBuffer(bytes.ReplaceAll(spoiled, []byte("%%%"), []byte{0x7a, 0x7f, 0x7f}))}, nil
}

// A page with texts that are no UTF-8, or with an entry that is no message, is taken but for these; they can be seen, and a state in
// which they are mended takes their place.
func TestBrokenTextsHoldNobodyUp(t *testing.T) {
	w := newFeedWorld(t, masterdata.Config{})
	w.stop()
	broken := customer("C", "K~fer")
	broken.ShipTos = nil
	w.erp.tells(goods("A", "fine"), broken, goods("B", "Gr~n"), basePrice("A", "1"), &erpv1.MasterChange{})
	w.dial = func(register func(grpc.ServiceRegistrar)) (*grpc.ClientConn, func()) {
		return w.serveWith("masterdata", register, grpc.ForceServerCodecV2(latin{encoding.GetCodecV2(grpcproto.Name)}))
	}
	w.start()
	w.caughtUp()
	if w.item("A") == nil || len(w.prices("A")) != 1 || w.item("B") != nil || w.account("C") != nil {
		t.Error("what is whole was not taken, or what is not was")
	}
	want := map[string]string{"ACCOUNT C": "K\uFFFDfer", "ITEM b": "Gr\uFFFDn"}
	for _, one := range w.setAside() {
		if one.GetReason() == "TEXT_BROKEN" {
			key := fmt.Sprintf("%s %s", one.GetKind().String()[len("MASTER_KIND_"):], one.GetKey())
			if got := one.GetAccount().GetName() + one.GetItem().GetDescription(); got != want[key] {
				t.Errorf("%s: %q, want %q", key, got, want[key])
			}
			delete(want, key)
		}
	}
	if len(want) > 0 {
		t.Errorf("not set aside: %v; %v", want, w.aside())
	}
	w.erp.tells(customer("C", "Kaefer"), goods("B", "Gruen"))
	w.caughtUp()
	if w.account("C").GetName() != "Kaefer" || w.item("B") == nil || len(w.aside()) != 1 {
		t.Errorf("mended: %v", w.aside())
	}
}

// An entry that is too large to be kept is set aside without its content, and a smaller state takes its place.
func TestEntriesThatAreTooLargeHoldNobodyUp(t *testing.T) {
	w := newFeedWorld(t, masterdata.Config{})
	w.erp.tells(goods("A", "fine"), goods("BIG", strings.Repeat("x", 5<<20)), goods("B", "fine"))
	w.caughtUp()
	aside := w.setAside()
	if w.item("A") == nil || w.item("B") == nil || len(aside) != 1 || aside[0].GetReason() != "ENTRY_TOO_LARGE" || aside[0].GetKey() != "big" {
		t.Fatalf("set aside: %v", w.aside())
	}
	w.erp.tells(goods("BIG", "small"))
	w.caughtUp()
	if w.item("BIG") == nil || len(w.aside()) != 0 {
		t.Errorf("set aside: %v", w.aside())
	}
}

// What the database refuses though the rules do not is found and set aside; when the cause has gone it is taken.
func TestWhatCannotBeStoredIsFound(t *testing.T) {
	w := newFeedWorld(t, masterdata.Config{FirstTry: time.Hour, LongestTry: time.Hour})
	w.caughtUp()
	if _, err := w.db.Pool().Exec(t.Context(), "ALTER TABLE item ADD CONSTRAINT no_poison CHECK (description <> 'poison')"); err != nil {
		t.Fatal(err)
	}
	set := []proto.Message{customer("C", "")}
	for n := range 20 {
		set = append(set, goods(fmt.Sprintf("S%02d", n), map[bool]string{true: "poison"}[n%7 == 0]))
	}
	w.erp.tells(append(set, basePrice("S01", "1"), basePrice("S07", "1"))...)
	w.caughtUp()
	want := "[ITEM s00 NOT_STORABLE WAITING ITEM s07 NOT_STORABLE WAITING ITEM s14 NOT_STORABLE WAITING PRICE BASE|GBP|s07 UNKNOWN_ITEM WAITING]"
	if got := fmt.Sprint(sorted(w.aside())); got != want {
		t.Errorf("set aside %s", got)
	}
	if w.account("C") == nil || w.item("S19") == nil || len(w.prices("S01")) != 1 {
		t.Error("a good one is missing")
	}
	if _, err := w.db.Pool().Exec(t.Context(), "ALTER TABLE item DROP CONSTRAINT no_poison"); err != nil {
		t.Fatal(err)
	}
	w.forward(2 * time.Hour)
	w.eventually("all are taken", func() bool { return len(w.aside()) == 0 && len(w.prices("S07")) == 1 })
}

// When nothing can be stored at all it is not about entries: none is set aside, and all goes on later.
func TestWhenNothingCanBeStored(t *testing.T) {
	w := newFeedWorld(t, masterdata.Config{})
	w.caughtUp()
	if _, err := w.db.Pool().Exec(t.Context(), "ALTER TABLE item ADD CONSTRAINT nothing CHECK (version < 1) NOT VALID"); err != nil {
		t.Fatal(err)
	}
	var set []proto.Message
	for n := range 40 {
		set = append(set, goods(fmt.Sprintf("S%02d", n), ""))
	}
	w.erp.tells(set...)
	w.eventually("the problem is seen", func() bool { return w.status().GetProblem() != "" })
	if got := w.aside(); len(got) != 0 {
		t.Errorf("set aside %v", got)
	}
	if _, err := w.db.Pool().Exec(t.Context(), "ALTER TABLE item DROP CONSTRAINT nothing"); err != nil {
		t.Fatal(err)
	}
	w.caughtUp()
	if w.item("S39") == nil || w.status().GetProblem() != "" || len(w.aside()) != 0 {
		t.Errorf("in the end: %v, %v", w.status(), w.aside())
	}
}

// An entry that is given up while it is being tried again stays given up, also one that nobody was told of before: that is told now.
func TestWhatIsDroppedStaysDropped(t *testing.T) {
	w := newFeedWorld(t, masterdata.Config{FirstTry: time.Minute, LongestTry: time.Hour})
	w.erp.tells(basePrice("A", "1"))
	w.caughtUp()
	if got := w.aside(); len(got) != 1 {
		t.Fatalf("set aside %v", got)
	}
	reply, err := w.feed.DropSetAsideMaster(t.Context(), &masterdatav1.DropSetAsideMasterRequest{EntryId: w.setAside()[0].GetEntryId(), Reason: "not ours"})
	if err != nil || !reply.GetDropped() {
		t.Fatal(reply, err)
	}
	told := w.events(2)
	if settled, ok := told[1].payload.(*masterdatav1.MasterSettled); !ok || told[0].sequence != 1 || told[1].sequence != 2 || settled.GetActor() != "service:operator" {
		t.Errorf("told %v", told)
	}
	w.erp.tells(goods("A", "")) // what it waited for
	w.forward(time.Hour)
	w.caughtUp()
	if len(w.prices("A")) != 0 || len(w.aside()) != 0 {
		t.Errorf("it came back: %v", w.aside())
	}
	w.erp.tells(basePrice("A", "2"))
	w.eventually("a newer state is taken", func() bool { return len(w.prices("A")) == 1 })
}
