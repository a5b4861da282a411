package masterdata

import (
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"

	"github.com/waybill-dev/waybill/internal/rpc"
)

// defaultPage is the page size when the caller names none.
const defaultPage = 100

// pageSize is how many entries a page has.
func pageSize(asked int32) int {
	if asked == 0 {
		return defaultPage
	}
	return int(asked)
}

// writePageToken keeps the key of a page's last entry.
func writePageToken(key ...string) string {
	text, err := json.Marshal(key)
	if err != nil {
		return "" // strings can always be encoded
	}
	return base64.RawURLEncoding.EncodeToString(text)
}

// readPageToken gives back a key of so many parts; of the first page all are empty.
func readPageToken(token string, parts int) ([]string, error) {
	if token == "" {
		return make([]string, parts), nil
	}
	var key []string
	text, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || json.Unmarshal(text, &key) != nil || len(key) != parts || slices.ContainsFunc(key, func(part string) bool {
		return strings.ContainsRune(part, 0) // a database would fail on it
	}) {
		return nil, rpc.PageTokenInvalid()
	}
	return key, nil
}

// page makes the entries of a page and the token of the next one out of a list, of which one more than the size was asked
// for. A page ends where its reply is full.
func page[T any, M proto.Message](found []T, size int, convert func(T) M, key func(T) []string) ([]M, string) {
	return rpc.Page(found, size, convert, func(last T) string { return writePageToken(key(last)...) })
}
