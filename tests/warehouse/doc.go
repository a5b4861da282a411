// Package warehouse holds the tests of the fulfilment service with the sandbox warehouse: two services that meet only over
// gRPC, as they do in production.
package warehouse
