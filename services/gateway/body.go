package gateway

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/waybill-dev/waybill/internal/fault"
)

// boundBody reads the whole body before anything else does: at most MaxBody bytes, within the given time, and only of a
// kind that can be read.
func boundBody(within time.Duration, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength == 0 || r.Body == nil {
			next.ServeHTTP(w, r)
			return
		}
		if refused := refuseKind(r.Header); refused != nil {
			writeProblem(w, *refused)
			return
		}
		// A recorder in a test has no connection whose time could be bounded; every real server has one.
		connection := http.NewResponseController(w)
		_ = connection.SetReadDeadline(time.Now().Add(within))
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxBody))
		if err != nil {
			// What is left of the body is not waited for either.
			w.Header().Set("Connection", "close")
			writeProblem(w, unreadBody(err))
			return
		}
		_ = connection.SetReadDeadline(time.Time{})
		r.Body = io.NopCloser(bytes.NewReader(body))
		next.ServeHTTP(w, r)
	})
}

func unreadBody(err error) problem {
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return problem{Type: "about:blank", Title: "The body is too large", Status: http.StatusRequestEntityTooLarge,
			Reason: "BODY_TOO_LARGE", Detail: "a body may have 4 MiB; nothing was stored"}
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return problem{Type: "about:blank", Title: "The body came too slowly", Status: http.StatusRequestTimeout,
			Reason: "BODY_TOO_SLOW", Detail: "the body did not come in time; nothing was stored"}
	}
	return problemOf(fault.New(fault.Invalid, "MALFORMED_REQUEST", "the body broke off; nothing was stored"))
}

// refuseKind refuses a body that says of itself that it is no JSON. Besides JSON and silence it takes what curl says of
// every -d without being told.
func refuseKind(header http.Header) *problem {
	refuse := func(reason, detail string) *problem {
		return &problem{Type: "about:blank", Title: "A body of this kind is not read", Status: http.StatusUnsupportedMediaType,
			Reason: reason, Detail: detail}
	}
	if encoding := header.Get("Content-Encoding"); encoding != "" && !strings.EqualFold(encoding, "identity") {
		return refuse("CONTENT_ENCODING_UNSUPPORTED", "send the body as it is, without Content-Encoding")
	}
	said := header.Get("Content-Type")
	if said == "" {
		return nil
	}
	kind, _, err := mime.ParseMediaType(said)
	if err == nil && (kind == "application/json" || strings.HasSuffix(kind, "+json") || kind == "application/x-www-form-urlencoded") {
		return nil
	}
	return refuse("CONTENT_TYPE_UNSUPPORTED", "send JSON, with Content-Type: application/json")
}

// wholeJSON reads a body as one JSON value with nothing behind it, where the library would stop after the first value,
// and says where in the body an error is.
type wholeJSON struct{ *runtime.HTTPBodyMarshaler }

// NewDecoder reads everything there is with the first call. An empty body is io.EOF, which the generated handlers take
// for an empty message.
func (j wholeJSON) NewDecoder(from io.Reader) runtime.Decoder {
	return runtime.DecoderFunc(func(v any) error {
		body, err := io.ReadAll(from)
		if err != nil {
			return err
		}
		if len(bytes.TrimSpace(body)) == 0 {
			return io.EOF
		}
		message, ok := v.(proto.Message)
		if !ok {
			return j.Unmarshal(body, v)
		}
		if err = protojson.Unmarshal(body, message); err != nil {
			return located(body, err)
		}
		return nil
	})
}

// position is how protojson says where it stopped; columns count characters.
var position = regexp.MustCompile(`\(line (\d+):(\d+)\)`)

// located adds the path of the field to an error of protojson. The generated handlers keep an error's text alone, so
// the path travels in front of it; bodyFault takes it off again.
func located(body []byte, err error) error {
	found := position.FindStringSubmatch(err.Error())
	if found == nil {
		return err
	}
	line, _ := strconv.Atoi(found[1])
	column, _ := strconv.Atoi(found[2])
	if path := pathAt(body, offsetOf(body, line, column)); path != "" {
		return fmt.Errorf("field %q: %w", path, err)
	}
	return err
}

func offsetOf(body []byte, line, column int) int64 {
	offset := 0
	for ; line > 1; line-- {
		offset += bytes.IndexByte(body[offset:], '\n') + 1
	}
	seen := 1
	for i := range string(body[offset:]) {
		if seen == column {
			return int64(offset + i)
		}
		seen++
	}
	return int64(len(body))
}

// place is one step of the way into a JSON text.
type place struct {
	list     bool
	index    int
	name     string
	wantName bool
}

// pathAt is the path of the name or value that stands at an offset, such as lines[2].quantity; empty at the top, and
// where the text before the offset is no JSON.
func pathAt(text []byte, offset int64) string {
	decoder := json.NewDecoder(bytes.NewReader(text))
	var way []place
	for {
		token, err := decoder.Token()
		if err != nil {
			return ""
		}
		top := len(way) - 1
		delimiter, isDelimiter := token.(json.Delim)
		closes := isDelimiter && (delimiter == '}' || delimiter == ']')
		if closes {
			way = way[:top]
			top--
		}
		isName := !isDelimiter && top >= 0 && way[top].wantName
		if isName {
			way[top].name, _ = token.(string)
		}
		if decoder.InputOffset() > offset {
			return join(way)
		}
		switch {
		case isName:
			way[top].wantName = false
		case isDelimiter && !closes:
			way = append(way, place{list: delimiter == '[', wantName: delimiter == '{'})
		case top >= 0:
			way[top].index++
			way[top].wantName = !way[top].list
		}
	}
}

func join(way []place) string {
	var path strings.Builder
	for _, step := range way {
		switch {
		case step.list:
			fmt.Fprintf(&path, "[%d]", step.index)
		case path.Len() > 0:
			path.WriteString("." + step.name)
		default:
			path.WriteString(step.name)
		}
	}
	return path.String()
}
