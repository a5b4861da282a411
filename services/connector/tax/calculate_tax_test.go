package tax

import (
	"testing"

	commonv1 "github.com/waybill-dev/waybill/gen/waybill/common/v1"
	taxv1 "github.com/waybill-dev/waybill/gen/waybill/connector/tax/v1"
)

func document(jurisdiction, class string, net int64) *taxv1.TaxDocument {
	return &taxv1.TaxDocument{
		DocumentId: "d", Jurisdiction: jurisdiction, CurrencyCode: "GBP", Rounding: commonv1.RoundingMode_ROUNDING_MODE_HALF_UP,
		Lines: []*taxv1.TaxLine{{Position: 1, TaxClass: class, NetAmountMinor: net}},
	}
}

func TestCalculateTax(t *testing.T) {
	service, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		jurisdiction, class string
		net                 int64
		amounts             []int64
		refusal             string
	}{
		{"GB", ClassStandard, 1003, []int64{201}, ""},
		{"GB", ClassZero, 1000, []int64{0}, ""},
		{"GB", ClassExempt, 1000, nil, ""},
		{"DE", ClassReduced, 150, []int64{11}, ""},
		{"US-CA", ClassStandard, 1000, []int64{60, 13}, ""},
		{"US-NY", ClassStandard, 10_000, []int64{400, 450, 38}, ""},
		{"", ClassStandard, 1000, nil, ""},
		{"ATLANTIS", ClassStandard, 1000, nil, "UNKNOWN_JURISDICTION"},
		{"GB", "luxury", 1000, nil, "UNKNOWN_TAX_CLASS"},
	} {
		reply, err := service.CalculateTax(t.Context(), &taxv1.CalculateTaxRequest{Documents: []*taxv1.TaxDocument{document(c.jurisdiction, c.class, c.net)}})
		if err != nil {
			t.Fatal(err)
		}
		outcome := reply.GetOutcomes()[0]
		if outcome.GetRefusal().GetReason() != c.refusal {
			t.Errorf("%s %s: refusal %v", c.jurisdiction, c.class, outcome.GetRefusal())
			continue
		}
		if c.refusal != "" {
			continue
		}
		taxes := outcome.GetLines()[0].GetTaxes()
		if len(taxes) != len(c.amounts) {
			t.Errorf("%s %s: %v", c.jurisdiction, c.class, taxes)
			continue
		}
		for i, amount := range c.amounts {
			if taxes[i].GetAmountMinor() != amount {
				t.Errorf("%s %s: tax %d is %d, want %d", c.jurisdiction, c.class, i, taxes[i].GetAmountMinor(), amount)
			}
		}
	}
}

func TestOneBadDocumentIsRefusedAlone(t *testing.T) {
	service, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	reply, err := service.CalculateTax(t.Context(), &taxv1.CalculateTaxRequest{Documents: []*taxv1.TaxDocument{
		document("ATLANTIS", ClassStandard, 1), document("GB", ClassStandard, 100),
	}})
	if err != nil || reply.GetOutcomes()[0].GetRefusal() == nil || reply.GetOutcomes()[1].GetLines()[0].GetTaxes()[0].GetAmountMinor() != 20 {
		t.Errorf("%v, %v", reply, err)
	}
}

func TestBadTable(t *testing.T) {
	if _, err := New(Config{Table: Table{"X": {"standard": {{"X", "VAT", "20%"}}}}}); err == nil {
		t.Error("a rate of 20% was taken")
	}
}
