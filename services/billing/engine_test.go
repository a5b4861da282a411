package billing

import (
	"context"
	"fmt"
	"math/big"
	"sync"

	commonv1 "github.com/waybill-dev/waybill/gen/waybill/common/v1"
	taxv1 "github.com/waybill-dev/waybill/gen/waybill/connector/tax/v1"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/money"
)

// fakeEngine levies 20 % in GB, 22 % in IT and two taxes in US-XX, nothing without a jurisdiction, and refuses others;
// SILENT without a reason. What it says of NUL no database stores.
type fakeEngine struct {
	taxv1.UnimplementedTaxServiceServer
	mu    sync.Mutex
	down  bool
	calls int
	// before, when set, runs before an answer.
	before func()
}

func (e *fakeEngine) setDown(down bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.down = down
}

func (e *fakeEngine) called() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.calls
}

func (e *fakeEngine) CalculateTax(_ context.Context, req *taxv1.CalculateTaxRequest) (*taxv1.CalculateTaxResponse, error) {
	e.mu.Lock()
	e.calls++
	down, before := e.down, e.before
	e.mu.Unlock()
	if before != nil {
		before()
	}
	if down {
		return nil, fault.New(fault.Unavailable, "ENGINE_DOWN", "the engine is down")
	}
	reply := &taxv1.CalculateTaxResponse{}
	for _, document := range req.GetDocuments() {
		outcome, err := calculate(document)
		if err != nil {
			return nil, err
		}
		reply.Outcomes = append(reply.Outcomes, outcome)
	}
	return reply, nil
}

func calculate(document *taxv1.TaxDocument) (*taxv1.TaxOutcome, error) {
	outcome := &taxv1.TaxOutcome{}
	rates := map[string][]string{"GB": {"0.2"}, "IT": {"0.22"}, "US-XX": {"0.06", "0.0125"}, "NUL": {"0"}, "": {}}[document.GetJurisdiction()]
	if rates == nil {
		if outcome.Refusal = (&commonv1.Refusal{}); document.GetJurisdiction() != "SILENT" {
			outcome.Refusal = &commonv1.Refusal{Reason: "UNKNOWN_JURISDICTION", Message: "no such place"}
		}
		return outcome, nil
	}
	for _, line := range document.GetLines() {
		outcome.Lines = append(outcome.Lines, &taxv1.TaxedLine{Position: line.GetPosition()})
	}
	for i, text := range rates {
		rate, _ := money.ParseRate(text)
		amounts, err := taxes(document, rate)
		if err != nil {
			return nil, err
		}
		name := "tax"
		if document.GetJurisdiction() == "NUL" {
			name = "\x00"
		}
		for at, line := range outcome.GetLines() {
			line.Taxes = append(line.Taxes, &commonv1.TaxAmount{
				Jurisdiction: fmt.Sprintf("%s-%d", document.GetJurisdiction(), i), Name: name, Rate: text, AmountMinor: amounts[at],
			})
		}
	}
	return outcome, nil
}

// taxes computes one levy on all lines.
func taxes(document *taxv1.TaxDocument, rate money.Rate) ([]money.Minor, error) {
	mode := roundingFromProto(document.GetRounding())
	lines := make([]money.Minor, len(document.GetLines()))
	exact, sum := make([]*big.Rat, len(lines)), new(big.Rat)
	for i, line := range document.GetLines() {
		var err error
		if lines[i], err = money.Tax(line.GetNetAmountMinor(), rate, mode); err != nil {
			return nil, err
		}
		net, ok := new(big.Rat).SetString(line.GetExactNetAmount())
		if !ok {
			net = new(big.Rat).SetInt64(line.GetNetAmountMinor())
		}
		exact[i] = money.TaxExact(net, rate)
		sum.Add(sum, exact[i])
	}
	if document.GetTaxMode() != commonv1.TaxMode_TAX_MODE_PER_DOCUMENT {
		return lines, nil
	}
	total, err := money.RoundExact(sum, mode)
	if err != nil {
		return nil, err
	}
	return money.Spread(total, exact)
}
