package masterdata_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	"github.com/waybill-dev/waybill/internal/fault"
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
