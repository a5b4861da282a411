package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// span is one of a trace file.
type span struct {
	Name        string
	SpanKind    int
	SpanContext struct{ TraceID, SpanID string }
	Parent      struct{ SpanID string }
	Links       []struct {
		SpanContext struct{ TraceID, SpanID string }
	}
	Attributes []struct {
		Key   string
		Value struct{ Value any }
	}
}

func (s span) attribute(key string) string {
	for _, one := range s.Attributes {
		if one.Key == key {
			return fmt.Sprint(one.Value.Value)
		}
	}
	return ""
}

// TestOneOrderIsOneTrace sends an order for what is not there, restarts the system, lets the goods come, and finds all of it
// in one trace: the taking, the steps, each event's way, each consumer, on both sides of the restart. The same day shows
// which metrics exist, against which dashboards and alerts are held.
func TestOneOrderIsOneTrace(t *testing.T) {
	if testing.Short() {
		t.Skip("runs the whole system")
	}
	onTestServer(t)
	folder := t.TempDir()
	file, traces := filepath.Join(folder, "catalogue.csv"), filepath.Join(folder, "traces")
	if err := os.WriteFile(file, []byte(smallFile[:strings.Index(smallFile, "\n")+1]+
		"1,HOT,hot,1,2010-12-01 08:26:00,1,17850,UK\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	data := filepath.Join(folder, "data")
	if output, err := run(t, 3*time.Minute, "import", "orders", file, "--data-dir", data, "--rejects", filepath.Join(folder, "r.csv")); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	traced := []string{"--trace-file", traces, "--trace-sample", "1", "--log-format", "json", "--log-level", "debug"}
	s := up(t, data, traced...)
	got := s.call(t, "POST", "/v1/orders", `{"requestId":"one","externalOrderId":"one","accountId":"17850","currencyCode":"GBP",`+
		`"wait":"20s","channel":"portal","shipTo":{"name":"Ann","lines":["1 High Street"],"city":"Leeds","postalCode":"LS1 1AA","countryCode":"GB"},"paymentMethod":{"provider":"sandbox","token":"tok_ok"},"lines":[{"sku":"HOT","quantity":{"value":"2"},"unitPrice":"1"}]}`)
	if got.status != 200 {
		t.Fatalf("%d %s", got.status, got.text)
	}
	order := orderID(got)
	if bad := s.call(t, "POST", "/v1/orders/"+order+":releaseHold", `{"requestId":"no-hold","type":"HOLD_TYPE_CREDIT","reason":"none"}`); bad.status == 200 {
		t.Fatalf("a hold that is not there was released: %s", bad.text)
	}
	lineAbout(t, s, order)
	s.stop(t)
	s = up(t, data, traced...)
	if got := s.call(t, "POST", "/v1/stock:adjust", `{"requestId":"come","adjustments":[{"sku":"HOT","nodeId":"MAIN","quantity":"100","reason":"COUNT"}]}`); got.status != 200 {
		t.Fatalf("%d %s", got.status, got.text)
	}
	eventually(t, time.Minute, "the order is complete", func() bool {
		return strings.Contains(s.call(t, "GET", "/v1/orders/"+order, "").text, `"completedAt":"`)
	})
	var metrics string
	eventually(t, time.Minute, "its completion is measured", func() bool {
		metrics = scrape(t, s)
		return strings.Contains(metrics, "\nwaybill_order_cycle_seconds_count 1\n")
	})
	for _, problem := range readSeries(metrics).problems(t) {
		t.Error(problem)
	}
	eventually(t, time.Minute, "its payment is captured and all of it archived", func() bool {
		told, err := run(t, time.Minute, "order", order, "--address", s.rpc)
		return err == nil && strings.Contains(told, "were captured for the invoice") && strings.Contains(told, "The order was completed")
	})
	eventually(t, time.Minute, "the ERP is told", func() bool {
		return regexp.MustCompile(`\nwaybill_backoffice_documents_total\{outcome="posted"\} [1-9]`).MatchString(scrape(t, s))
	})
	s.stop(t)
	spans := readSpans(t, traces)
	checkTree(t, order, spans)
	checkRoles(t, order, spans)
}

// lineAbout finds the line of a refused call, with the ids of its request. It may come after the answer.
func lineAbout(t *testing.T, s *system, order string) {
	t.Helper()
	var line map[string]any
	eventually(t, 10*time.Second, "a line about the refused call", func() bool {
		for text := range strings.SplitSeq(s.output.String(), "\n") {
			line = nil
			if json.Unmarshal([]byte(text), &line) == nil && line["method"] == "release_hold" {
				return true
			}
		}
		return false
	})
	if line["order_id"] != order || line["request_id"] != "no-hold" || line["trace_id"] == nil {
		t.Errorf("a line about the order without its ids: %v", line)
	}
}

var metricsLine = regexp.MustCompile(`Metrics\s+(http://\S+)`)

func scrape(t *testing.T, s *system) string {
	t.Helper()
	found := metricsLine.FindStringSubmatch(s.output.String())
	if found == nil {
		t.Fatalf("no address of metrics\n%s", s.output)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, found[1], nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func readSpans(t *testing.T, file string) []span {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var all []span
	decoder := json.NewDecoder(bytes.NewReader(text))
	for decoder.More() {
		var one span
		if err := decoder.Decode(&one); err != nil {
			t.Fatal(err)
		}
		all = append(all, one)
	}
	return all
}

// checkTree holds the spans of an order against what became of it.
func checkTree(t *testing.T, order string, all []span) {
	t.Helper()
	byID := map[string]span{}
	var root span
	for _, one := range all {
		byID[one.SpanContext.SpanID] = one
		if one.Name == "order received" && one.attribute("waybill.order_id") == order {
			root = one
		}
	}
	if root.Name == "" {
		t.Fatalf("%d spans, and none begins the order's trace", len(all))
	}
	if len(root.Links) != 1 || !strings.HasSuffix(byID[root.Links[0].SpanContext.SpanID].Name, "/SubmitOrder") {
		t.Errorf("the first span has the links %+v, want one to the call that brought the order", root.Links)
	}
	got := map[string]string{} // name → the name of its parent
	for _, one := range all {
		if one.SpanContext.TraceID != root.SpanContext.TraceID || one.SpanContext == root.SpanContext {
			continue
		}
		parent := byID[one.Parent.SpanID]
		if parent.SpanContext.TraceID != root.SpanContext.TraceID {
			t.Errorf("%s has no parent in its trace", one.Name)
		}
		name := strings.TrimSpace(one.Name)
		if strings.HasPrefix(name, "consume ") {
			name += " " + one.attribute("cloudevents.event_type")
		}
		got[name] = parent.Name
		if linked := one.Links; strings.HasPrefix(name, "step ") && (len(linked) != 1 || !strings.HasPrefix(byID[linked[0].SpanContext.SpanID].Name, "call set ")) {
			t.Errorf("%s has the links %+v, want one to the set's call", name, linked)
		}
	}
	for name, parent := range wantTree {
		if got[name] != parent {
			t.Errorf("%q is under %q, want %q", name, got[name], parent)
		}
	}
	if t.Failed() {
		names := make([]string, 0, len(got))
		for name, parent := range got {
			names = append(names, name+" < "+parent)
		}
		slices.Sort(names)
		t.Logf("the trace:\n%s", strings.Join(names, "\n"))
	}
}

// server and client are kinds of spans.
const server, client = 2, 3

// checkRoles finds a span of every role that has to do with an order: in its trace, or one link away from it.
func checkRoles(t *testing.T, order string, all []span) {
	t.Helper()
	trace := ""
	for _, one := range all {
		if one.Name == "order received" && one.attribute("waybill.order_id") == order {
			trace = one.SpanContext.TraceID
		}
	}
	near := map[string]bool{trace: true}
	for _, one := range all {
		if one.SpanContext.TraceID == trace {
			for _, link := range one.Links {
				near[link.SpanContext.TraceID] = true
			}
		}
	}
	found := map[string]bool{}
	for _, one := range all {
		if near[one.SpanContext.TraceID] {
			found[fmt.Sprint(one.SpanKind, " ", one.Name)] = true
		}
	}
	for role, name := range map[string]string{
		"gateway":           fmt.Sprint(client, " waybill.order.v1.OrderService/SubmitOrder"),
		"order":             fmt.Sprint(server, " waybill.order.v1.OrderService/SubmitOrder"),
		"inventory":         fmt.Sprint(server, " waybill.inventory.v1.InventoryService/Reserve"),
		"billing":           fmt.Sprint(server, " waybill.billing.v1.BillingService/ClaimCredit"),
		"fulfillment":       fmt.Sprint(server, " waybill.fulfillment.v1.FulfillmentService/CreateFulfillment"),
		"connector-channel": fmt.Sprint(server, " waybill.connector.channel.v1.ChannelService/NotifyOrders"),
		"connector-erp":     fmt.Sprint(server, " waybill.connector.erp.v1.ErpService/PostDocuments"),
		"connector-payment": fmt.Sprint(server, " waybill.connector.payment.v1.PaymentService/Capture"),
		"connector-tax":     fmt.Sprint(server, " waybill.connector.tax.v1.TaxService/CalculateTax"),
		"connector-tms":     fmt.Sprint(server, " waybill.connector.tms.v1.TmsService/QuoteFreight"),
		"connector-wms":     fmt.Sprint(server, " waybill.connector.wms.v1.WarehouseService/SendFulfillments"),
		"operations":        "5 consume operations-archive",
		"backoffice":        "5 consume backoffice-billing",
	} {
		if !found[name] {
			t.Errorf("%s: there is no span %q near the order's trace", role, name)
		}
	}
	if t.Failed() {
		t.Logf("near the trace: %s", strings.Join(slices.Sorted(maps.Keys(found)), "\n"))
	}
}

// wantTree is what the trace of such an order holds at least, with the parents.
var wantTree = map[string]string{
	"step acceptance/credit":                                                "order received",
	"step acceptance/reserve":                                               "order received",
	"publish waybill.order.order.received.v1":                               "order received",
	"publish waybill.order.order.accepted.v1":                               "order received",
	"publish waybill.inventory.reservation.reserved.v1":                     "order received",
	"publish waybill.fulfillment.shipment.shipped.v1":                       "order received",
	"publish waybill.billing.invoice.issued.v1":                             "order received",
	"publish waybill.order.order.completed.v1":                              "order received",
	"consume order-inventory waybill.inventory.reservation.reserved.v1":     "publish waybill.inventory.reservation.reserved.v1",
	"consume inventory-fulfillment waybill.fulfillment.shipment.shipped.v1": "publish waybill.fulfillment.shipment.shipped.v1",
	"consume billing-shipments waybill.fulfillment.shipment.shipped.v1":     "publish waybill.fulfillment.shipment.shipped.v1",
	"consume backoffice-billing waybill.billing.invoice.issued.v1":          "publish waybill.billing.invoice.issued.v1",
	"consume order-billing waybill.billing.invoice.issued.v1":               "publish waybill.billing.invoice.issued.v1",
	"consume backoffice-order waybill.order.order.accepted.v1":              "publish waybill.order.order.accepted.v1",
	"consume operations-archive waybill.order.order.completed.v1":           "publish waybill.order.order.completed.v1",
	"step acceptance/payment":                                               "order received",
	"step acceptance/freight":                                               "order received",
	"step acceptance/notice":                                                "order received",
	"ask warehouse":                                                         "order received",
	"ask tax":                                                               "order received",
	"ask payment":                                                           "order received",
	"ask erp":                                                               "order received",
}
