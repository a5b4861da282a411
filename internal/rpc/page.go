package rpc

import (
	"encoding/base64"
	"encoding/binary"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"

	"github.com/waybill-dev/waybill/internal/fault"
)

// maxPageBytes leaves a reply room for more than its list.
const maxPageBytes = MaxMessageBytes / 2

// FitPage is how many entries of a list, from the first on, one reply can carry: at least one, where there is any. A list
// ends its page there, however many were asked for; else entries that are large but allowed would make a page that
// cannot be sent, however often it is asked for.
func FitPage[M proto.Message](entries []M) int {
	bytes := 0
	for i, entry := range entries {
		if bytes += proto.Size(entry); bytes > maxPageBytes && i > 0 {
			return i
		}
	}
	return len(entries)
}

// Page makes the entries of a page of at most size, and the token of the next one, of what a list has found: one more than the size, where
// there are more. A page ends where its reply is full. No token: it is the last one.
func Page[T any, M proto.Message](found []T, size int, write func(T) M, token func(last T) string) (page []M, next string) {
	written := make([]M, 0, min(size, len(found)))
	for _, one := range found[:min(size, len(found))] {
		written = append(written, write(one))
	}
	return EndPage(found, written, token)
}

// EndPage is Page of entries that are written already: those of the first ones that were found.
func EndPage[T any, M proto.Message](found []T, written []M, token func(last T) string) (page []M, next string) {
	fit := FitPage(written)
	if fit == len(found) {
		return written, ""
	}
	return written[:fit], token(found[fit-1])
}

// PageTokenInvalid refuses a page token that the list has not given out.
func PageTokenInvalid() error {
	return fault.New(fault.Invalid, "PAGE_TOKEN_INVALID", "the page token is not of this list").
		WithField("page_token", "PAGE_TOKEN_INVALID", "take it from next_page_token of the page before")
}

// IDToken is the token of the page after an entry, of a list by id with the newest first.
func IDToken(last uuid.UUID) string { return base64.RawURLEncoding.EncodeToString(last[:]) }

// ReadIDToken is the id before which the page begins; the first page begins before the largest id. Fault: PAGE_TOKEN_INVALID.
func ReadIDToken(token string) (before uuid.UUID, err error) {
	if token == "" {
		return uuid.Max, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(raw) != len(before) {
		return uuid.Nil, PageTokenInvalid()
	}
	return uuid.UUID(raw), nil
}

// momentBytes is what a moment takes in a token.
const momentBytes = 8

// MomentToken is the token of the page after an entry, of a list by time and, of one time, by key.
func MomentToken[Key string | []byte](at time.Time, key Key) string {
	return base64.RawURLEncoding.EncodeToString(append(binary.BigEndian.AppendUint64(nil, uint64(at.UnixMicro())), key...))
}

// ReadMomentToken reads what MomentToken wrote; what its key must be, the list knows. Fault: PAGE_TOKEN_INVALID.
func ReadMomentToken(token string) (at time.Time, key []byte, err error) {
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(raw) <= momentBytes {
		return time.Time{}, nil, PageTokenInvalid()
	}
	return time.UnixMicro(int64(binary.BigEndian.Uint64(raw))), raw[momentBytes:], nil
}

// ReadMomentIDToken is ReadMomentToken of a list whose key is an id.
func ReadMomentIDToken(token string) (at time.Time, key uuid.UUID, err error) {
	at, raw, err := ReadMomentToken(token)
	if err != nil || len(raw) != len(key) {
		return time.Time{}, uuid.Nil, PageTokenInvalid()
	}
	return at, uuid.UUID(raw), nil
}
