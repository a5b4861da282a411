package masterdata_test

import (
	"cmp"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	erpv1 "github.com/waybill-dev/waybill/gen/waybill/connector/erp/v1"
	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/sandbox"
	"github.com/waybill-dev/waybill/services/masterdata"
)

func customer(id, name string) *masterdatav1.Account {
	return &masterdatav1.Account{AccountId: id, Name: name, CurrencyCode: "GBP", PaymentDays: 30}
}

func basePrice(sku, amount string) *masterdatav1.Price {
	return &masterdatav1.Price{PriceList: "BASE", CurrencyCode: "GBP", Sku: sku, UnitPrice: amount}
}

// Masters flow in, newer states replace older ones, and who reads pages of them again changes nothing.
func TestMastersFlowIn(t *testing.T) {
	w := newFeedWorld(t, masterdata.Config{PageSize: 2})
	item := goods("A", "one")
	item.Version = 7 // the ERP's versions mean nothing here
	w.erp.tells(customer("C1", "one"), item, basePrice("a", "2.50"), goods("A", "two"), customer("C2", "late"))
	w.caughtUp()
	if got := w.item("A"); got.GetDescription() != "two" || got.GetVersion() != 2 {
		t.Errorf("item %v", got)
	}
	if got := w.prices("A"); len(got) != 1 || got[0].GetUnitPrice() != "2.5" {
		t.Errorf("prices %v", got)
	}
	if w.account("C1") == nil || w.account("C2") == nil {
		t.Error("a customer is missing")
	}
	feed := w.status()
	if !feed.GetConnected() || feed.GetBehind() || feed.GetProblem() != "" || feed.GetAsOf() == nil || feed.GetLoads() != 1 || feed.GetTaken() < 5 {
		t.Errorf("feed %v", feed)
	}
	if _, err := w.feed.ReloadMasters(t.Context(), &masterdatav1.ReloadMastersRequest{}); err != nil {
		t.Fatal(err)
	}
	w.eventually("it is read again", func() bool { return w.status().GetLoads() == 2 })
	w.caughtUp()
	if got := w.item("A"); got.GetVersion() != 4 { // "one", then "two" once more: the feed tells both
		t.Errorf("item after the full load %v", got)
	}
	if got := w.account("C1"); got.GetVersion() != 1 {
		t.Errorf("an equal account was changed: %v", got)
	}
}

// What a price, a substitute or a bill-to names may come later: in the same page, a later one, or much later.
func TestWhatIsNamedMayComeLater(t *testing.T) {
	w := newFeedWorld(t, masterdata.Config{PageSize: 1, Tries: 2, FirstTry: time.Hour, LongestTry: time.Hour})
	with := goods("A", "")
	with.SubstituteSkus = []string{"B"}
	billed := customer("C1", "")
	billed.BillToAccountId = "C2"
	cased := basePrice("C", "3")
	cased.PriceUnit = "PL"
	w.erp.tells(basePrice("A", "1"), with, billed, basePrice("C", "2"), cased, goods("C", ""))
	w.caughtUp()
	want := []string{
		"ACCOUNT C1 UNKNOWN_ACCOUNT WAITING", "ITEM a UNKNOWN_ITEM WAITING", "PRICE BASE|GBP|a UNKNOWN_ITEM WAITING",
		"PRICE BASE|GBP|c UOM_UNKNOWN WAITING", // the newer price took the older one's place, and the item has come
	}
	got := w.aside()
	slices.Sort(got)
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Fatal(diff)
	}
	pallets := goods("C", "")
	pallets.Units = append(pallets.Units, &masterdatav1.ItemUnit{Unit: "PL", Numerator: 480, Denominator: 1})
	w.erp.tells(pallets, goods("B", ""), customer("C2", ""))
	w.caughtUp()
	w.eventually("all settle", func() bool { return len(w.aside()) == 0 })
	if w.item("A") == nil || len(w.prices("A")) != 1 || w.account("C1").GetBillToAccountId() != "C2" || w.prices("C")[0].GetPriceUnit() != "PL" {
		t.Error("what had to wait is not there")
	}
}

