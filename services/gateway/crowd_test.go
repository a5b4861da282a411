package gateway_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	"github.com/waybill-dev/waybill/services/gateway"
)

// busy checks that an answer refuses for now and says for how long.
func busy(t *testing.T, what string, got answer) {
	t.Helper()
	seconds, err := strconv.Atoi(got.RetryAfter)
	if got.Status != http.StatusTooManyRequests || got.Reason != "GATEWAY_BUSY" || err != nil || seconds < 1 || seconds > 12 {
		t.Fatalf("%s: %+v, want 429 with the seconds to wait", what, got)
	}
}

// Those that are under way are answered, those that come meanwhile are told when to come again, and later ones get in.
func TestTooManyRequestsAreRefusedWithTheTimeToWait(t *testing.T) {
	o := &orders{entered: make(chan struct{}, 10), gate: make(chan struct{})}
	config := gateway.DefaultConfig()
	registry := prometheus.NewRegistry()
	config.MaxRequests, config.Registerer = 3, registry
	base := openWith(t, o, config)
	var group sync.WaitGroup
	for range 3 {
		group.Go(func() {
			if got, text := call(t, "POST", base+"/v1/orders", good); got.Status != http.StatusOK {
				t.Errorf("%+v %s, want those under way answered", got, text)
			}
		})
		<-o.entered
	}
	for range 5 {
		got, _ := call(t, "POST", base+"/v1/orders", good)
		busy(t, "the fourth", got)
	}
	if got, _ := call(t, "GET", base+"/v1/orders", ""); got.Reason != "GATEWAY_BUSY" {
		t.Errorf("a read: %+v", got)
	}
	close(o.gate)
	group.Wait()
	if got, text := call(t, "GET", base+"/v1/orders", ""); got.Status != http.StatusOK {
		t.Errorf("afterwards: %+v %s", got, text)
	}
	want := `# HELP waybill_gateway_refused_total Requests that were refused because too many were under way.
# TYPE waybill_gateway_refused_total counter
waybill_gateway_refused_total 6
`
	if err := testutil.GatherAndCompare(registry, strings.NewReader(want), "waybill_gateway_refused_total"); err != nil {
		t.Error(err)
	}
}

// All bodies together have a bound. One that does not say how long it is counts as the longest.
func TestBodiesTogetherAreBounded(t *testing.T) {
	o := &orders{entered: make(chan struct{}, 10), gate: make(chan struct{})}
	config := gateway.DefaultConfig()
	config.MaxBodyBytes = gateway.MaxBody + int64(len(good)) - 1
	base := openWith(t, o, config)
	var group sync.WaitGroup
	group.Go(func() {
		if got, text := call(t, "POST", base+"/v1/orders", good); got.Status != http.StatusOK {
			t.Errorf("%+v %s", got, text)
		}
	})
	<-o.entered
	unknownLength := func() *http.Response {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, base+"/v1/orders", io.MultiReader(strings.NewReader(good)))
		if err != nil {
			t.Fatal(err)
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		return response
	}
	if got := unknownLength(); got.StatusCode != http.StatusTooManyRequests || got.Header.Get("Retry-After") == "" {
		t.Errorf("a body of unknown length: %s", got.Status)
	}
	if got, text := call(t, "GET", base+"/v1/orders", ""); got.Status != http.StatusOK {
		t.Errorf("without a body: %+v %s", got, text)
	}
	close(o.gate)
	group.Wait()
	if got := unknownLength(); got.StatusCode != http.StatusOK {
		t.Errorf("when the other one has ended: %s", got.Status)
	}
}

// A body that is larger than all of them together may be is taken alone.
func TestALargeBodyComesAlone(t *testing.T) {
	config := gateway.DefaultConfig()
	config.MaxBodyBytes = 1
	if got, text := call(t, "POST", openWith(t, &orders{}, config)+"/v1/orders", good); got.Status != http.StatusOK {
		t.Errorf("%+v %s", got, text)
	}
}

// A stream takes no place of a request, and has its own bound.
func TestStreamsHaveTheirOwnBound(t *testing.T) {
	config := gateway.DefaultConfig()
	config.MaxRequests, config.MaxStreams = 1, 2
	base := openWith(t, &orders{}, config)
	watch := func() *http.Response {
		response, err := http.Get(fmt.Sprint(base, "/v1/availability:watch?skus=HELD"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = response.Body.Close() })
		return response
	}
	for range 2 {
		if got := watch(); got.StatusCode != http.StatusOK {
			t.Fatalf("watch: %s", got.Status)
		}
	}
	if got := watch(); got.StatusCode != http.StatusTooManyRequests || got.Header.Get("Retry-After") == "" {
		t.Errorf("the third stream: %s", got.Status)
	}
	if got, text := call(t, "GET", base+"/v1/orders", ""); got.Status != http.StatusOK {
		t.Errorf("a request beside the streams: %+v %s", got, text)
	}
}

// Who asks and does not read what is answered holds a place only so long.
func TestCallersWhoDoNotReadAreGivenUp(t *testing.T) {
	large := &orderv1.ListOrdersResponse{}
	for range 15 { // more than the buffers on the way hold
		large.Orders = append(large.Orders, &orderv1.Order{ExternalOrderId: strings.Repeat("x", 1<<20)})
	}
	config := gateway.DefaultConfig()
	config.AnswerTime, config.MaxRequests, config.MaxStreams = 50*time.Millisecond, 1, 1
	base := openWith(t, &orders{listed: large}, config)
	for name, c := range map[string]struct{ path, next string }{
		"a request": {"/v1/orders", "/v1/orders/ord_1"}, "a stream": {"/v1/availability:watch?skus=FLOOD", "/v1/availability:watch?skus=A"},
	} {
		t.Run(name, func(t *testing.T) {
			conn, err := net.Dial("tcp", strings.TrimPrefix(base, "http://"))
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = conn.Close() }()
			if _, err := fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", c.path); err != nil {
				t.Fatal(err)
			}
			if _, err := io.ReadFull(conn, make([]byte, 1)); err != nil { // it is under way
				t.Fatal(err)
			}
			for late := time.Now().Add(30 * time.Second); ; {
				got, _ := call(t, "GET", base+c.next, "")
				if got.Status != http.StatusTooManyRequests {
					return
				}
				if busy(t, "while it holds the place", got); time.Now().After(late) {
					t.Fatal("the place is held for ever")
				}
			}
		})
	}
}
