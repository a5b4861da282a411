package order

import (
	"cmp"
	"fmt"
	"math"
	"sync"
	"time"

	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	"github.com/waybill-dev/waybill/internal/money"
)

const (
	// termsFresh is for how long terms that the ERP has confirmed are not asked about again: a customer who orders often costs one
	// call, and an ERP takes few.
	termsFresh = time.Minute
	// maxTerms bounds what is remembered; past it all of it is forgotten.
	maxTerms = 100_000
	// defaultHoldAbove is the value, in whole units of an order's currency, above which it waits for the ERP.
	defaultHoldAbove = 10_000
)

// terms are on which a customer is sold to.
type terms struct {
	account, legalEntity, currency string
	days                           int32
}

func termsOf(order *orderv1.PricedOrder) terms {
	return terms{
		account:     cmp.Or(order.GetBillToAccountId(), order.GetAccountId()),
		legalEntity: order.GetLegalEntity(), currency: order.GetCurrencyCode(), days: order.GetPaymentDays(),
	}
}

// confirmations remembers when the ERP has last confirmed terms. It lives as long as the process: what is forgotten is asked
// again, or is as old as the copy of the master data. Safe for concurrent use.
type confirmations struct {
	mu sync.Mutex
	at map[terms]time.Time
}

// last is when the terms were confirmed; zero: never.
func (c *confirmations) last(of terms) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at[of]
}

// confirm notes a confirmation as of a moment, unless a newer one is known.
func (c *confirmations) confirm(of terms, asOf time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.at == nil || len(c.at) >= maxTerms {
		c.at = map[terms]time.Time{}
	}
	if asOf.After(c.at[of]) {
		c.at[of] = asOf
	}
}

// tooMuch says why an order is not taken on terms that the ERP has not confirmed; empty: it may be.
func (s *Service) tooMuch(order *orderv1.PricedOrder, asOf time.Time, missing string, now time.Time) string {
	value := beforeTax(order)
	if s.holdAbove < 0 || value <= s.limit(order.GetCurrencyCode()) {
		return ""
	}
	amount, err := money.FormatMinor(value, order.GetCurrencyCode())
	if err != nil {
		amount = fmt.Sprint(value)
	}
	return fmt.Sprintf("the ERP did not confirm the customer's terms (%s), which were known to be right %s, and %s %s is above %d",
		missing, ago(asOf, now), amount, order.GetCurrencyCode(), s.holdAbove)
}

// limit is the value, in minor units of a currency, above which an order waits for the ERP.
func (s *Service) limit(currency string) int64 {
	places, err := money.Places(currency)
	if err != nil {
		return 0 // nobody knows what it is worth
	}
	limit := s.holdAbove
	for range places {
		if limit > math.MaxInt64/10 {
			return math.MaxInt64
		}
		limit *= 10
	}
	return limit
}

func ago(asOf, now time.Time) string {
	if asOf.IsZero() {
		return "at no known time"
	}
	return max(now.Sub(asOf), 0).Round(time.Second).String() + " ago"
}
