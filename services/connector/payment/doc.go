// Package payment is a sandbox behind the contract of a payment provider: it moves no money. It stands where a distributor
// connects its acquirer or payment service. The token decides what becomes of an authorisation:
//
//	tok_ok               authorised
//	tok_decline          declined
//	tok_capture_decline  authorised; every capture is declined
//	tok_timeout          authorised, and the answer to the first call is lost: UNKNOWN. Query and a repeat tell
//
// Any other token is declined with TOKEN_UNKNOWN, any other provider than "sandbox" with PROVIDER_UNKNOWN.
//
// Owns operation. Listens to nothing, tells nothing.
package payment
