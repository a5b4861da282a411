package gateway_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/services/gateway"
)

// What is wrong in a body is named by its whole path.
func TestMalformedBodiesNameTheirField(t *testing.T) {
	for name, c := range map[string]struct{ body, reason, field string }{
		"unknown inside":   {strings.Replace(good, `"value":"2"`, `"value":"2","colour":"red"`, 1), "UNKNOWN_FIELD", "lines[0].quantity.colour"},
		"number for text":  {strings.Replace(good, `"value":"2"`, `"value":2.5`, 1), "MALFORMED_REQUEST", "lines[0].quantity.value"},
		"second line":      {strings.Replace(good, `"lines":[`, `"lines":[{"sku":"é","quantity":{"value":"1"}}, 7,`, 1), "MALFORMED_REQUEST", "lines[1]"},
		"on another line":  {strings.Replace(good, `"lines"`, "\n\"channel\": \"é\",\n \"wait\": \"soon\", \"lines\"", 1), "MALFORMED_REQUEST", "wait"},
		"unknown value":    {strings.Replace(good, `"lines"`, `"fulfillmentPolicy":"WHAT","lines"`, 1), "MALFORMED_REQUEST", "fulfillmentPolicy"},
		"twice":            {strings.Replace(good, `"lines"`, `"requestId":"r1","lines"`, 1), "MALFORMED_REQUEST", "requestId"},
		"no UTF-8":         {strings.Replace(good, `"ACME"`, "\"\xff\"", 1), "MALFORMED_REQUEST", "accountId"},
		"list":             {`[]`, "MALFORMED_REQUEST", ""},
		"broken off":       {`{"lines":[{"sku":`, "MALFORMED_REQUEST", ""},
		"a second object":  {good + `{"a":1}`, "MALFORMED_REQUEST", ""},
		"text behind it":   {good + ` xyz`, "MALFORMED_REQUEST", ""},
		"very deep":        {`{"lines":` + strings.Repeat("[", 100_000), "MALFORMED_REQUEST", "lines[0]"},
		"deep and unknown": {strings.Repeat(`{"a":`, 100_000), "UNKNOWN_FIELD", "a"},
	} {
		t.Run(name, func(t *testing.T) {
			got, text := call(t, "POST", open(t, &orders{})+"/v1/orders", c.body)
			if got.Status != 400 || got.Reason != c.reason || got.Path != c.field {
				t.Errorf("%d %s %q, want %s %q\n%.300s", got.Status, got.Reason, got.Path, c.reason, c.field, text)
			}
		})
	}
}

func TestAddressesAndKeysAreUTF8(t *testing.T) {
	base := open(t, &orders{})
	for address, field := range map[string]string{
		"/v1/orders?pageToken=%ff": "pageToken", "/v1/orders?filter.accountId=a&filter.partnerId=%c3%28": "filter.partnerId",
		"/v1/orders/%ff%fe": "",
	} {
		if got, text := call(t, "GET", base+address, ""); got.Status != 400 || got.Reason != "TEXT_NOT_UTF8" || got.Path != field {
			t.Errorf("%s: %+v %s", address, got, text)
		}
	}
	if got, text := call(t, "POST", base+"/v1/orders", good, "Idempotency-Key", "\xff"); got.Status != 400 || got.Path != "requestId" {
		t.Errorf("key: %+v %s", got, text)
	}
	if got, _ := call(t, "GET", base+"/v1/orders?pageSize=many", ""); got.Path != "pageSize" || strings.Contains(got.Detail, "strconv") {
		t.Errorf("page size: %+v", got)
	}
}

func TestBodiesOfAnotherKindAreRefused(t *testing.T) {
	for kind, status := range map[string]int{
		"application/json; charset=utf-8": 200, "application/merge-patch+json": 200, "application/x-www-form-urlencoded": 200, "": 200,
		"text/xml": 415, "text/plain": 415, "multipart/form-data; boundary=x": 415, "application/grpc": 415, "nonsense/": 415,
	} {
		got, text := call(t, "POST", open(t, &orders{})+"/v1/orders", good, "Content-Type", kind)
		if got.Status != status || status == 415 && got.Reason != "CONTENT_TYPE_UNSUPPORTED" {
			t.Errorf("%q: %d %s", kind, got.Status, text)
		}
	}
	got, _ := call(t, "POST", open(t, &orders{})+"/v1/orders", good, "Content-Encoding", "gzip")
	if got.Status != 415 || got.Reason != "CONTENT_ENCODING_UNSUPPORTED" {
		t.Errorf("gzip: %+v", got)
	}
}

// A page of another site can make a browser post to an address of this machine.
func TestForeignPagesAreRefused(t *testing.T) {
	base := open(t, &orders{})
	for header, value := range map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "https://elsewhere.example"} {
		got, text := call(t, "POST", base+"/v1/orders", good, header, value)
		if got.Status != 403 || got.Reason != "CROSS_ORIGIN" {
			t.Errorf("%s: %d %s", header, got.Status, text)
		}
	}
	if got, text := call(t, "POST", base+"/v1/orders", good, "Sec-Fetch-Site", "same-origin", "Origin", base); got.Status != 200 {
		t.Errorf("our own page: %d %s", got.Status, text)
	}
}

func TestCallersCannotCutCallsShort(t *testing.T) {
	got, text := call(t, "POST", open(t, &orders{})+"/v1/orders", good, "Grpc-Timeout", "1n")
	if got.Status != 200 {
		t.Errorf("%d %s", got.Status, text)
	}
}

func TestSlowBodyIsGivenUp(t *testing.T) {
	config := gateway.DefaultConfig()
	config.BodyTime = 10 * time.Millisecond
	base := openWith(t, &orders{}, config)
	conn, err := net.Dial("tcp", strings.TrimPrefix(base, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Fprint(conn, "POST /v1/orders HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{"); err != nil {
		t.Fatal(err)
	}
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusRequestTimeout || response.Header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("%s %s", response.Status, response.Header)
	}
}

// A stream that is refused before its first message is a problem like any other.
func TestRefusedWatchIsAProblem(t *testing.T) {
	got, text := call(t, "GET", open(t, &orders{})+"/v1/availability:watch?skus=NOPE", "")
	if got.Status != 400 || got.ContentType != "application/problem+json" || got.Reason != "UNKNOWN_ITEM" || got.Path != "skus[0]" {
		t.Errorf("%+v %s", got, text)
	}
}
