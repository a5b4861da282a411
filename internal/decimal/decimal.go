// Package decimal reads and writes plain decimal numbers as integers of a fixed number of places: "1.5" at three places
// is 1500. It knows only the standard library and never uses floats.
package decimal

import (
	"errors"
	"math"
	"strings"
)

// MaxPlaces is the largest number of places that the package takes.
const MaxPlaces = 18

// What Parse refuses.
var (
	// ErrSyntax is text that is no plain decimal number: "1,000", "1e3", " 1", "+1", ".5", "5.".
	ErrSyntax = errors.New("decimal: not a plain decimal number")
	// ErrPlaces is a number that needs more places than there are. Trailing zeros need none: "1.50" fits one place.
	ErrPlaces = errors.New("decimal: too many decimal places")
	// ErrRange is a number that does not fit 64 bits at the places asked for.
	ErrRange = errors.New("decimal: out of range")
)

// Pow10 holds 10^0 to 10^18, all the powers of ten that fit 64 bits with a sign.
var Pow10 = [MaxPlaces + 1]int64{
	1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18,
}

// Parse reads text as an integer count of 10^-places. Nothing is rounded: what does not fit exactly is an error.
// Places outside 0 to MaxPlaces panic, because they come from code or from checked data, never from a caller.
func Parse(text string, places int) (int64, error) {
	limit := Pow10[places] // panics on a wrong number of places
	digits, negative := strings.CutPrefix(text, "-")
	whole, fraction, pointed := strings.Cut(digits, ".")
	if !allDigits(whole) || (pointed && !allDigits(fraction)) {
		return 0, ErrSyntax
	}
	fraction = strings.TrimRight(fraction, "0")
	if len(fraction) > places {
		return 0, ErrPlaces
	}
	units, ok := accumulate(whole)
	if !ok || units > math.MaxInt64/uint64(limit) {
		return 0, ErrRange
	}
	units *= uint64(limit)
	part, _ := accumulate(fraction) // at most 18 digits
	units += part * uint64(Pow10[places-len(fraction)])
	if units > math.MaxInt64 {
		return 0, ErrRange
	}
	if negative {
		return -int64(units), nil
	}
	return int64(units), nil
}

func allDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

func accumulate(digits string) (value uint64, ok bool) {
	for i := range len(digits) {
		digit := uint64(digits[i] - '0')
		if value > (math.MaxInt64-digit)/10 {
			return 0, false
		}
		value = value*10 + digit
	}
	return value, true
}

// Format writes units of 10^-places without trailing zeros: Format(1500, 3) is "1.5". Parse gives the units back.
func Format(units int64, places int) string {
	text := Fixed(units, places)
	if places == 0 {
		return text
	}
	return strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
}

// Fixed writes units of 10^-places with all places: Fixed(1500, 3) is "1.500".
func Fixed(units int64, places int) string {
	_ = Pow10[places] // panics on a wrong number of places
	magnitude := uint64(units)
	if units < 0 {
		magnitude = -magnitude
	}
	// 20 digits of a uint64, a sign and a point; small numbers are padded with zeros up to the point.
	var buffer [24]byte
	at := len(buffer)
	for written := 0; magnitude > 0 || written <= places; written++ {
		if places > 0 && written == places {
			at--
			buffer[at] = '.'
		}
		at--
		buffer[at] = '0' + byte(magnitude%10)
		magnitude /= 10
	}
	if units < 0 {
		at--
		buffer[at] = '-'
	}
	return string(buffer[at:])
}
