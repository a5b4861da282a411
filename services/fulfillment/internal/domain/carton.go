package domain

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"slices"
)

// checkCartons reports whether the cartons hold what left, each with a code that is sound and was never used, or the
// outcome that says what is wrong. A shipment without cartons is sound.
func (c Ship) checkCartons(b *Book, left []CartonLine) (Outcome, bool) {
	if len(c.Cartons) == 0 {
		return Outcome{}, true
	}
	var packed []CartonLine
	seen := make(map[string]bool, len(c.Cartons))
	for _, carton := range c.Cartons {
		packed = append(packed, carton.Lines...)
		if slices.ContainsFunc(carton.Lines, func(part CartonLine) bool { return part.Quantity <= 0 }) {
			return refused(ReasonCartonsDiffer, "a carton holds a quantity that is not positive"), false
		}
		if carton.SSCC == "" {
			continue
		}
		if !ValidSSCC(carton.SSCC) {
			return refused(ReasonSSCCInvalid, "%q is no SSCC: 18 digits with a check digit", carton.SSCC), false
		}
		if _, used := b.Cartons[carton.SSCC]; used || seen[carton.SSCC] {
			return refused(ReasonSSCCReused, "carton %s is part of a shipment already", carton.SSCC), false
		}
		seen[carton.SSCC] = true
	}
	if !slices.Equal(sum(packed), left) {
		return refused(ReasonCartonsDiffer, "what is in the cartons does not add up to the lines of the shipment"), false
	}
	return Outcome{}, true
}

// hash stands for what is reported, whatever its order; the time aside, because some warehouses say the time of the
// report.
func (c Ship) hash() []byte {
	digest := sha256.New()
	fmt.Fprintf(digest, "1 %s %q %q %q %t\n", c.Fulfillment, c.Number, c.Carrier, c.Tracking, c.Final)
	for _, part := range sum(c.Lines) {
		fmt.Fprintf(digest, "%d %d\n", part.Line, part.Quantity)
	}
	texts := make([]string, 0, len(c.Cartons))
	for _, carton := range c.Cartons {
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
	if len(text) != ssccDigits {
		return false
	}
	total := 0
	for i := range text {
		digit := int(text[i] - '0')
		if text[i] < '0' || text[i] > '9' {
			return false
		}
		if i%2 == 0 && i != ssccDigits-1 {
			digit *= 3
		}
		total += digit
	}
	return total%10 == 0
}

// SSCCs are the codes of the cartons that are named.
func (c Ship) SSCCs() []string {
	var codes []string
	for _, carton := range c.Cartons {
		if carton.SSCC != "" {
			codes = append(codes, carton.SSCC)
		}
	}
	return codes
}
