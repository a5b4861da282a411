package inventory

import (
	"encoding/base64"
	"strings"

	"github.com/waybill-dev/waybill/internal/rpc"
)

const (
	// defaultPage is the page size when the caller names none.
	defaultPage = 100
	// pageSeparator stands in no code.
	pageSeparator = "\n"
)

func pageSize(asked int32) int {
	if asked == 0 {
		return defaultPage
	}
	return int(asked)
}

// encodeToken makes a page token of the key of a page's last row.
func encodeToken(parts ...string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(strings.Join(parts, pageSeparator)))
}

// decodeToken reads a key of so many parts; they are empty without a token.
func decodeToken(token string, parts int) ([]string, error) {
	if token == "" {
		return make([]string, parts), nil
	}
	text, err := base64.RawURLEncoding.DecodeString(token)
	if key := strings.Split(string(text), pageSeparator); err == nil && len(key) == parts {
		return key, nil
	}
	return nil, rpc.PageTokenInvalid()
}
