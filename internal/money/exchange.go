package money

import (
	"math/big"

	"github.com/waybill-dev/waybill/internal/decimal"
)

// exchangePlaces is the number of places of exchange rates.
const exchangePlaces = 10

// ExchangeRate is what one unit of a currency is in another, an exact decimal of at most ten places.
type ExchangeRate int64

// SameCurrency is the rate of a currency in itself.
const SameCurrency ExchangeRate = 10_000_000_000

// ParseExchangeRate reads a rate such as "1.1735". It is positive. Errors: ErrSyntax, ErrPlaces, ErrOverflow, ErrRatio.
func ParseExchangeRate(text string) (ExchangeRate, error) {
	units, err := parse(text, exchangePlaces)
	if err != nil {
		return 0, err
	}
	if units <= 0 {
		return 0, ErrRatio
	}
	return ExchangeRate(units), nil
}

// String writes the rate without trailing zeros.
func (r ExchangeRate) String() string { return decimal.Format(int64(r), exchangePlaces) }

// Convert is an amount of one currency in another, rounded once. Both may have any number of places.
func (r ExchangeRate) Convert(amount Minor, from, to string, mode Rounding) (Minor, error) {
	if from == to && r == SameCurrency {
		return amount, nil
	}
	fromPlaces, err := Places(from)
	if err != nil {
		return 0, err
	}
	toPlaces, err := Places(to)
	if err != nil {
		return 0, err
	}
	product := new(big.Int).Mul(big.NewInt(amount), big.NewInt(int64(r)))
	return divide(product, pow10(exchangePlaces+fromPlaces-toPlaces), mode)
}
