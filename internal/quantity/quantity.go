// Package quantity converts what people and partners write ("1.5" of "CS") into base quantities and back: signed
// integers of the item's base unit × 10^scale, which is how quantities stand in tables and on internal wires.
// Conversion is exact, by rational numbers; what does not come out whole is refused, never rounded.
package quantity

import (
	"errors"
	"math/big"

	"github.com/waybill-dev/waybill/internal/decimal"
	"github.com/waybill-dev/waybill/internal/fault"
)

// MaxScale is the largest number of decimal places that an item's base unit may have, and the largest number that a
// written quantity may have.
const MaxScale = 6

// The reasons of the faults, all of kind Invalid. The caller adds the field's path.
const (
	ReasonInvalid      = "QUANTITY_INVALID"      // not a plain decimal number of at most six places
	ReasonTooLarge     = "QUANTITY_TOO_LARGE"    // does not fit 64 bits at the item's scale
	ReasonNotPositive  = "QUANTITY_NOT_POSITIVE" // zero or less where something is ordered
	ReasonNotDivisible = "UOM_NOT_DIVISIBLE"     // not whole at the item's scale
	ReasonRatioInvalid = "UOM_INVALID"           // a conversion that is not positive
)

// Ratio is how many base units one unit is: Num/Den, both positive.
type Ratio struct{ Num, Den int64 }

// One is the ratio of the base unit itself.
var One = Ratio{1, 1}

// Parse reads a quantity that is written in the base unit. It may be zero or negative, as in an adjustment.
// Faults: QUANTITY_INVALID, QUANTITY_TOO_LARGE, and UOM_NOT_DIVISIBLE when the item's scale has fewer places.
func Parse(value string, scale int) (int64, error) {
	if scale < 0 || scale > MaxScale {
		return 0, fault.New(fault.Invalid, ReasonInvalid, "a scale of %d is not between 0 and %d", scale, MaxScale)
	}
	base, err := decimal.Parse(value, scale)
	if errors.Is(err, decimal.ErrPlaces) {
		if _, err := decimal.Parse(value, MaxScale); errors.Is(err, decimal.ErrPlaces) {
			return 0, invalid()
		}
		return 0, notDivisible(scale)
	}
	return base, asFault(err)
}

// ToBase reads an ordered quantity in a unit of which one is ratio base units. It must be positive.
// Faults: as Parse, and QUANTITY_NOT_POSITIVE; UOM_NOT_DIVISIBLE also when the conversion does not come out whole.
func ToBase(value string, ratio Ratio, scale int) (int64, error) {
	if ratio == One {
		base, err := Parse(value, scale)
		return positive(base, err)
	}
	if ratio.Num <= 0 || ratio.Den <= 0 {
		return 0, fault.New(fault.Invalid, ReasonRatioInvalid, "the unit's conversion must be positive")
	}
	if scale < 0 || scale > MaxScale {
		return 0, fault.New(fault.Invalid, ReasonInvalid, "a scale of %d is not between 0 and %d", scale, MaxScale)
	}
	micros, err := positive(decimal.Parse(value, MaxScale))
	if errors.Is(err, decimal.ErrPlaces) {
		return 0, invalid()
	}
	if err != nil {
		return 0, asFault(err)
	}
	// base = micros × num × 10^scale ÷ (den × 10^6): up to 146 bits, so big integers.
	var numerator, denominator, rest big.Int
	numerator.Mul(big.NewInt(micros), big.NewInt(ratio.Num))
	numerator.Mul(&numerator, big.NewInt(decimal.Pow10[scale]))
	denominator.Mul(big.NewInt(ratio.Den), big.NewInt(decimal.Pow10[MaxScale]))
	numerator.QuoRem(&numerator, &denominator, &rest)
	if rest.Sign() != 0 {
		return 0, notDivisible(scale)
	}
	if !numerator.IsInt64() {
		return 0, asFault(decimal.ErrRange)
	}
	return numerator.Int64(), nil
}

// Format writes a base quantity in base units without trailing zeros. Parse reads it back.
func Format(base int64, scale int) string {
	return decimal.Format(base, scale)
}

func positive(base int64, err error) (int64, error) {
	if err == nil && base <= 0 {
		return 0, fault.New(fault.Invalid, ReasonNotPositive, "the quantity must be greater than zero")
	}
	return base, err
}

func asFault(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, decimal.ErrRange):
		return fault.New(fault.Invalid, ReasonTooLarge, "the quantity is too large")
	case errors.Is(err, decimal.ErrSyntax):
		return invalid()
	default:
		return err
	}
}

func invalid() error {
	return fault.New(fault.Invalid, ReasonInvalid,
		"a quantity is a plain decimal number with at most %d places, such as 12 or 0.5", MaxScale)
}

func notDivisible(scale int) error {
	if scale == 0 {
		return fault.New(fault.Invalid, ReasonNotDivisible, "the quantity is not a whole number of base units")
	}
	return fault.New(fault.Invalid, ReasonNotDivisible,
		"the quantity in base units has more than the %d decimal places that the item allows", scale)
}
