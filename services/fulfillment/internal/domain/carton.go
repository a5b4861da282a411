package domain

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/google/uuid"
)

// Carton is a carton of a shipment.
type Carton struct {
	SSCC  string       `json:"sscc,omitempty"`
	Lines []CartonLine `json:"lines"`
}

// CartonLine is what of an order line is in a carton.
type CartonLine struct {
	Line     int32 `json:"line"`
	Quantity int64 `json:"quantity"`
}

// ReportLine is what a warehouse says of an order line in a shipment.
type ReportLine struct {
	Line int32
	// SKU is empty when the warehouse does not say it: then it is the order line's.
	SKU      string
	Quantity int64
	Lot      string
	Serials  []string
}

// cartonFlaws are what is wrong with the cartons: they do not hold what left, or a code is unsound or was used before. A
// shipment without cartons has none.
func cartonFlaws(b *Book, own uuid.UUID, cartons []Carton, lines []ReportLine) []Flaw {
	if len(cartons) == 0 {
		return nil
	}
	var flaws []Flaw
	var packed []CartonLine
	unsound := false
	seen := make(map[string]bool, len(cartons))
	for _, carton := range cartons {
		packed = append(packed, carton.Lines...)
		unsound = unsound || slices.ContainsFunc(carton.Lines, func(part CartonLine) bool { return part.Quantity <= 0 })
		if carton.SSCC == "" {
			continue
		}
		if !ValidSSCC(carton.SSCC) {
			flaws = append(flaws, flawed(ReasonSSCCInvalid, "%q is no SSCC: 18 digits with a check digit", carton.SSCC))
		}
		if by, used := b.Cartons[carton.SSCC]; used && by != own || seen[carton.SSCC] {
			flaws = append(flaws, flawed(ReasonSSCCReused, "the code %s stands on another carton already", carton.SSCC))
		}
		seen[carton.SSCC] = true
	}
	if unsound || !slices.Equal(sum(packed), totals(lines)) {
		flaws = append(flaws, flawed(ReasonCartonsDiffer, "what is in the cartons does not add up to the lines of the shipment"))
	}
	return flaws
}

func flawed(reason, format string, args ...any) Flaw {
	return Flaw{Reason: reason, Message: fmt.Sprintf(format, args...)}
}

// contentHash stands for what is reported, whatever its order; the time aside, because some warehouses say the time of the
// report, and the carrier, who may be named later.
func contentHash(fulfillment uuid.UUID, number string, final bool, lines []ReportLine, cartons []Carton) []byte {
	digest := sha256.New()
	fmt.Fprintf(digest, "2 %s %q %t\n", fulfillment, number, final)
	for _, part := range gather(lines) {
		fmt.Fprintf(digest, "%d %q %q %d %q\n", part.Line, strings.ToLower(part.SKU), part.Lot, part.Quantity, part.Serials)
	}
	texts := make([]string, 0, len(cartons))
	for _, carton := range cartons {
		texts = append(texts, fmt.Sprintf("%q %v\n", carton.SSCC, sum(carton.Lines)))
	}
	slices.SortFunc(texts, cmp.Compare)
	for _, text := range texts {
		digest.Write([]byte(text))
	}
	return digest.Sum(nil)
}

// ssccDigits is the length of a serial shipping container code.
const ssccDigits = 18

// ValidSSCC reports whether the text is 18 digits of which the last is the GS1 check digit of the others.
func ValidSSCC(text string) bool {
	return len(text) == ssccDigits && strings.Trim(text, "0123456789") == "" && checkDigit(text[:ssccDigits-1]) == text[ssccDigits-1]
}

// checkDigit is the GS1 check digit of the first 17 digits of a code.
func checkDigit(digits string) byte {
	total := 0
	for i := range digits {
		weight := 1
		if i%2 == 0 {
			weight = 3
		}
		total += weight * int(digits[i]-'0')
	}
	return byte('0' + (10-total%10)%10)
}

// gather adds up what a report says of each line, item and lot, in this order.
func gather(lines []ReportLine) []ReportLine {
	sorted := slices.SortedStableFunc(slices.Values(lines), func(a, b ReportLine) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(strings.ToLower(a.SKU), strings.ToLower(b.SKU)), cmp.Compare(a.Lot, b.Lot))
	})
	var gathered []ReportLine
	for _, part := range sorted {
		last := len(gathered) - 1
		if last >= 0 && gathered[last].Line == part.Line && strings.EqualFold(gathered[last].SKU, part.SKU) && gathered[last].Lot == part.Lot {
			into := &gathered[last]
			into.Quantity += min(part.Quantity, math.MaxInt64-into.Quantity)
			into.Serials = append(slices.Clip(into.Serials), part.Serials...)
			slices.Sort(into.Serials)
			continue
		}
		part.Serials = slices.Clone(part.Serials)
		slices.Sort(part.Serials)
		gathered = append(gathered, part)
	}
	return gathered
}

// totals are what a report says of each order line.
func totals(lines []ReportLine) []CartonLine {
	parts := make([]CartonLine, 0, len(lines))
	for _, line := range lines {
		parts = append(parts, CartonLine{Line: line.Line, Quantity: line.Quantity})
	}
	return sum(parts)
}

// sum adds up what a report says of each line, in the order of the lines. A sum that does not fit ends at the largest
// number there is.
func sum(parts []CartonLine) []CartonLine {
	sorted := slices.SortedStableFunc(slices.Values(parts), func(a, b CartonLine) int { return cmp.Compare(a.Line, b.Line) })
	var summed []CartonLine
	for _, part := range sorted {
		if last := len(summed) - 1; last >= 0 && summed[last].Line == part.Line {
			summed[last].Quantity += min(part.Quantity, math.MaxInt64-summed[last].Quantity)
			continue
		}
		summed = append(summed, part)
	}
	return summed
}

// codesOf are the codes of the cartons that are named.
func codesOf(cartons []Carton) []string {
	var codes []string
	for _, carton := range cartons {
		if carton.SSCC != "" {
			codes = append(codes, carton.SSCC)
		}
	}
	return codes
}
