package order

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/inbox"
	"github.com/waybill-dev/waybill/internal/reconcile/reconciletest"
)

func TestListAndCount(t *testing.T) {
	w := newWorld(t)
	w.inventory.AddStock("ITEM-1", "LEEDS", 4)
	for range 7 {
		w.submit(request(want{"ITEM-1", 1})) // four are handed over, three wait
	}
	w.settle()
	var seen []string
	token := ""
	for {
		reply, err := w.client.ListOrders(t.Context(), &orderv1.ListOrdersRequest{PageSize: 3, PageToken: token})
		if err != nil {
			t.Fatal(err)
		}
		for _, order := range reply.GetOrders() {
			seen = append(seen, order.GetOrderId())
		}
		if token = reply.GetNextPageToken(); token == "" {
			break
		}
		_, err = w.client.ListOrders(t.Context(), &orderv1.ListOrdersRequest{
			PageToken: token, Filter: &orderv1.OrderFilter{AccountId: "ACME"},
		})
		if fault.ReasonOf(err) != "PAGE_TOKEN_INVALID" {
			t.Errorf("the token of another filter: %v", err)
		}
	}
	if len(seen) != 7 {
		t.Errorf("%d orders in all pages, want 7", len(seen))
	}
	for i := 1; i < len(seen); i++ {
		if seen[i] >= seen[i-1] {
			t.Errorf("order %d is not older than the one before", i)
		}
	}
	backordered := orderv1.OrderStatus_ORDER_STATUS_BACKORDERED
	for name, test := range map[string]struct {
		filter *orderv1.OrderFilter
		want   int
	}{
		"status":             {&orderv1.OrderFilter{Status: backordered}, 3},
		"state":              {&orderv1.OrderFilter{State: orderv1.OrderState_ORDER_STATE_HELD}, 0},
		"account":            {&orderv1.OrderFilter{AccountId: "ACME"}, 7},
		"other account":      {&orderv1.OrderFilter{AccountId: "OTHER"}, 0},
		"channel":            {&orderv1.OrderFilter{Channel: "api"}, 7},
		"number":             {&orderv1.OrderFilter{ExternalOrderId: "none"}, 0},
		"from an hour ago":   {&orderv1.OrderFilter{ReceivedFrom: timestamppb.New(time.Now().Add(-time.Hour))}, 7},
		"before an hour ago": {&orderv1.OrderFilter{ReceivedBefore: timestamppb.New(time.Now().Add(-time.Hour))}, 0},
	} {
		reply, err := w.client.ListOrders(t.Context(), &orderv1.ListOrdersRequest{Filter: test.filter})
		if err != nil || len(reply.GetOrders()) != test.want {
			t.Errorf("by %s: %d orders (%v), want %d", name, len(reply.GetOrders()), err, test.want)
		}
		counts, err := w.client.CountOrders(t.Context(), &orderv1.CountOrdersRequest{Filter: test.filter})
		total := int64(0)
		for _, one := range counts.GetCounts() {
			total += one.GetOrders()
		}
		if err != nil || total != int64(test.want) {
			t.Errorf("by %s: %d counted (%v), want %d", name, total, err, test.want)
		}
	}
	counts, err := w.client.CountOrders(t.Context(), &orderv1.CountOrdersRequest{})
	if err != nil || counts.GetMoving() != 4 {
		t.Errorf("%d moving (%v), want the 4 that are with a warehouse", counts.GetMoving(), err)
	}
	for _, bad := range []string{"!", "AAAA"} {
		if _, err := w.client.ListOrders(t.Context(), &orderv1.ListOrdersRequest{PageToken: bad}); fault.ReasonOf(err) != "PAGE_TOKEN_INVALID" {
			t.Errorf("token %q: %v", bad, err)
		}
	}
}

// A page of orders with many lines is shorter than asked for, or it would be larger than a message may be.
func TestPagesOfLargeOrders(t *testing.T) {
	w := newWorld(t)
	wants := make([]want, 4000)
	for i := range wants {
		wants[i] = want{"FREIGHT", 1}
	}
	for range 3 {
		large := request(wants...)
		large.Wait = noWait
		w.submit(large)
	}
	var sizes []int
	for token := ""; len(sizes) == 0 || token != ""; {
		reply, err := w.client.ListOrders(t.Context(), &orderv1.ListOrdersRequest{PageToken: token})
		if err != nil {
			t.Fatal(err)
		}
		sizes, token = append(sizes, len(reply.GetOrders())), reply.GetNextPageToken()
	}
	if !slices.Equal(sizes, []int{2, 1}) {
		t.Errorf("pages of %v orders, want at most %d lines in each", sizes, maxPageLines)
	}
}

func TestGetWhatIsNotThere(t *testing.T) {
	w := newWorld(t)
	for _, name := range []string{"ord_0198c3a1-0000-7000-8000-000000000000", "shp_0198c3a1-0000-7000-8000-000000000000", "x"} {
		if _, err := w.client.GetOrder(t.Context(), &orderv1.GetOrderRequest{OrderId: name}); fault.KindOf(err) != fault.NotFound {
			t.Errorf("%q: %v, want NOT_FOUND", name, err)
		}
	}
}

