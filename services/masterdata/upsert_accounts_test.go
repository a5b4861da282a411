package masterdata_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/rpc"
)

func TestABillToIsTheEndOfTheLine(t *testing.T) {
	service := newService(t)
	ctx := t.Context()
	upsert := func(accounts ...*masterdatav1.Account) error {
		for _, account := range accounts {
			account.CurrencyCode = "GBP"
		}
		_, err := service.UpsertAccounts(ctx, &masterdatav1.UpsertAccountsRequest{Accounts: accounts})
		return err
	}
	if err := upsert(
		&masterdatav1.Account{AccountId: "STORE", BillToAccountId: "HEAD"}, &masterdatav1.Account{AccountId: "HEAD"},
		&masterdatav1.Account{AccountId: "GROUP", BillToAccountId: "GROUP"},
	); err != nil {
		t.Fatal(err)
	}
	if err := upsert(&masterdatav1.Account{AccountId: "X", BillToAccountId: "STORE"}); fault.ReasonOf(err) != "BILL_TO_CHAINED" {
		t.Errorf("behind an account that does not pay: %v", err)
	}
	if err := upsert(&masterdatav1.Account{AccountId: "HEAD", BillToAccountId: "GROUP"}); fault.ReasonOf(err) != "BILL_TO_CHAINED" {
		t.Errorf("an account that pays for another: %v", err)
	}
	if err := upsert(&masterdatav1.Account{AccountId: "HEAD", BillToAccountId: "GROUP"},
		&masterdatav1.Account{AccountId: "STORE", BillToAccountId: "GROUP"}); err != nil {
		t.Errorf("both to the group in one set: %v", err)
	}
}

func TestListAccounts(t *testing.T) {
	service := newService(t)
	ctx := t.Context()
	if _, err := service.UpsertAccounts(ctx, &masterdatav1.UpsertAccountsRequest{Accounts: []*masterdatav1.Account{
		{AccountId: "C", CurrencyCode: "GBP", BillToAccountId: "A"}, {AccountId: "A", CurrencyCode: "GBP"},
		{AccountId: "D", CurrencyCode: "EUR", LegalEntity: "NL"}, {AccountId: "B", CurrencyCode: "GBP", BillToAccountId: "A"},
	}}); err != nil {
		t.Fatal(err)
	}
	list := func(request *masterdatav1.ListAccountsRequest) (ids []string) {
		request.PageSize = 2
		for {
			reply, err := service.ListAccounts(ctx, request)
			if err != nil {
				t.Fatal(err)
			}
			for _, account := range reply.GetAccounts() {
				ids = append(ids, account.GetAccountId())
			}
			if request.PageToken = reply.GetNextPageToken(); request.GetPageToken() == "" {
				return ids
			}
		}
	}
	for _, test := range []struct {
		request *masterdatav1.ListAccountsRequest
		want    []string
	}{
		{&masterdatav1.ListAccountsRequest{}, []string{"A", "B", "C", "D"}},
		{&masterdatav1.ListAccountsRequest{LegalEntity: "MAIN"}, []string{"A", "B", "C"}},
		{&masterdatav1.ListAccountsRequest{BillToAccountId: "A"}, []string{"B", "C"}},
		{&masterdatav1.ListAccountsRequest{LegalEntity: "NL", BillToAccountId: "A"}, nil},
	} {
		if diff := cmp.Diff(test.want, list(test.request)); diff != "" {
			t.Error(diff)
		}
	}
}

func TestAPartnerReadsItsAccountsAndTheirPrices(t *testing.T) {
	service := newService(t)
	mustItems(t, service, goods("A", ""))
	if _, err := service.UpsertAccounts(t.Context(), &masterdatav1.UpsertAccountsRequest{Accounts: []*masterdatav1.Account{
		{AccountId: "MINE", CurrencyCode: "GBP", PriceLists: []string{"CONTRACT", "BASE"}, PartnerIds: []string{"ZED", "ACME"}},
		{AccountId: "THEIRS", CurrencyCode: "GBP", PriceLists: []string{"SECRET"}, PartnerIds: []string{"OTHER"}},
		{AccountId: "NOBODYS", CurrencyCode: "GBP"},
	}}); err != nil {
		t.Fatal(err)
	}
	var prices []*masterdatav1.Price
	for _, list := range []string{"BASE", "CONTRACT", "SECRET", "FORGOTTEN"} {
		prices = append(prices, &masterdatav1.Price{PriceList: list, Sku: "A", CurrencyCode: "GBP", UnitPrice: "1"})
	}
	if _, err := service.UpsertPrices(t.Context(), &masterdatav1.UpsertPricesRequest{Prices: prices}); err != nil {
		t.Fatal(err)
	}
	for partner, want := range map[string][]string{
		"ACME": {"MINE", "BASE", "CONTRACT"}, "OTHER": {"THEIRS", "SECRET"}, "NONE": nil,
		"": {"MINE", "NOBODYS", "THEIRS", "BASE", "CONTRACT", "FORGOTTEN", "SECRET"},
	} {
		ctx := rpc.WithIdentity(t.Context(), rpc.Identity{Partner: partner})
		accounts, err := service.ListAccounts(ctx, &masterdatav1.ListAccountsRequest{})
		if err != nil {
			t.Fatal(err)
		}
		listed, err := service.ListPrices(ctx, &masterdatav1.ListPricesRequest{})
		if err != nil {
			t.Fatal(err)
		}
		var seen []string
		for _, account := range accounts.GetAccounts() {
			seen = append(seen, account.GetAccountId())
		}
		for _, price := range listed.GetPrices() {
			seen = append(seen, price.GetPriceList())
		}
		if diff := cmp.Diff(want, seen); diff != "" {
			t.Errorf("partner %q:\n%s", partner, diff)
		}
		_, err = service.GetAccount(ctx, &masterdatav1.GetAccountRequest{AccountId: "THEIRS"})
		if allowed := partner == "" || partner == "OTHER"; allowed != (err == nil) {
			t.Errorf("partner %q reads the account of another: %v", partner, err)
		}
	}
}
