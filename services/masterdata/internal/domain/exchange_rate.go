package domain

import (
	"time"

	"github.com/waybill-dev/waybill/internal/decimal"
	"github.com/waybill-dev/waybill/internal/fault"
)

// ratePlaces is how many decimal places a rate may have.
const ratePlaces = 10

// ExchangeRate is what one unit of a currency costs in another on a day.
type ExchangeRate struct {
	From, To string
	Date     string
	Rate     string
	Version  Version
}

// Pair is the two currencies, whose rates are told as one aggregate.
func (r ExchangeRate) Pair() string { return r.From + "|" + r.To }

// Key tells rates apart.
func (r ExchangeRate) Key() string { return r.Pair() + "|" + r.Date }

// Seen is the version that the caller has seen.
func (r ExchangeRate) Seen() Version { return r.Version }

// Normal is the rate in its shortest form; what is no number stays as it is.
func (r ExchangeRate) Normal() ExchangeRate {
	if units, err := decimal.Parse(r.Rate, ratePlaces); err == nil {
		r.Rate = decimal.Format(units, ratePlaces)
	}
	return r
}

// Wrong names what is wrong with the rate.
func (r ExchangeRate) Wrong() []fault.Field {
	var fields complaints
	fields.currency("from_currency_code", r.From)
	fields.currency("to_currency_code", r.To)
	if r.From == r.To {
		fields.add("to_currency_code", "SAME_CURRENCY", "a currency is worth itself")
	}
	fields.date("date", r.Date)
	if units, err := decimal.Parse(r.Rate, ratePlaces); err != nil || units <= 0 {
		fields.add("rate", "RATE_INVALID", "a positive decimal with at most ten places is expected")
	}
	return fields.list
}

// Same compares the rates.
func (r ExchangeRate) Same(other ExchangeRate) bool { return r.Rate == other.Rate }

// Frozen names nothing: documents keep the rate that was fixed on them.
func (r ExchangeRate) Frozen(ExchangeRate, string) []fault.Field { return nil }

// Following is the next version, as if the pair had only this day; NumberRates counts on.
func (r ExchangeRate) Following(stored *ExchangeRate, now time.Time) ExchangeRate {
	var before Version
	if stored != nil {
		before = stored.Version
	}
	r.Version = following(before, now)
	return r
}

// NumberRates gives the changed rates of a plan the numbers that follow the latest ones of their pairs, one after another:
// they are the sequences of the pairs' events.
func NumberRates(plan Plan[ExchangeRate], latest map[string]int64) Plan[ExchangeRate] {
	numbered := Plan[ExchangeRate]{Result: append([]ExchangeRate(nil), plan.Result...)}
	used, numbers := map[string]int64{}, map[string]int64{}
	for _, rate := range plan.Changed {
		used[rate.Pair()]++
		rate.Version.Number = latest[rate.Pair()] + used[rate.Pair()]
		numbers[rate.Key()] = rate.Version.Number
		numbered.Changed = append(numbered.Changed, rate)
	}
	for i, rate := range numbered.Result {
		if number, ok := numbers[rate.Key()]; ok {
			numbered.Result[i].Version.Number = number
		}
	}
	return numbered
}
