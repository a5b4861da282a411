// Package money computes with amounts exactly: documents hold (currency, int64 minor units), unit prices are decimals of
// at most six places, rates are decimal fractions of at most six places. Every result is rounded once, by the mode that
// stands on the document, and a result that does not fit 64 bits is an error, never a wrap. There are no floats.
//
// The package knows only the standard library and internal/decimal, so that the domain packages may import it.
package money
