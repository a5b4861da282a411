package masterdata_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	"github.com/waybill-dev/waybill/internal/fault"
)

func euro(date, rate string) *masterdatav1.ExchangeRate {
	return &masterdatav1.ExchangeRate{FromCurrencyCode: "EUR", ToCurrencyCode: "GBP", Date: date, Rate: rate}
}

// The rates of a pair are one aggregate: their events have gapless sequences over all days.
func TestRatesOfAPairAreToldInOneSequence(t *testing.T) {
	f := newFixture(t)
	ctx := t.Context()
	dollar := &masterdatav1.ExchangeRate{FromCurrencyCode: "USD", ToCurrencyCode: "GBP", Date: "2026-03-01", Rate: "0.79"}
	for _, set := range [][]*masterdatav1.ExchangeRate{
		{euro("2026-03-01", "0.86"), dollar, euro("2026-03-02", "0.87")},
		{euro("2026-03-02", "0.870"), euro("2026-03-01", "0.85"), euro("2026-03-05", "0.88")},
	} {
		if _, err := f.UpsertExchangeRates(ctx, &masterdatav1.UpsertExchangeRatesRequest{ExchangeRates: set}); err != nil {
			t.Fatal(err)
		}
	}
	told := map[string][]string{}
	for _, event := range f.told(t, "masterdata.exchange_rate", 5) {
		rate := payload[*masterdatav1.ExchangeRateChanged](t, event).GetExchangeRate()
		if event.Sequence != int64(len(told[event.Aggregate]))+1 || rate.GetVersion() != event.Sequence {
			t.Errorf("event %d of %s has version %d and comes after %v", event.Sequence, event.Aggregate, rate.GetVersion(), told[event.Aggregate])
		}
		told[event.Aggregate] = append(told[event.Aggregate], rate.GetDate()+" "+rate.GetRate())
	}
	if diff := cmp.Diff(map[string][]string{
		"EUR|GBP": {"2026-03-01 0.86", "2026-03-02 0.87", "2026-03-01 0.85", "2026-03-05 0.88"}, "USD|GBP": {"2026-03-01 0.79"},
	}, told); diff != "" {
		t.Error(diff)
	}
}

func TestTheNewestRateOfADayOrBeforeCounts(t *testing.T) {
	service := newService(t)
	ctx := t.Context()
	if _, err := service.UpsertExchangeRates(ctx, &masterdatav1.UpsertExchangeRatesRequest{ExchangeRates: []*masterdatav1.ExchangeRate{
		euro("2026-03-01", "0.86"), euro("2026-03-05", "0.87"), {FromCurrencyCode: "GBP", ToCurrencyCode: "EUR", Date: "2026-03-01", Rate: "1.16"},
	}}); err != nil {
		t.Fatal(err)
	}
	for date, want := range map[string]string{"2026-03-01": "0.86", "2026-03-04": "0.86", "2026-03-05": "0.87", "": "0.87", "2026-02-28": ""} {
		got, err := service.GetExchangeRate(ctx, &masterdatav1.GetExchangeRateRequest{FromCurrencyCode: "EUR", ToCurrencyCode: "GBP", Date: date})
		if want == "" && fault.KindOf(err) == fault.NotFound {
			continue
		}
		if err != nil || got.GetExchangeRate().GetRate() != want {
			t.Errorf("on %q: %v, %v; want %s", date, got, err, want)
		}
	}
	var listed []string
	request := &masterdatav1.ListExchangeRatesRequest{PageSize: 1}
	for {
		reply, err := service.ListExchangeRates(ctx, request)
		if err != nil {
			t.Fatal(err)
		}
		for _, rate := range reply.GetExchangeRates() {
			listed = append(listed, rate.GetFromCurrencyCode()+" "+rate.GetRate())
		}
		if request.PageToken = reply.GetNextPageToken(); request.GetPageToken() == "" {
			break
		}
	}
	if diff := cmp.Diff([]string{"EUR 0.87", "EUR 0.86", "GBP 1.16"}, listed); diff != "" {
		t.Error(diff)
	}
	only, err := service.ListExchangeRates(ctx, &masterdatav1.ListExchangeRatesRequest{ToCurrencyCode: "EUR"})
	if err != nil || len(only.GetExchangeRates()) != 1 {
		t.Errorf("rates to EUR: %v, %v", only, err)
	}
}
