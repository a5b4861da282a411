package masterdata_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	"github.com/waybill-dev/waybill/internal/fault"
)

func wantField(t *testing.T, err error, path, reason string) {
	t.Helper()
	refusal, ok := fault.As(err)
	if !ok || refusal.Kind != fault.Invalid || len(refusal.Fields) != 1 {
		t.Errorf("error %v, want %s at %s", err, reason, path)
		return
	}
	if diff := cmp.Diff([]string{path, reason}, []string{refusal.Fields[0].Path, refusal.Fields[0].Reason}); diff != "" {
		t.Error(diff)
	}
}

// A rate that matches the pattern and fits no number would be told to services that cannot keep it.
func TestRateThatFitsNoNumberIsRefused(t *testing.T) {
	f := newFixture(t)
	account := &masterdatav1.Account{AccountId: "ACME", CurrencyCode: "GBP", EstimatedTaxRate: "99999999999999999999"}
	_, err := f.UpsertAccounts(t.Context(), &masterdatav1.UpsertAccountsRequest{Accounts: []*masterdatav1.Account{account}})
	wantField(t, err, "accounts[0].estimated_tax_rate", "RATE_INVALID")
	if _, err := f.GetAccount(t.Context(), &masterdatav1.GetAccountRequest{AccountId: "ACME"}); fault.KindOf(err) != fault.NotFound {
		t.Errorf("it is stored: %v", err)
	}
}

// List and currency stand before the item in a price's key: "A|GBP" in USD for "S" and "A" in GBP for "USD|S" would be one.
func TestPricesHaveDistinctKeys(t *testing.T) {
	f := newFixture(t)
	if _, err := f.UpsertItems(t.Context(), &masterdatav1.UpsertItemsRequest{
		Items: []*masterdatav1.Item{goods("S", ""), goods("USD|S", "")},
	}); err != nil {
		t.Fatal(err)
	}
	second := &masterdatav1.Price{PriceList: "A", CurrencyCode: "GBP", Sku: "USD|S", UnitPrice: "2"}
	if _, err := f.UpsertPrices(t.Context(), &masterdatav1.UpsertPricesRequest{Prices: []*masterdatav1.Price{second}}); err != nil {
		t.Fatal(err)
	}
	first := &masterdatav1.Price{PriceList: "A|GBP", CurrencyCode: "USD", Sku: "S", UnitPrice: "1"}
	_, err := f.UpsertPrices(t.Context(), &masterdatav1.UpsertPricesRequest{Prices: []*masterdatav1.Price{first}})
	wantField(t, err, "prices[0].price_list", "PRICE_LIST_INVALID")
}

// Two people read the same state and change different things in it: the second hears that it has changed.
func TestChangeOfAnUnseenVersionIsRefused(t *testing.T) {
	f := newFixture(t)
	upsert := func(node *masterdatav1.Node) error {
		_, err := f.UpsertNodes(t.Context(), &masterdatav1.UpsertNodesRequest{Nodes: []*masterdatav1.Node{node}})
		return err
	}
	mismatch := func(node *masterdatav1.Node) {
		t.Helper()
		err := upsert(node)
		refusal, ok := fault.As(err)
		if !ok || refusal.Kind != fault.Conflict || refusal.Reason != "VERSION_MISMATCH" || refusal.Fields[0].Path != "nodes[0].version" {
			t.Errorf("error %v, want VERSION_MISMATCH", err)
		}
	}
	mismatch(&masterdatav1.Node{NodeId: "LEEDS", Version: 1}) // there is none yet
	first := &masterdatav1.Node{NodeId: "LEEDS", Name: "Leeds", Version: 1}
	for _, node := range []*masterdatav1.Node{{NodeId: "LEEDS"}, first, first} { // a repeat says the same
		if err := upsert(node); err != nil {
			t.Error(err)
		}
	}
	mismatch(&masterdatav1.Node{NodeId: "LEEDS", Priority: 7, Version: 1})
	if err := upsert(&masterdatav1.Node{NodeId: "LEEDS", Name: "Leeds", Priority: 7, Version: 2}); err != nil {
		t.Error(err)
	}
	nodes, err := f.ListNodes(t.Context(), &masterdatav1.ListNodesRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if node := nodes.GetNodes()[0]; node.GetVersion() != 3 || node.GetName() != "Leeds" || node.GetPriority() != 7 {
		t.Errorf("node %v", node)
	}
}
