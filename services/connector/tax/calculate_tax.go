package tax

import (
	"context"
	"errors"
	"fmt"

	commonv1 "github.com/waybill-dev/waybill/gen/waybill/common/v1"
	taxv1 "github.com/waybill-dev/waybill/gen/waybill/connector/tax/v1"
	"github.com/waybill-dev/waybill/internal/money"
)

// CalculateTax implements the RPC of the same name. Each document is answered or refused alone; each tax is rounded line by
// line.
func (s *Service) CalculateTax(_ context.Context, req *taxv1.CalculateTaxRequest) (*taxv1.CalculateTaxResponse, error) {
	reply := &taxv1.CalculateTaxResponse{}
	for _, document := range req.GetDocuments() {
		reply.Outcomes = append(reply.Outcomes, s.calculate(document))
	}
	return reply, nil
}

func (s *Service) calculate(document *taxv1.TaxDocument) *taxv1.TaxOutcome {
	rates, known := s.rates[document.GetJurisdiction()]
	if !known {
		return refuse("UNKNOWN_JURISDICTION", "jurisdiction", fmt.Sprintf("the table has no jurisdiction %q", document.GetJurisdiction()))
	}
	mode, err := rounding(document.GetRounding())
	if err != nil {
		return refuse("ROUNDING_INVALID", "rounding", err.Error())
	}
	outcome := &taxv1.TaxOutcome{}
	for i, line := range document.GetLines() {
		levies, known := rates[line.GetTaxClass()]
		if !known {
			return refuse("UNKNOWN_TAX_CLASS", fmt.Sprintf("lines[%d].tax_class", i),
				fmt.Sprintf("jurisdiction %q has no class %q", document.GetJurisdiction(), line.GetTaxClass()))
		}
		taxed := &taxv1.TaxedLine{Position: line.GetPosition()}
		for _, levy := range levies {
			amount, err := money.Tax(line.GetNetAmountMinor(), levy.fraction, mode)
			if err != nil {
				return refuse("AMOUNT_TOO_LARGE", fmt.Sprintf("lines[%d].net_amount_minor", i), err.Error())
			}
			taxed.Taxes = append(taxed.Taxes, &commonv1.TaxAmount{
				Jurisdiction: levy.Jurisdiction, Name: levy.Name, Rate: levy.fraction.String(), AmountMinor: amount,
			})
		}
		outcome.Lines = append(outcome.Lines, taxed)
	}
	return outcome
}

func rounding(mode commonv1.RoundingMode) (money.Rounding, error) {
	switch mode {
	case commonv1.RoundingMode_ROUNDING_MODE_HALF_UP:
		return money.HalfUp, nil
	case commonv1.RoundingMode_ROUNDING_MODE_HALF_EVEN:
		return money.HalfEven, nil
	case commonv1.RoundingMode_ROUNDING_MODE_UNSPECIFIED:
	}
	return "", errors.New("a document says how it is rounded")
}

func refuse(reason, path, message string) *taxv1.TaxOutcome {
	return &taxv1.TaxOutcome{Refusal: &commonv1.Refusal{
		Reason: reason, Message: message, Fields: []*commonv1.FieldRefusal{{Path: path, Reason: reason, Message: message}},
	}}
}
