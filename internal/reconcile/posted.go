package reconcile

import (
	"strconv"
	"strings"
)

// Posted is what a posting in the ERP says, by our id of the document and its total in minor units; false: nothing that is compared. Of
// orders it is compared that they are there: what they come to before they are amended is not kept.
func Posted(document string, totalMinor int64) (Entry, bool) {
	order, version, versioned := strings.Cut(document, "/")
	switch {
	case !versioned:
		return Entry{Key: Key{Subject: document}, Value: strconv.FormatInt(totalMinor, 10)}, true
	case version == "0":
		return Entry{Key: Key{Subject: order}, Value: "1", Order: order}, true
	default:
		return Entry{}, false
	}
}
