package reconcile

import (
	"strconv"
	"strings"
)

// closed ends the id of the document that closes an order.
const closed = "/closed"

// Closure is the subject of the document that closes an order.
func Closure(order string) string { return order + closed }

// Subject is what a document for the ERP is about, by its id; false: it is not compared. An order stands for its first version, its
// closure for itself. What was told between them is not compared: newer versions, because what an order comes to before it is
// amended is not kept, and reductions, because the closure says what came of them.
func Subject(document string) (subject string, compared bool) {
	order, part, divided := strings.Cut(document, "/")
	switch {
	case !divided:
		return document, true
	case part == "0":
		return order, true
	default:
		return document, document == Closure(order)
	}
}

// Posted is what a posting in the ERP says, by our id of the document, its total in minor units, and what of a closure will not be
// shipped; false: nothing that is compared. Of orders it is compared that they are there.
func Posted(document string, totalMinor, notToShip int64) (Entry, bool) {
	subject, compared := Subject(document)
	if !compared {
		return Entry{}, false
	}
	order, part, divided := strings.Cut(document, "/")
	switch {
	case !divided:
		return Entry{Key: Key{Subject: subject}, Value: strconv.FormatInt(totalMinor, 10)}, true
	case part == "0":
		return Entry{Key: Key{Subject: subject}, Value: "1", Order: order}, true
	default:
		return Entry{Key: Key{Subject: subject}, Value: strconv.FormatInt(notToShip, 10), Order: order}, true
	}
}
