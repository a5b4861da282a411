// Package gateway is the partners' door: REST, generated from the contract, in front of the services' gRPC.
//
// It decides nothing about orders. It adds what HTTP needs: problem+json (RFC 9457) for every error, with the field
// paths spelled as in the JSON; the header Idempotency-Key for the request_id of the body; refusal of unknown fields and
// query parameters; a bound on the body; the OpenAPI document with a page to try it. The identity of the caller, once
// partners have keys, is attached here and nowhere else.
//
// Owns no tables yet. Listens to nothing, tells nothing.
package gateway