// What is named may also be made here, by whoever keeps what the ERP does not.
func TestWhatIsNamedMayBeMadeHere(t *testing.T) {
	w := newFeedWorld(t, masterdata.Config{FirstTry: time.Hour, LongestTry: time.Hour})
	w.erp.tells(basePrice("A", "1"))
	w.caughtUp()
	if got := w.aside(); len(got) != 1 {
		t.Fatalf("set aside %v", got)
	}
	if _, err := w.masters.UpsertItems(t.Context(), &masterdatav1.UpsertItemsRequest{Items: []*masterdatav1.Item{goods("A", "")}}); err != nil {
		t.Fatal(err)
	}
	w.eventually("it is taken", func() bool { return len(w.prices("A")) == 1 && len(w.aside()) == 0 })
}

// What is wrong is set aside with every fault and holds nobody up; a newer state takes its place, a person tries it again or gives it up.
func TestWhatIsWrongIsSetAside(t *testing.T) {
	w := newFeedWorld(t, masterdata.Config{})
	w.erp.tells(goods("A", "a"), customer("C", ""))
	w.caughtUp()
	frozen, noUnit, euro := goods("A", "b"), goods("B", ""), customer("C", "")
	frozen.Scale, noUnit.BaseUnit, euro.CurrencyCode = 2, "", "EUR"
	nul := goods("N", "a\x00b")
	w.erp.tells(frozen, noUnit, euro, nul, goods("", ""), goods("S\x00", ""), goods("GOOD", ""), basePrice("B", "1"))
	w.caughtUp()
	want := []string{
		"ACCOUNT C FROZEN_FIELD STUCK", "ITEM #e3b0c44298fc1c14 STRING_MIN_LEN STUCK", "ITEM a FROZEN_FIELD STUCK",
		"ITEM b STRING_MIN_LEN STUCK", "ITEM n TEXT_NOT_STORABLE STUCK", "ITEM s\uFFFD#28a3d6d537e5d509 STRING_PATTERN STUCK",
		"PRICE BASE|GBP|b UNKNOWN_ITEM WAITING",
	}
	got := w.aside()
	slices.Sort(got)
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if w.item("A").GetDescription() != "a" || w.item("GOOD") == nil {
		t.Error("a wrong state was taken, or a good one was not")
	}
	for _, told := range w.events(6) {
		if aside, ok := told.payload.(*masterdatav1.MasterSetAside); !ok || told.sequence != 1 || len(aside.GetFaults()) == 0 {
			t.Errorf("told %v", told)
		}
	}
	w.erp.tells(goods("B", "mended"))
	w.eventually("the newer state and the price are taken", func() bool { return len(w.prices("B")) == 1 && len(w.aside()) == 5 })
	entry := w.setAside()[0]
	for _, dropped := range []bool{true, false} { // a repeat does no harm
		reply, err := w.feed.DropSetAsideMaster(t.Context(), &masterdatav1.DropSetAsideMasterRequest{EntryId: entry.GetEntryId(), Reason: "a typing error", Actor: "ann"})
		if err != nil || reply.GetDropped() != dropped {
			t.Errorf("dropped %v, %v", reply, err)
		}
	}
	settlements := map[masterdatav1.MasterSettlement]*masterdatav1.MasterSettled{}
	for _, told := range w.events(8) {
		if settled, ok := told.payload.(*masterdatav1.MasterSettled); ok {
			settlements[settled.GetSettlement()] = settled
		}
	}
	if got := settlements[masterdatav1.MasterSettlement_MASTER_SETTLEMENT_REPLACED]; got.GetKey() != "b" {
		t.Errorf("replaced: %v", got)
	}
	if got := settlements[masterdatav1.MasterSettlement_MASTER_SETTLEMENT_DROPPED]; got.GetEntryId() != entry.GetEntryId() || got.GetActor() != "ann" || got.GetReason() != "a typing error" {
		t.Errorf("dropped: %v", got)
	}
}

