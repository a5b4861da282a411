package masterdata_test

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	"github.com/waybill-dev/waybill/internal/bus"
	"github.com/waybill-dev/waybill/internal/databasetest"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/shard"
	"github.com/waybill-dev/waybill/services/masterdata"
)

var (
	clock = time.Now
	quiet = slog.New(slog.DiscardHandler)
)

// fixture is a service on a database of its own, and what it has told.
type fixture struct {
	*masterdata.Service
	// told waits for the first n events of a kind, such as "masterdata.item".
	told func(t *testing.T, kind string, n int) []bus.Event
}

func newFixture(t *testing.T) fixture {
	t.Helper()
	broker, err := bus.StartEmbedded(t.TempDir(), quiet)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(broker.Stop)
	connected, err := bus.Connect(t.Context(), broker.URL(), "test")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(connected.Close)
	if err := connected.EnsureStreams(t.Context()); err != nil {
		t.Fatal(err)
	}
	service, err := masterdata.New(masterdata.Deps{
		DB: databasetest.New(t, masterdata.Migrations), Bus: connected, Clock: clock, Log: quiet,
	}, masterdata.Config{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- service.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("run: %v", err)
		}
	})
	return fixture{Service: service, told: func(t *testing.T, kind string, n int) []bus.Event {
		t.Helper()
		return receive(t, connected, kind, n)
	}}
}

// receive waits for the first n events of a kind.
func receive(t *testing.T, connected *bus.Bus, kind string, n int) []bus.Event {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	streams, err := connected.Streams([]string{kind})
	if err != nil || len(streams) != 1 {
		t.Fatalf("streams %v, %v", streams, err)
	}
	stream := slices.Collect(maps.Keys(streams))[0]
	events := make(chan bus.Event)
	for number := range int32(shard.Count) {
		pull, err := connected.Pull(ctx, bus.PullConfig{Stream: stream, Durable: strings.ReplaceAll(kind, ".", "-"), Shard: number, Kinds: []string{kind}})
		if err != nil {
			t.Fatal(err)
		}
		defer pull.Stop()
		go func() {
			for {
				delivery, err := pull.Next(ctx)
				if err != nil {
					return
				}
				delivery.Ack()
				select {
				case events <- delivery.Event:
				case <-ctx.Done():
				}
			}
		}()
	}
	var received []bus.Event
	for len(received) < n {
		select {
		case event := <-events:
			received = append(received, event)
		case <-ctx.Done():
			t.Fatalf("only %d of %d events came", len(received), n)
		}
	}
	return received
}

func goods(sku, description string) *masterdatav1.Item {
	return &masterdatav1.Item{
		Sku: sku, Description: description, Kind: masterdatav1.ItemKind_ITEM_KIND_GOODS, BaseUnit: "EA",
		Units: []*masterdatav1.ItemUnit{{Unit: "CS", Numerator: 12, Denominator: 1}},
	}
}

func TestUpsertItems(t *testing.T) {
	f := newFixture(t)
	ctx := t.Context()
	first, err := f.UpsertItems(ctx, &masterdatav1.UpsertItemsRequest{Items: []*masterdatav1.Item{goods("85123A", "heart"), goods("B", "bag")}})
	if err != nil {
		t.Fatal(err)
	}
	again, err := f.UpsertItems(ctx, &masterdatav1.UpsertItemsRequest{Items: []*masterdatav1.Item{goods("85123a", "heart")}})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(first.GetItems()[0], again.GetItems()[0], protocmp.Transform()); diff != "" {
		t.Errorf("the same item in another case changed something:\n%s", diff)
	}
	changed, err := f.UpsertItems(ctx, &masterdatav1.UpsertItemsRequest{Items: []*masterdatav1.Item{goods("85123a", "white heart")}})
	if err != nil {
		t.Fatal(err)
	}
	if item := changed.GetItems()[0]; item.GetVersion() != 2 || item.GetSku() != "85123A" || item.GetTaxClass() != "standard" {
		t.Errorf("after the change: %v", item)
	}
	versions := map[string]int64{}
	for _, event := range f.told(t, "masterdata.item", 3) {
		if event.Sequence != versions[event.Aggregate]+1 {
			t.Errorf("event %d of %s came after %d", event.Sequence, event.Aggregate, versions[event.Aggregate])
		}
		versions[event.Aggregate] = event.Sequence
	}
	if diff := cmp.Diff(map[string]int64{"85123a": 2, "b": 1}, versions); diff != "" {
		t.Error(diff)
	}
}

func TestUpsertItemsRefusesTheWholeSet(t *testing.T) {
	f := newFixture(t)
	ctx := t.Context()
	if _, err := f.UpsertItems(ctx, &masterdatav1.UpsertItemsRequest{Items: []*masterdatav1.Item{goods("A", "a")}}); err != nil {
		t.Fatal(err)
	}
	frozen := goods("a", "a")
	frozen.Scale = 2
	_, err := f.UpsertItems(ctx, &masterdatav1.UpsertItemsRequest{Items: []*masterdatav1.Item{goods("NEW", ""), frozen, goods("new", "")}})
	refusal, ok := fault.As(err)
	if !ok || len(refusal.Fields) != 2 || refusal.Fields[0].Path != "items[1].scale" || refusal.Fields[1].Path != "items[2]" {
		t.Fatalf("refusal %+v", err)
	}
	if _, err := f.GetItem(ctx, &masterdatav1.GetItemRequest{Sku: "NEW"}); fault.KindOf(err) != fault.NotFound {
		t.Errorf("an item of a refused set is there: %v", err)
	}
}

func TestListItemsByPages(t *testing.T) {
	f := newFixture(t)
	ctx := t.Context()
	if _, err := f.UpsertItems(ctx, &masterdatav1.UpsertItemsRequest{
		Items: []*masterdatav1.Item{goods("c", ""), goods("A", ""), goods("B", "")},
	}); err != nil {
		t.Fatal(err)
	}
	var got []string
	token := ""
	for {
		page, err := f.ListItems(ctx, &masterdatav1.ListItemsRequest{PageSize: 2, PageToken: token})
		if err != nil {
			t.Fatal(err)
		}
		for _, item := range page.GetItems() {
			got = append(got, item.GetSku())
		}
		if token = page.GetNextPageToken(); token == "" {
			break
		}
	}
	if diff := cmp.Diff([]string{"A", "B", "c"}, got); diff != "" {
		t.Error(diff)
	}
	for _, foreign := range []string{"!", "zz", "AA"} { // no base64, no UTF-8, a zero byte
		if _, err := f.ListItems(ctx, &masterdatav1.ListItemsRequest{PageToken: foreign}); fault.ReasonOf(err) != "PAGE_TOKEN_INVALID" {
			t.Errorf("token %q: %v", foreign, err)
		}
	}
}
