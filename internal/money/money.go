package money

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"math/bits"

	"github.com/waybill-dev/waybill/internal/decimal"
)

// What the package refuses.
var (
	// ErrSyntax is text that is no plain decimal number.
	ErrSyntax = errors.New("money: not a plain decimal number")
	// ErrPlaces is a number with more decimal places than it may have.
	ErrPlaces = errors.New("money: too many decimal places")
	// ErrOverflow is a result that does not fit 64 bits.
	ErrOverflow = errors.New("money: the amount is too large")
	// ErrCurrency is a code that is no ISO 4217 currency in use, or one without a minor unit.
	ErrCurrency = errors.New("money: unknown currency")
	// ErrRounding is a rounding mode that does not exist.
	ErrRounding = errors.New("money: unknown rounding mode")
	// ErrScale is a quantity scale outside 0 to 6.
	ErrScale = errors.New("money: wrong quantity scale")
	// ErrRatio is a unit conversion that is not positive.
	ErrRatio = errors.New("money: wrong unit ratio")
)

// Rounding says what happens to half a minor unit. It is stored on each document as it stands here.
type Rounding string

const (
	// HalfUp rounds half a unit away from zero: 0.5 → 1, −0.5 → −1. The default of a legal entity.
	HalfUp Rounding = "HALF_UP"
	// HalfEven rounds half a unit to the even neighbour: 0.5 → 0, 1.5 → 2.
	HalfEven Rounding = "HALF_EVEN"
)

// microPlaces is the number of places of prices and rates.
const microPlaces = 6

// Price is a price per unit: an exact decimal of at most six places, held in millionths. Price(8_695_700) is 8.6957.
type Price int64

// ParsePrice reads a price such as "8.6957". Errors: ErrSyntax, ErrPlaces, ErrOverflow.
func ParsePrice(text string) (Price, error) {
	micros, err := parse(text, microPlaces)
	return Price(micros), err
}

// String writes the price without trailing zeros.
func (p Price) String() string { return decimal.Format(int64(p), microPlaces) }

// Rate is a decimal fraction of at most six places, held in millionths: Rate(200_000) is 0.2, twenty percent.
type Rate int64

// ParseRate reads a rate such as "0.2" for 20 %. Errors: ErrSyntax, ErrPlaces, ErrOverflow.
func ParseRate(text string) (Rate, error) {
	micros, err := parse(text, microPlaces)
	return Rate(micros), err
}

// String writes the rate as a decimal fraction without trailing zeros.
func (r Rate) String() string { return decimal.Format(int64(r), microPlaces) }

func parse(text string, places int) (int64, error) {
	units, err := decimal.Parse(text, places)
	switch {
	case errors.Is(err, decimal.ErrPlaces):
		return 0, ErrPlaces
	case errors.Is(err, decimal.ErrRange):
		return 0, ErrOverflow
	case err != nil:
		return 0, ErrSyntax
	}
	return units, nil
}

// Extend is round(price × quantity) in the currency's minor units. The price is per base unit, the quantity is in base
// units × 10^scale.
//
// A line that is delivered in parts is extended cumulatively, Extend(all so far) − Extend(all before), so that the last
// part takes the residual and the parts add up to the line.
func Extend(price Price, baseQty int64, scale int, currency string, mode Rounding) (Minor, error) {
	places, err := Places(currency)
	if err != nil {
		return 0, err
	}
	if scale < 0 || scale > microPlaces {
		return 0, fmt.Errorf("%w: %d", ErrScale, scale)
	}
	return mulDiv(int64(price), baseQty, decimal.Pow10[microPlaces+scale-places], mode)
}

// ExtendPer is Extend for a price per another unit, of which one is num/den base units:
// round(price × quantity × den ÷ num), exact until that one rounding. Num and den are positive, else ErrRatio.
func ExtendPer(price Price, num, den, baseQty int64, scale int, currency string, mode Rounding) (Minor, error) {
	if num == den && num > 0 {
		return Extend(price, baseQty, scale, currency, mode)
	}
	if num <= 0 || den <= 0 {
		return 0, ErrRatio
	}
	places, err := Places(currency)
	if err != nil {
		return 0, err
	}
	if scale < 0 || scale > microPlaces {
		return 0, fmt.Errorf("%w: %d", ErrScale, scale)
	}
	product := new(big.Int).Mul(big.NewInt(int64(price)), big.NewInt(baseQty))
	product.Mul(product, big.NewInt(den))
	divisor := new(big.Int).Mul(pow10(microPlaces+scale-places), big.NewInt(num))
	return divide(product, divisor, mode)
}

// Tax is round(amount × rate).
func Tax(amount Minor, rate Rate, mode Rounding) (Minor, error) {
	return mulDiv(amount, int64(rate), decimal.Pow10[microPlaces], mode)
}

// Add is the sum of amounts, or ErrOverflow.
func Add(amounts ...Minor) (Minor, error) {
	var sum Minor
	for _, amount := range amounts {
		next := sum + amount
		if (next > sum) != (amount > 0) && amount != 0 {
			return 0, ErrOverflow
		}
		sum = next
	}
	return sum, nil
}

// mulDiv is round(a × b ÷ divisor) with a product of 128 bits. The divisor is positive.
func mulDiv(a, b, divisor int64, mode Rounding) (int64, error) {
	if mode != HalfUp && mode != HalfEven {
		return 0, fmt.Errorf("%w: %q", ErrRounding, mode)
	}
	high, low := bits.Mul64(magnitude(a), magnitude(b))
	if high >= uint64(divisor) {
		return 0, ErrOverflow
	}
	quotient, rest := bits.Div64(high, low, uint64(divisor))
	if quotient > math.MaxInt64 {
		return 0, ErrOverflow // before rounding up could wrap it to zero
	}
	// rest < divisor ≤ 10^12, so doubling it is safe.
	if twice := 2 * rest; twice > uint64(divisor) ||
		(twice == uint64(divisor) && (mode == HalfUp || quotient&1 == 1)) {
		quotient++
	}
	return signed(quotient, (a < 0) != (b < 0))
}

func magnitude(n int64) uint64 {
	if n < 0 {
		return -uint64(n)
	}
	return uint64(n)
}

func signed(magnitude uint64, negative bool) (int64, error) {
	if magnitude > math.MaxInt64 {
		return 0, ErrOverflow
	}
	if negative {
		return -int64(magnitude), nil
	}
	return int64(magnitude), nil
}
