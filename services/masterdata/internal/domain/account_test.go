package domain_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/waybill-dev/waybill/services/masterdata/internal/domain"
)

func account(id, billTo string) domain.Account {
	return domain.Account{AccountID: id, LegalEntity: "MAIN", CurrencyCode: "GBP", EstimatedTaxRate: "0", BillTo: billTo}
}

func TestWrongAccounts(t *testing.T) {
	wrong := account("A", "")
	wrong.CurrencyCode = "XXX"
	wrong.EstimatedTaxRate = "much"
	wrong.ShipTos = []domain.ShipTo{{Code: "1"}, {Code: "1"}}
	want := []string{
		"currency_code CURRENCY_UNKNOWN", "estimated_tax_rate RATE_INVALID", "ship_tos[1].code DUPLICATE_SHIP_TO",
	}
	if diff := cmp.Diff(want, complaints(wrong.Wrong())); diff != "" {
		t.Error(diff)
	}
	right := account("A", "")
	right.ShipTos = []domain.ShipTo{{Code: "2", Address: domain.Address{CountryCode: "GB"}}, {Code: "1"}}
	if got := right.Wrong(); len(got) != 0 {
		t.Errorf("complaints of a right one: %v", got)
	}
}

func TestBillTo(t *testing.T) {
	euro := account("E", "")
	euro.CurrencyCode = "EUR"
	elsewhere := account("L", "")
	elsewhere.LegalEntity = "OTHER"
	known := map[string]domain.Account{"P": account("P", ""), "Q": account("Q", "P"), "E": euro, "L": elsewhere}
	for _, test := range []struct {
		name   string
		wanted []domain.Account
		payers map[string]bool
		want   []string
	}{
		{"none", []domain.Account{account("A", "")}, nil, nil},
		{"itself", []domain.Account{account("A", "A")}, nil, nil},
		{"a stored one", []domain.Account{account("A", "P")}, nil, nil},
		{"one of the set", []domain.Account{account("A", "B"), account("B", "")}, nil, nil},
		{"one that ends its chain in the set", []domain.Account{account("A", "Q"), account("Q", "")}, nil, nil},
		{"nobody", []domain.Account{account("A", "X")}, nil, []string{"accounts[0].bill_to_account_id UNKNOWN_ACCOUNT"}},
		{"another currency", []domain.Account{account("A", "E")}, nil, []string{"accounts[0].bill_to_account_id BILL_TO_DIFFERS"}},
		{"another company", []domain.Account{account("A", "L")}, nil, []string{"accounts[0].bill_to_account_id BILL_TO_DIFFERS"}},
		{"a chain", []domain.Account{account("A", "Q")}, nil, []string{"accounts[0].bill_to_account_id BILL_TO_CHAINED"}},
		{"a chain in the set", []domain.Account{account("A", "B"), account("B", "P")}, nil,
			[]string{"accounts[0].bill_to_account_id BILL_TO_CHAINED", "accounts[1].bill_to_account_id BILL_TO_CHAINED"}},
		{"a payer that would not pay itself", []domain.Account{account("A", "P")}, map[string]bool{"A": true},
			[]string{"accounts[0].bill_to_account_id BILL_TO_CHAINED"}},
	} {
		if diff := cmp.Diff(test.want, complaints(domain.ReferAccounts(test.wanted, known, test.payers))); diff != "" {
			t.Errorf("%s:\n%s", test.name, diff)
		}
	}
}

func TestWrongNodes(t *testing.T) {
	node := domain.Node{
		NodeID: "A", Holidays: []string{"2026-12-25", "2026-13-01"},
		TransitTimes: []domain.TransitTime{{Days: 3}, {CountryCode: "GB"}, {CountryCode: "GB", Region: "Kent"}, {Region: "Kent"}, {CountryCode: "GB", Days: 1}},
	}
	want := []string{
		"holidays[1] DATE_INVALID", "transit_times[3].country_code REGION_WITHOUT_COUNTRY",
		"transit_times[4] DUPLICATE_TRANSIT_TIME",
	}
	if diff := cmp.Diff(want, complaints(node.Wrong())); diff != "" {
		t.Error(diff)
	}
}