// What may settle is tried so often, then it waits for a person; who tries it again hears again.
func TestPatienceEnds(t *testing.T) {
	w := newFeedWorld(t, masterdata.Config{Tries: 2, FirstTry: time.Minute, LongestTry: time.Hour})
	w.erp.tells(basePrice("A", "1"))
	w.caughtUp()
	for range 2 {
		w.forward(2 * time.Minute)
		w.caughtUp()
	}
	w.eventually("it is stuck", func() bool { return slices.Equal(w.aside(), []string{"PRICE BASE|GBP|a UNKNOWN_ITEM STUCK"}) })
	if got := w.setAside()[0]; got.GetTries() != 3 || got.GetNextTryAt() != nil {
		t.Errorf("entry %v", got)
	}
	w.events(1)
	reply, err := w.feed.RetrySetAsideMasters(t.Context(), &masterdatav1.RetrySetAsideMastersRequest{All: true})
	if err != nil || reply.GetRetried() != 1 {
		t.Fatal(reply, err)
	}
	w.eventually("it waits again", func() bool {
		return slices.Equal(w.aside(), []string{"PRICE BASE|GBP|a UNKNOWN_ITEM WAITING"}) && w.setAside()[0].GetTries() == 2
	})
	w.forward(time.Hour)
	w.eventually("it is stuck again", func() bool { return slices.Equal(w.aside(), []string{"PRICE BASE|GBP|a UNKNOWN_ITEM STUCK"}) })
	if got := w.events(2); got[1].sequence != 2 {
		t.Errorf("told %v", got)
	}
	w.erp.tells(goods("A", "")) // later than any patience
	w.eventually("it works all the same", func() bool { return len(w.prices("A")) == 1 && len(w.aside()) == 0 })
	if settled, ok := w.events(3)[2].payload.(*masterdatav1.MasterSettled); !ok || settled.GetSettlement() != masterdatav1.MasterSettlement_MASTER_SETTLEMENT_TAKEN {
		t.Errorf("told %v", settled)
	}
}

