package inventory

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
	"github.com/waybill-dev/waybill/internal/fault"
)

func TestCheckAvailability(t *testing.T) {
	w := newWorld(t)
	w.stock("kg", "N1", "2.500")
	w.stock("A", "N1", "3")
	w.stock("A", "N2", "4")
	w.reserve(request("ord_1", 4))
	reply, err := w.order.CheckAvailability(t.Context(), &inventoryv1.CheckAvailabilityRequest{Skus: []string{"a", "KG", "B", "NO SUCH"}})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, one := range reply.GetAvailability() {
		got[one.GetSku()+"|"+one.GetNodeId()] = one.GetSellable() + " " + one.GetBaseUnit()
	}
	if diff := cmp.Diff(map[string]string{"A|N1": "3 EA", "A|N2": "0 EA", "kg|N1": "2.5 EA"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestListBalancesInPages(t *testing.T) {
	w := newWorld(t)
	for _, sku := range []string{"C", "A", "B"} {
		w.stock(sku, "N2", "1")
		w.stock(sku, "N1", "1")
	}
	list := func(skus []string) (keys []string) {
		req := &inventoryv1.ListBalancesRequest{Skus: skus, PageSize: 2}
		for pages := 0; ; pages++ {
			reply, err := w.operator.ListBalances(t.Context(), req)
			if err != nil {
				t.Fatal(err)
			}
			for _, balance := range reply.GetBalances() {
				keys = append(keys, balance.GetSku()+balance.GetNodeId())
			}
			if req.PageToken = reply.GetNextPageToken(); req.GetPageToken() == "" || pages > 10 {
				return keys
			}
		}
	}
	if diff := cmp.Diff([]string{"AN1", "AN2", "BN1", "BN2", "CN1", "CN2"}, list(nil)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"AN1", "AN2", "CN1", "CN2"}, list([]string{"c", "a"})); diff != "" {
		t.Error(diff)
	}
	if got := list([]string{"NO SUCH"}); len(got) != 0 {
		t.Errorf("balances of an unknown item: %v", got)
	}
	_, err := w.operator.ListBalances(t.Context(), &inventoryv1.ListBalancesRequest{PageToken: "of somebody else"})
	if fault.ReasonOf(err) != "PAGE_TOKEN_INVALID" {
		t.Errorf("error %v", err)
	}
}

func TestCheckMasterData(t *testing.T) {
	w := newWorld(t)
	reply, err := w.order.CheckMasterData(t.Context(), &inventoryv1.CheckMasterDataRequest{
		Skus: []string{"a", "NEW", "freight"}, NodeIds: []string{"N1", "N9"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"NEW"}, reply.GetUnknownSkus()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"N9"}, reply.GetUnknownNodeIds()); diff != "" {
		t.Error(diff)
	}
	w.masterData(item("NEW", 0), node("N9", 1, 0, false))
	reply, err = w.order.CheckMasterData(t.Context(), &inventoryv1.CheckMasterDataRequest{Skus: []string{"NEW"}, NodeIds: []string{"N9"}})
	if err != nil || len(reply.GetUnknownSkus())+len(reply.GetUnknownNodeIds()) > 0 {
		t.Errorf("reply %v, %v", reply, err)
	}
}

func TestOlderMasterDataChangesNothing(t *testing.T) {
	w := newWorld(t)
	w.masterData(node("N1", 3, 9, true), node("N2", 2, 9, true))
	w.masterData(node("N1", 2, 0, false), node("N2", 3, 9, false)) // N1's is late
	w.stock("A", "N1", "5")
	w.stock("A", "N2", "5")
	got := w.reserve(request("ord_1", 1))[0].GetReservation().GetLines()[0].GetAllocations()
	if len(got) != 1 || got[0].GetNodeId() != "N2" {
		t.Errorf("served from %v", got)
	}
}

// TestInactivePlace follows a place that stops to serve and begins again.
func TestInactivePlace(t *testing.T) {
	w := newWorld(t)
	w.stock("A", "N1", "5")
	before := w.balance("A", "N1").GetVersion()
	w.masterData(node("N1", 2, 1, true))
	if got := w.available("A", "N1"); got != "0" {
		t.Errorf("sellable %s", got)
	}
	if got := w.balance("A", "N1").GetVersion(); got <= before {
		t.Errorf("version %d after %d: nobody would hear of it", got, before)
	}
	if got := w.reserve(request("ord_1", 2))[0].GetReservation().GetLines()[0].GetBackordered(); got != 2 {
		t.Errorf("an inactive place served")
	}
	w.run()
	w.masterData(node("N1", 3, 1, false))
	eventually(t, "the place serves what waits", func() bool { return w.balance("A", "N1").GetReserved() == 2 })
}

func TestWatchAvailability(t *testing.T) {
	w := newWorld(t)
	w.stock("A", "N1", "5")
	w.stock("B", "N1", "7")
	w.run()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	stream, err := w.operator.WatchAvailability(ctx, &inventoryv1.WatchAvailabilityRequest{Skus: []string{"a"}})
	if err != nil {
		t.Fatal(err)
	}
	until := func(node, sellable string) {
		t.Helper()
		var version int64
		for {
			reply, err := stream.Recv()
			if err != nil {
				t.Fatalf("waiting for %s in %s: %v", sellable, node, err)
			}
			got := reply.GetAvailability()
			if got.GetSku() != "A" {
				t.Fatalf("told of %v", got)
			}
			if got.GetNodeId() == node {
				if got.GetVersion() <= version {
					t.Fatalf("version %d after %d", got.GetVersion(), version)
				}
				if version = got.GetVersion(); got.GetSellable() == sellable {
					return
				}
			}
		}
	}
	until("N1", "5")
	w.reserve(request("ord_1", 2))
	until("N1", "3")
	w.stock("A", "N2", "1")
	until("N2", "1")
	w.cancel(&inventoryv1.ReservationCancellation{Key: "c", OrderId: "ord_1"})
	until("N1", "5")
	_, err = w.watchError(&inventoryv1.WatchAvailabilityRequest{Skus: []string{"A", "NO SUCH"}})
	if got, ok := fault.As(err); !ok || got.Reason != "UNKNOWN_ITEM" || got.Fields[0].Path != "skus[1]" {
		t.Errorf("error %v", err)
	}
}

func (w *world) watchError(req *inventoryv1.WatchAvailabilityRequest) (*inventoryv1.WatchAvailabilityResponse, error) {
	w.t.Helper()
	stream, err := w.operator.WatchAvailability(w.t.Context(), req)
	if err != nil {
		return nil, err
	}
	return stream.Recv()
}

func TestSlowWatcherSkipsWhatIsOutdated(t *testing.T) {
	box := newMailbox()
	for version := range int64(3) {
		for _, key := range []string{"A|N1", "B|N1"} {
			box.put(&inventoryv1.AvailabilityChanged{StockKey: key, Version: version + 1})
		}
	}
	box.put(&inventoryv1.AvailabilityChanged{StockKey: "A|N1", Version: 2}) // late
	box.close()
	var got []string
	for {
		changed, open := box.take(t.Context())
		if !open {
			break
		}
		got = append(got, fmt.Sprint(changed.GetStockKey(), " ", changed.GetVersion()))
	}
	if diff := cmp.Diff([]string{"A|N1 3", "B|N1 3"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestWatchFilters(t *testing.T) {
	many := watched{skus: map[string]bool{}}
	for n := range maxWatchFilters + 1 {
		many.skus[fmt.Sprint(n)] = true
	}
	tests := map[string]struct {
		watched watched
		want    [][]string
	}{
		"everything":         {watched{}, [][]string{{"", ""}}},
		"an item":            {watched{skus: map[string]bool{"A": true}}, [][]string{{"A", ""}}},
		"places":             {watched{nodes: []string{"N1", "N2"}}, [][]string{{"", "N1"}, {"", "N2"}}},
		"an item in a place": {watched{skus: map[string]bool{"A": true}, nodes: []string{"N1"}}, [][]string{{"A", "N1"}}},
		"too many":           {many, nil},
	}
	for name, test := range tests {
		if diff := cmp.Diff(test.want, test.watched.filters()); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	if !many.contains("1", "N1") || many.contains("x", "N1") {
		t.Error("the process chooses where the broker does not")
	}
}
