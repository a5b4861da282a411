package tax

import (
	"context"
	"errors"
	"fmt"
	"math/big"

	commonv1 "github.com/waybill-dev/waybill/gen/waybill/common/v1"
	taxv1 "github.com/waybill-dev/waybill/gen/waybill/connector/tax/v1"
	"github.com/waybill-dev/waybill/internal/money"
)

// CalculateTax implements the RPC of the same name. Each document is answered or refused alone.
func (s *Service) CalculateTax(_ context.Context, req *taxv1.CalculateTaxRequest) (*taxv1.CalculateTaxResponse, error) {
	reply := &taxv1.CalculateTaxResponse{}
	for _, document := range req.GetDocuments() {
		reply.Outcomes = append(reply.Outcomes, s.calculate(document))
	}
	return reply, nil
}

// calculate finds what is levied on each line, then computes the amounts: line by line, or rounded once over the document.
func (s *Service) calculate(document *taxv1.TaxDocument) *taxv1.TaxOutcome {
	mode, err := rounding(document.GetRounding())
	if err != nil {
		return refuse("ROUNDING_INVALID", "rounding", err.Error())
	}
	levied := make([][]rate, 0, len(document.GetLines()))
	for i, line := range document.GetLines() {
		levies, refusal := s.levies(document, i, line)
		if refusal != nil {
			return refusal
		}
		levied = append(levied, levies)
	}
	if document.GetTaxMode() == commonv1.TaxMode_TAX_MODE_PER_DOCUMENT {
		return perDocument(document, levied, mode)
	}
	return perLine(document, levied, mode)
}

// levies are the taxes on a line, where it is due.
func (s *Service) levies(document *taxv1.TaxDocument, i int, line *taxv1.TaxLine) ([]rate, *taxv1.TaxOutcome) {
	place, path := document.GetJurisdiction(), "jurisdiction"
	if line.GetJurisdiction() != "" {
		place, path = line.GetJurisdiction(), fmt.Sprintf("lines[%d].jurisdiction", i)
	}
	rates, known := s.rates[place]
	if !known {
		return nil, refuse("UNKNOWN_JURISDICTION", path, fmt.Sprintf("the table has no jurisdiction %q", place))
	}
	levies, known := rates[line.GetTaxClass()]
	if !known {
		return nil, refuse("UNKNOWN_TAX_CLASS", fmt.Sprintf("lines[%d].tax_class", i),
			fmt.Sprintf("jurisdiction %q has no class %q", place, line.GetTaxClass()))
	}
	return levies, nil
}

func perLine(document *taxv1.TaxDocument, levied [][]rate, mode money.Rounding) *taxv1.TaxOutcome {
	outcome := &taxv1.TaxOutcome{}
	for i, line := range document.GetLines() {
		taxed := &taxv1.TaxedLine{Position: line.GetPosition()}
		for _, levy := range levied[i] {
			amount, err := money.Tax(line.GetNetAmountMinor(), levy.fraction, mode)
			if err != nil {
				return tooLarge(i, err)
			}
			taxed.Taxes = append(taxed.Taxes, levy.amount(amount))
		}
		outcome.Lines = append(outcome.Lines, taxed)
	}
	return outcome
}

// perDocument taxes the amounts as they were before they were rounded. Each levy is rounded once over all lines that it is
// on, and spread over them, so that the lines add up.
func perDocument(document *taxv1.TaxDocument, levied [][]rate, mode money.Rounding) *taxv1.TaxOutcome {
	type place struct{ line, levy int }
	var levies []rate
	places := map[rate][]place{}
	exact := map[rate][]*big.Rat{}
	outcome := &taxv1.TaxOutcome{}
	for i, line := range document.GetLines() {
		net, err := exactNet(line)
		if err != nil {
			return refuse("AMOUNT_INVALID", fmt.Sprintf("lines[%d].exact_net_amount", i), err.Error())
		}
		taxed := &taxv1.TaxedLine{Position: line.GetPosition(), Taxes: make([]*commonv1.TaxAmount, len(levied[i]))}
		for at, levy := range levied[i] {
			if places[levy] == nil {
				levies = append(levies, levy)
			}
			places[levy] = append(places[levy], place{i, at})
			exact[levy] = append(exact[levy], money.TaxExact(net, levy.fraction))
		}
		outcome.Lines = append(outcome.Lines, taxed)
	}
	for _, levy := range levies {
		parts, err := spread(exact[levy], mode)
		if err != nil {
			return tooLarge(places[levy][0].line, err)
		}
		for i, at := range places[levy] {
			outcome.Lines[at.line].Taxes[at.levy] = levy.amount(parts[i])
		}
	}
	return outcome
}

func exactNet(line *taxv1.TaxLine) (*big.Rat, error) {
	if line.GetExactNetAmount() == "" {
		return new(big.Rat).SetInt64(line.GetNetAmountMinor()), nil
	}
	exact, ok := new(big.Rat).SetString(line.GetExactNetAmount())
	if !ok {
		return nil, fmt.Errorf("%q is no decimal number", line.GetExactNetAmount())
	}
	return exact, nil
}

func spread(exact []*big.Rat, mode money.Rounding) ([]money.Minor, error) {
	sum := new(big.Rat)
	for _, amount := range exact {
		sum.Add(sum, amount)
	}
	total, err := money.RoundExact(sum, mode)
	if err != nil {
		return nil, err
	}
	return money.Spread(total, exact)
}

func (r rate) amount(minor money.Minor) *commonv1.TaxAmount {
	return &commonv1.TaxAmount{Jurisdiction: r.Jurisdiction, Name: r.Name, Rate: r.fraction.String(), AmountMinor: minor}
}

func tooLarge(line int, err error) *taxv1.TaxOutcome {
	return refuse("AMOUNT_TOO_LARGE", fmt.Sprintf("lines[%d].net_amount_minor", line), err.Error())
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