// Fields that the ERP does not keep stay as they are here.
func TestWhatTheERPDoesNotKeepStays(t *testing.T) {
	w := newFeedWorld(t, masterdata.Config{})
	item, account, _, _, _, _ := everything()
	item.SubstituteSkus, account.BillToAccountId = nil, ""
	if _, err := w.masters.UpsertItems(t.Context(), &masterdatav1.UpsertItemsRequest{Items: []*masterdatav1.Item{item}}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.masters.UpsertAccounts(t.Context(), &masterdatav1.UpsertAccountsRequest{Accounts: []*masterdatav1.Account{account}}); err != nil {
		t.Fatal(err)
	}
	w.erp.behave(func(l *ledger) {
		l.fields[0] = &fieldmaskpb.FieldMask{Paths: []string{"description", "base_unit", "colour", "version"}}
		l.fields[1] = &fieldmaskpb.FieldMask{Paths: []string{"name", "currency_code", "payment_days"}}
	})
	w.erp.tells(
		&masterdatav1.Item{Sku: item.GetSku(), Description: "a longer bolt", BaseUnit: item.GetBaseUnit(), Version: 9},
		&masterdatav1.Item{Sku: "NEW", BaseUnit: "EA", Inactive: true},
		&masterdatav1.Account{AccountId: account.GetAccountId(), Name: "Acme Ltd", CurrencyCode: "GBP"},
	)
	w.caughtUp()
	if got := w.item(item.GetSku()); got.GetDescription() != "a longer bolt" || len(got.GetCodes()) != 3 || len(got.GetUnits()) != 2 || got.GetScale() != 2 || got.GetVersion() != 2 {
		t.Errorf("item %v", got)
	}
	if got := w.item("NEW"); got.GetKind() != masterdatav1.ItemKind_ITEM_KIND_GOODS || got.GetInactive() {
		t.Errorf("new item %v", got)
	}
	if got := w.account(account.GetAccountId()); got.GetName() != "Acme Ltd" || got.GetPaymentDays() != 0 || got.GetBackorderWeightBp() != 0 ||
		got.BackorderWeightBp == nil || len(got.GetPartnerIds()) != 2 || got.GetCreditLimitMinor() != 5 {
		t.Errorf("account %v", got)
	}
	if got := w.status().GetProblem(); got != "the ERP keeps fields that this release does not know: item.colour" {
		t.Errorf("problem %q", got)
	}
}

// An adapter that answers nonsense is not believed, is seen, and is asked on; when it makes sense again all goes on.
func TestNonsenseIsNotTaken(t *testing.T) {
	type answer = func(*erpv1.ListMasterChangesRequest, *erpv1.ListMasterChangesResponse) (*erpv1.ListMasterChangesResponse, error)
	for reason, nonsense := range map[string]answer{
		"MASTERS_CURSOR_STANDS": func(req *erpv1.ListMasterChangesRequest, reply *erpv1.ListMasterChangesResponse) (*erpv1.ListMasterChangesResponse, error) {
			reply.NextCursor, reply.More = cmp.Or(req.GetCursor(), "0"), true
			return reply, nil
		},
		"MASTERS_CURSOR_MISSING": func(_ *erpv1.ListMasterChangesRequest, reply *erpv1.ListMasterChangesResponse) (*erpv1.ListMasterChangesResponse, error) {
			reply.NextCursor = ""
			return reply, nil
		},
		"MASTERS_CURSOR_TOO_LONG": func(_ *erpv1.ListMasterChangesRequest, reply *erpv1.ListMasterChangesResponse) (*erpv1.ListMasterChangesResponse, error) {
			reply.NextCursor = string(make([]byte, 1025))
			return reply, nil
		},
		"MASTERS_PAGE_TOO_LARGE": func(_ *erpv1.ListMasterChangesRequest, reply *erpv1.ListMasterChangesResponse) (*erpv1.ListMasterChangesResponse, error) {
			for len(reply.GetChanges()) <= 3 {
				reply.Changes = append(reply.Changes, changeOf(goods("X", "")))
			}
			return reply, nil
		},
		"CURSOR_EXPIRED": func(*erpv1.ListMasterChangesRequest, *erpv1.ListMasterChangesResponse) (*erpv1.ListMasterChangesResponse, error) {
			return nil, fault.New(fault.Precondition, "CURSOR_EXPIRED", "no such cursor")
		},
		"INTERNAL": func(*erpv1.ListMasterChangesRequest, *erpv1.ListMasterChangesResponse) (*erpv1.ListMasterChangesResponse, error) {
			return nil, fault.New(fault.Internal, "ODD", "it broke")
		},
	} {
		t.Run(reason, func(t *testing.T) {
			w := newFeedWorld(t, masterdata.Config{PageSize: 3})
			w.erp.behave(func(l *ledger) { l.changes, l.answer = []*erpv1.MasterChange{changeOf(goods("A", ""))}, nonsense })
			w.stop()
			if _, err := w.db.Pool().Exec(t.Context(), "DELETE FROM master_feed"); err != nil {
				t.Fatal(err)
			}
			w.start()
			w.eventually("the problem is seen", func() bool {
				feed := w.status()
				return len(feed.GetProblem()) >= len(reason) && feed.GetProblem()[:len(reason)] == reason && feed.GetProblemSince() != nil && feed.GetBehind()
			})
			if w.item("X") != nil {
				t.Error("a page that cannot be was taken")
			}
			w.erp.behave(func(l *ledger) { l.answer = nil })
			w.eventually("all goes on", func() bool { return w.item("A") != nil && w.status().GetProblem() == "" })
		})
	}
}

// A cursor that the ERP has forgotten is given up: the feed begins anew.
func TestForgottenCursorBeginsAnew(t *testing.T) {
	w := newFeedWorld(t, masterdata.Config{})
	w.erp.tells(goods("A", ""), goods("B", ""))
	w.caughtUp()
	w.erp.behave(func(l *ledger) { l.changes = []*erpv1.MasterChange{changeOf(goods("C", ""))} })
	w.eventually("the new one is there", func() bool { return w.item("C") != nil })
	if feed := w.status(); feed.GetLoads() != 2 {
		t.Errorf("feed %v", feed)
	}
}

// claiming is an item with a code that others want too.
func claiming(sku string) *masterdatav1.Item {
	item := goods(sku, "")
	item.Codes = []*masterdatav1.ItemCode{{Type: masterdatav1.ItemCodeType_ITEM_CODE_TYPE_BUYER, Code: "77-1", PartnerId: "ACME"}}
	return item
}

// An entity that stands twice in a page counts as it stands last; a kind that nobody knows is set aside, once however often it comes.
func TestTwiceInAPageAndUnknownKinds(t *testing.T) {
	w := newFeedWorld(t, masterdata.Config{})
	w.erp.behave(func(l *ledger) {
		l.changes = []*erpv1.MasterChange{
			changeOf(goods("A", "first")), {}, changeOf(basePrice("A", "1")), {}, changeOf(goods("a", "last")), changeOf(basePrice("a", "1.0")),
		}
	})
	w.caughtUp()
	if got := w.item("A"); got.GetDescription() != "last" || got.GetVersion() != 1 {
		t.Errorf("item %v", got)
	}
	w.erp.tells(claiming("Z"), claiming("Y"), claiming("X"))
	w.caughtUp()
	if w.item("Z") == nil || w.item("Y") != nil || w.item("X") != nil {
		t.Error("the first of the page has the code")
	}
	w.erp.tells(goods("Z", "gives it up"))
	w.eventually("the next one has it", func() bool { return w.item("X") != nil && w.item("Y") == nil })
	w.erp.tells(goods("X", "too"))
	w.eventually("then the last one", func() bool { return w.item("Y") != nil })
	if got := w.aside(); len(got) != 1 || got[0] != "UNSPECIFIED sha256:e3b0c44298fc1c149afbf4c8996fb924 KIND_UNKNOWN STUCK" {
		t.Errorf("set aside %v", got)
	}
}

// Each dial of the sandbox, at its worst that still lets something through: at the end all is as the ERP has it.
func TestMastersFlowInThroughFaults(t *testing.T) {
	for name, dials := range map[string]sandbox.Dials{
		"delay":       {Delay: 2 * time.Millisecond},
		"errors":      {ErrorBP: 5000, Seed: 1},
		"refusals":    {RefusalBP: 10000, Seed: 1},
		"duplicates":  {DuplicateBP: 10000},
		"reordered":   {ReorderBP: 3000, Seed: 2},
		"lost":        {LostReplyBP: 5000, Seed: 3},
		"outage":      {OutageUntil: time.Now().Add(500 * time.Millisecond)},
		"rate":        {CallsPerSecond: 20},
		"all of them": {Delay: time.Millisecond, ErrorBP: 2000, DuplicateBP: 3000, ReorderBP: 2000, LostReplyBP: 2000, CallsPerSecond: 50, Seed: 4},
	} {
		t.Run(name, func(t *testing.T) {
			w := newFeedWorld(t, masterdata.Config{PageSize: 7})
			w.box.Set(dials)
			for n := range 20 {
				sku := string(rune('A' + n))
				w.erp.tells(basePrice(sku, "1"), goods(sku, "old"), customer("C"+sku, ""), goods(sku, "new"))
			}
			w.caughtUp()
			w.eventually("nothing is set aside", func() bool { return len(w.aside()) == 0 })
			for n := range 20 {
				sku := string(rune('A' + n))
				if w.item(sku).GetDescription() != "new" || len(w.prices(sku)) != 1 || w.account("C"+sku) == nil {
					t.Errorf("%s is not as the ERP has it", sku)
				}
			}
		})
	}
}
