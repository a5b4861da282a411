package importer

import (
	"maps"
	"slices"
)

// sum is what the file and Waybill say of one customer, in minor units before tax.
type sum struct {
	// ordered and credit are the sums of the taken rows.
	ordered, credit int64
	// The others are read back.
	invoiced, open, cancelled, credited int64
}

// balanced reports whether both say the same.
func (s *sum) balanced() bool {
	return s.invoiced+s.open+s.cancelled == s.ordered && s.credited == s.credit
}

// AccountDifference is a customer of whom the file and Waybill do not say the same. Amounts are in minor units.
type AccountDifference struct {
	AccountID string
	// OrderedMinor and CreditMinor are what the rows come to.
	OrderedMinor, CreditMinor int64
	// FoundMinor is what the invoices and the open and cancelled lines come to, FoundCreditMinor the credit memos.
	FoundMinor, FoundCreditMinor int64
}

// sums is the sum of a customer, to be changed.
func (r *run) sums(account string) *sum {
	if r.accounts == nil {
		r.accounts = map[string]*sum{}
	}
	if r.accounts[account] == nil {
		r.accounts[account] = &sum{}
	}
	return r.accounts[account]
}

// compare adds the customers up, and finds those that differ.
func (r *run) compare() {
	r.report.Accounts = len(r.accounts)
	for _, account := range slices.Sorted(maps.Keys(r.accounts)) {
		s := r.accounts[account]
		r.report.ExpectedMinor += s.ordered
		r.report.InvoicedMinor += s.invoiced
		r.report.OpenMinor += s.open
		r.report.CancelledMinor += s.cancelled
		r.report.ExpectedCreditMinor += s.credit
		r.report.CreditedMinor += s.credited
		if !s.balanced() {
			r.report.Differing = append(r.report.Differing, AccountDifference{
				AccountID: account, OrderedMinor: s.ordered, CreditMinor: s.credit,
				FoundMinor: s.invoiced + s.open + s.cancelled, FoundCreditMinor: s.credited,
			})
		}
	}
}
