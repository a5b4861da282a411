package tax

import (
	"slices"
	"testing"

	commonv1 "github.com/waybill-dev/waybill/gen/waybill/common/v1"
	taxv1 "github.com/waybill-dev/waybill/gen/waybill/connector/tax/v1"
)

// amounts are the taxes of a document, line by line.
func amounts(t *testing.T, document *taxv1.TaxDocument) []int64 {
	t.Helper()
	service, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	reply, err := service.CalculateTax(t.Context(), &taxv1.CalculateTaxRequest{Documents: []*taxv1.TaxDocument{document}})
	if err != nil {
		t.Fatal(err)
	}
	if refusal := reply.GetOutcomes()[0].GetRefusal(); refusal != nil {
		t.Fatal(refusal)
	}
	var taxes []int64
	for _, line := range reply.GetOutcomes()[0].GetLines() {
		for _, tax := range line.GetTaxes() {
			taxes = append(taxes, tax.GetAmountMinor())
		}
	}
	return taxes
}

// Three lines whose taxes, rounded each, are not the tax on their sum.
func TestRoundedLineTaxesDoNotSumToTheRoundedTax(t *testing.T) {
	three := &taxv1.TaxDocument{
		DocumentId: "d", Jurisdiction: "GB", CurrencyCode: "GBP", Rounding: commonv1.RoundingMode_ROUNDING_MODE_HALF_UP,
	}
	for i := range int32(3) {
		three.Lines = append(three.Lines, &taxv1.TaxLine{Position: i + 1, TaxClass: ClassStandard, NetAmountMinor: 3})
	}
	if got := amounts(t, three); !slices.Equal(got, []int64{1, 1, 1}) { // 0.6 each
		t.Errorf("line by line %v, want 1 each", got)
	}
	three.TaxMode = commonv1.TaxMode_TAX_MODE_PER_DOCUMENT
	if got := amounts(t, three); !slices.Equal(got, []int64{1, 1, 0}) { // 1.8 together
		t.Errorf("over the document %v, want 2 in all", got)
	}
	three.Rounding, three.Lines = commonv1.RoundingMode_ROUNDING_MODE_HALF_EVEN, three.Lines[:1]
	three.Lines[0].ExactNetAmount = "2.5"
	if got := amounts(t, three); !slices.Equal(got, []int64{0}) { // 0.5
		t.Errorf("half to even: %v, want 0", got)
	}
}

// A document that is rounded once keeps each levy's sum, and lines that are taxed elsewhere are.
func TestLeviesAreRoundedEachOverTheDocument(t *testing.T) {
	document := &taxv1.TaxDocument{
		DocumentId: "d", Jurisdiction: "US-CA", CurrencyCode: "USD", Rounding: commonv1.RoundingMode_ROUNDING_MODE_HALF_UP,
		TaxMode: commonv1.TaxMode_TAX_MODE_PER_DOCUMENT,
		Lines: []*taxv1.TaxLine{
			{Position: 1, TaxClass: ClassStandard, NetAmountMinor: 40},
			{Position: 2, TaxClass: ClassStandard, NetAmountMinor: 40},
			{Position: 3, TaxClass: ClassStandard, NetAmountMinor: 100, Jurisdiction: "DE"},
		},
	}
	// 6 %: 2.4 + 2.4 → 5; 1.25 %: 0.5 + 0.5 → 1; 19 %: 19.
	if got := amounts(t, document); !slices.Equal(got, []int64{3, 1, 2, 0, 19}) {
		t.Errorf("taxes %v", got)
	}
	document.Lines[2].Jurisdiction = "ATLANTIS"
	service, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	reply, err := service.CalculateTax(t.Context(), &taxv1.CalculateTaxRequest{Documents: []*taxv1.TaxDocument{document}})
	if err != nil || reply.GetOutcomes()[0].GetRefusal().GetFields()[0].GetPath() != "lines[2].jurisdiction" {
		t.Errorf("%v, %v: want a refusal that names the line", reply, err)
	}
}

// 348.35 × 16 less 4 %, plus 22 %: taxed on 5350.66 it is 1177.15, on 5350.656 it is 1177.14.
func TestGoldenVectorOfTheTax(t *testing.T) {
	document := &taxv1.TaxDocument{
		DocumentId: "d", Jurisdiction: "IT", CurrencyCode: "EUR", Rounding: commonv1.RoundingMode_ROUNDING_MODE_HALF_UP,
		Lines: []*taxv1.TaxLine{{Position: 1, TaxClass: ClassStandard, NetAmountMinor: 535_066, ExactNetAmount: "535065.6"}},
	}
	if got := amounts(t, document); !slices.Equal(got, []int64{117_715}) {
		t.Errorf("line by line %v, want 1177.15", got)
	}
	document.TaxMode = commonv1.TaxMode_TAX_MODE_PER_DOCUMENT
	if got := amounts(t, document); !slices.Equal(got, []int64{117_714}) {
		t.Errorf("over the document %v, want 1177.14", got)
	}
}
