// Package id makes and reads the ids of Waybill's own objects: UUIDs with a readable prefix on the wire,
// "ord_0198c3a1-…", and plain UUIDs in tables. Items, nodes, accounts, partners and price lists have no such id: they are
// named by their business codes.
package id

import (
	"strings"

	"github.com/google/uuid"

	"github.com/waybill-dev/waybill/internal/fault"
)

// The prefixes on the wire.
const (
	Order       = "ord"
	Reservation = "res"
	Claim       = "clm"
	Fulfillment = "ful"
	Shipment    = "shp"
	Invoice     = "inv"
	Movement    = "mov"
	Transfer    = "trf"
	Count       = "cnt"
	Journal     = "jrn"
	Process     = "prc"
	Event       = "evt"
	CreditMemo  = "crm"
	Receipt     = "rcp"
	Return      = "ret"
	Payment     = "pay"
	Intent      = "pin"
	StockHold   = "hld"
	Wave        = "wav"
	Exception   = "exc"
	Books       = "rec"
	Break       = "brk"
	SetAside    = "mse"

	FulfillmentException = "fex"
)

// New makes an id whose order is roughly the order of creation (UUIDv7); within one process it is exactly so.
// It panics when the machine has no randomness left to give, because nothing can be done safely then.
func New() uuid.UUID {
	return uuid.Must(uuid.NewV7())
}

// Derive makes the same id from the same namespace and key each time (UUIDv5), for objects that must come out the same
// when the work that makes them is repeated.
func Derive(namespace uuid.UUID, key string) uuid.UUID {
	return uuid.NewSHA1(namespace, []byte(key))
}

// Format writes an id as it stands on the wire: prefix, underscore, UUID in lower case.
func Format(prefix string, id uuid.UUID) string {
	text := make([]byte, len(prefix)+1+36)
	copy(text, prefix)
	text[len(prefix)] = '_'
	hex(text[len(prefix)+1:], id)
	return string(text)
}

func hex(into []byte, id uuid.UUID) {
	const digits = "0123456789abcdef"
	at := 0
	for i, b := range id {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			into[at] = '-'
			at++
		}
		into[at], into[at+1] = digits[b>>4], digits[b&15]
		at += 2
	}
}

// Parse reads an id of the given prefix. Only the form that Format writes is taken, so that an id has one spelling;
// everything else is the fault ID_INVALID of kind Invalid, to which the caller adds the field's path.
func Parse(prefix, text string) (uuid.UUID, error) {
	rest, ok := strings.CutPrefix(text, prefix)
	if ok && len(rest) == 37 && rest[0] == '_' && !strings.ContainsAny(rest, "ABCDEF") {
		parsed, err := uuid.Parse(rest[1:])
		if err == nil && parsed != uuid.Nil {
			return parsed, nil
		}
	}
	return uuid.Nil, fault.New(fault.Invalid, "ID_INVALID", "an id of the form %s_<uuid> is expected", prefix)
}