func TestQuote(t *testing.T) {
	w := newWorld(t)
	w.inventory.AddStock("ITEM-1", "LEEDS", 3)
	w.inventory.AddStock("ITEM-1", "YORK", 4)
	req := request(want{"item-1", 5}, want{"ITEM-1", 5}, want{"ITEM-2", 1}, want{"FREIGHT", 1})
	reply, err := w.client.QuoteOrder(t.Context(), &orderv1.QuoteOrderRequest{AccountId: "ACME", CurrencyCode: "GBP", Lines: req.GetLines()})
	if err != nil {
		t.Fatal(err)
	}
	var available []string
	for _, line := range reply.GetLines() {
		available = append(available, line.GetAvailable())
	}
	if got := fmt.Sprint(available); got != "[5 2 0 1]" || reply.GetNetTotal().GetMinorUnits() != 11*250+500 {
		t.Errorf("available %v for %v", got, reply.GetNetTotal())
	}
	if got := w.count("SELECT count(*) FROM sales_order"); got != 0 {
		t.Errorf("%d orders stored", got)
	}
	req.Lines[0].Sku = "NUT"
	if _, err := w.client.QuoteOrder(t.Context(), &orderv1.QuoteOrderRequest{AccountId: "ACME", CurrencyCode: "GBP", Lines: req.GetLines()}); fault.ReasonOf(err) != "UNKNOWN_ITEM" {
		t.Errorf("%v, want UNKNOWN_ITEM", err)
	}
}

func TestMasterDataComesByEvents(t *testing.T) {
	w := newWorld(t)
	w.inventory.AddStock("ITEM-1", "LEEDS", 100)
	price := func(text string, version int64) inbox.Message {
		return inbox.Message{Payload: &masterdatav1.PriceChanged{PriceKey: "BASE|GBP|ITEM-1", Price: &masterdatav1.Price{
			PriceList: "BASE", Sku: "ITEM-1", CurrencyCode: "GBP", UnitPrice: text, Version: version,
		}}, OccurredAt: time.Now()}
	}
	net := func() int64 { return w.submit(request(want{"ITEM-1", 1})).GetNetTotal().GetMinorUnits() }
	if got := net(); got != 250 {
		t.Fatalf("net %d, want 250", got)
	}
	w.deliver(w.service.onMasterDataChanged, price("2", 2), price("3", 3))
	if got := net(); got != 300 {
		t.Errorf("net %d, want the newest price, 300", got)
	}
	w.deliver(w.service.onMasterDataChanged, price("1", 1))
	if got := net(); got != 300 {
		t.Errorf("net %d: an old price has replaced a newer one", got)
	}
	inactive := &masterdatav1.Item{Sku: "ITEM-1", Kind: masterdatav1.ItemKind_ITEM_KIND_GOODS, BaseUnit: "EA", Inactive: true, Version: 9}
	w.deliver(w.service.onMasterDataChanged, inbox.Message{Payload: &masterdatav1.ItemChanged{Sku: "ITEM-1", Item: inactive}, OccurredAt: time.Now()})
	if _, err := w.client.SubmitOrder(t.Context(), request(want{"ITEM-1", 1})); fault.ReasonOf(err) != "INACTIVE" {
		t.Errorf("%v, want INACTIVE", err)
	}
	reply, err := w.client.CheckMasterData(t.Context(), &orderv1.CheckMasterDataRequest{
		Skus: []string{"item-1", "NUT", "FREIGHT"}, AccountIds: []string{"ACME", "NOBODY"},
	})
	if err != nil || fmt.Sprint(reply.GetUnknownSkus(), reply.GetUnknownAccountIds()) != "[NUT] [NOBODY]" {
		t.Errorf("unknown %v (%v)", reply, err)
	}
}

func TestChecksSeeWhatIsWrong(t *testing.T) {
	w := newWorld(t)
	w.inventory.AddStock("ITEM-1", "LEEDS", 2)
	w.submit(request(want{"ITEM-1", 3}))
	w.settle()
	w.checkAll()
	w.exec(`CREATE TABLE kept AS SELECT * FROM order_state`)
	for name, spoil := range map[string]string{
		"order.L1":            `UPDATE order_state SET lines = '[{"ordered": 3, "released": 1, "at": [{"node": "LEEDS", "released": 1}]}]'`,
		"order.L2":            `UPDATE order_state SET lines = '[{"ordered": 3, "shipped": 3, "invoiced": 4, "at": [{"shipped": 3}]}]'`,
		"order.places":        `UPDATE order_state SET lines = '[{"ordered": 3, "released": 3}]'`,
		"order.status":        `UPDATE order_state SET status = 'SHIPPED'`,
		"order.not_forgotten": `UPDATE order_state SET lines = '[{"ordered": 3, "open": 3}]'`,
		"order.snapshot":      `UPDATE order_state SET lines = '[{"ordered": 4, "backordered": 4}]'`,
		"order.revisions":     `UPDATE order_state SET progress = '{"revision": 1}'`,
		"order.pairs":         `DELETE FROM order_state`,
	} {
		broken := false
		for _, check := range Checks() {
			if check.Name != name {
				continue
			}
			w.exec(spoil)
			breaks, err := check.Run(t.Context(), w.db)
			if err != nil {
				t.Fatal(err)
			}
			broken = len(breaks) > 0
			w.exec(`DELETE FROM order_state`)
			w.exec(`INSERT INTO order_state SELECT * FROM kept`)
		}
		if !broken {
			t.Errorf("%s does not see it", name)
		}
	}
	promised := reconciletest.Read(t, w.db, Figures(), "order.promised")
	if len(promised) != 1 || promised[0].Node != "LEEDS" || promised[0].Value != "2" {
		t.Errorf("promised %v, want 2 in LEEDS", promised)
	}
}

// checkAll runs the service's checks; nothing may be broken.
func (w *world) checkAll() {
	w.t.Helper()
	for _, check := range Checks() {
		breaks, err := check.Run(w.t.Context(), w.db)
		if err != nil || len(breaks) > 0 {
			w.t.Errorf("%s: %v %v", check.Name, breaks, err)
		}
	}
}
