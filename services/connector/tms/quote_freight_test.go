package tms_test

import (
	"testing"

	commonv1 "github.com/waybill-dev/waybill/gen/waybill/common/v1"
	tmsv1 "github.com/waybill-dev/waybill/gen/waybill/connector/tms/v1"
	"github.com/waybill-dev/waybill/services/connector/tms"
)

func question(country, day, currency string, lines int32) *tmsv1.FreightQuestion {
	return &tmsv1.FreightQuestion{
		OrderId: "ord_1", ShipTo: &commonv1.Address{CountryCode: country}, ShipOn: day, Lines: lines,
		Value: &commonv1.Money{CurrencyCode: currency, MinorUnits: 1000},
	}
}

func TestFreightIsQuotedByDistance(t *testing.T) {
	reply, err := tms.New("").QuoteFreight(t.Context(), &tmsv1.QuoteFreightRequest{Questions: []*tmsv1.FreightQuestion{
		question("GB", "2026-02-27", "GBP", 2), question("DE", "2026-02-27", "EUR", 1), question("US", "2026-02-27", "JPY", 1),
		question("AQ", "2026-02-27", "GBP", 1), question("", "2026-02-27", "GBP", 1), question("GB", "tomorrow", "GBP", 1),
		question("GB", "2026-02-27", "XXX", 1),
	}})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []struct {
		options int
		carrier string
		cost    int64
		arrives string
		reason  string
	}{
		{3, "ROYALM", 515, "2026-03-02", ""}, {2, "DPD", 1610, "2026-03-03", ""}, {2, "DHLEXP", 68, "2026-03-03", ""}, // 67.40 yen, rounded up
		{0, "", 0, "", "NO_CARRIER"}, {0, "", 0, "", "NO_CARRIER"}, {0, "", 0, "", "QUESTION_UNCLEAR"}, {0, "", 0, "", "QUESTION_UNCLEAR"},
	} {
		got := reply.GetOutcomes()[i]
		if len(got.GetOptions()) != want.options || got.GetRefusal().GetReason() != want.reason {
			t.Errorf("question %d: %v", i, got)
			continue
		}
		if want.options > 0 {
			first := got.GetOptions()[0]
			if first.GetCarrier() != want.carrier || first.GetCost().GetMinorUnits() != want.cost || first.GetArrivesOn() != want.arrives {
				t.Errorf("question %d: %v, want %+v", i, first, want)
			}
		}
	}
}
