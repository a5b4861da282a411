// Package gs1 knows the numbers of the GS1 system by their form: digits that end with a check digit, as GTIN, SSCC and GLN
// do. It knows only the standard library, so that the domain packages may import it.
package gs1

import "strings"

// gtinLength is the number of digits in which GTINs are compared.
const gtinLength = 14

// CheckDigit is the digit that belongs after the given ones: weights 3, 1, 3, … from the right, and what is missing to a
// multiple of ten. It reports false when there are no digits, or anything else among them.
func CheckDigit(digits string) (byte, bool) {
	sum, weight := 0, 3
	for i := len(digits) - 1; i >= 0; i-- {
		if digits[i] < '0' || digits[i] > '9' {
			return 0, false
		}
		sum += int(digits[i]-'0') * weight
		weight = 4 - weight
	}
	return byte('0' + (10-sum%10)%10), len(digits) > 0
}

// Checked reports whether code is made of digits of which the last one is right.
func Checked(code string) bool {
	if len(code) < 2 {
		return false
	}
	last := len(code) - 1
	want, ok := CheckDigit(code[:last])
	return ok && code[last] == want
}

// GTIN14 is a GTIN of 8, 12, 13 or 14 digits in the form in which all of them are compared: with zeros before it, 14 digits.
// It reports false for what is no GTIN.
func GTIN14(code string) (string, bool) {
	switch len(code) {
	case 8, 12, 13, gtinLength:
		return strings.Repeat("0", gtinLength-len(code)) + code, Checked(code)
	default:
		return "", false
	}
}
