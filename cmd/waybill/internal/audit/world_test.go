package audit

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"

	"github.com/waybill-dev/waybill/cmd/waybill/internal/access"
	"github.com/waybill-dev/waybill/cmd/waybill/internal/mesh"
	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/databasetest"
	"github.com/waybill-dev/waybill/internal/rpc"
	"github.com/waybill-dev/waybill/services/connector/wms"
)

// Each history runs a whole system; a few of them are enough for every run, and -rapid.checks asks for more. What a history
// shows hangs on its timing too, so there is little to gain from making it shorter, and each try may take minutes.
func TestMain(m *testing.M) {
	for name, value := range map[string]string{"rapid.checks": "4", "rapid.steps": "40", "rapid.shrinktime": "1s"} {
		if err := flag.Set(name, value); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}

// world is a whole system with its databases at hand.
type world struct {
	*access.Access
	operator    *grpc.ClientConn
	fulfillment fulfillmentv1.FulfillmentServiceClient
	databases   map[string]*database.DB
	// address is that of the RPCs.
	address string
	// console is the base address of operations over Connect.
	console string
}

// fatal is what a test and a random history have in common.
type fatal interface {
	Helper()
	Fatalf(format string, args ...any)
}

func newWorld(t *testing.T, change ...func(*mesh.Config)) *world {
	t.Helper()
	const free = "127.0.0.1:0"
	log := slog.New(slog.DiscardHandler)
	ctx, cancel := context.WithCancel(context.Background())
	config := mesh.Config{
		DatabaseURL: databasetest.BaseURL(t), Listen: free, RESTListen: free, OperationsListen: free, HealthListen: free, Roles: mesh.Roles(),
		ERP:       mesh.ERPConfig{MastersEvery: 500 * time.Millisecond, FirstPause: 200 * time.Millisecond, MaxPause: 2 * time.Second},
		Warehouse: wms.Config{PickDelay: 100 * time.Millisecond, ShipDelay: 300 * time.Millisecond, ShortBP: 1000},
	}
	for _, one := range change {
		one(&config)
	}
	running, err := mesh.StartWhole(ctx, mesh.WholeConfig{DataDir: t.TempDir(), Config: config}, log)
	if err != nil {
		cancel()
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		if err := running.Wait(); err != nil {
			t.Errorf("stop: %v", err)
		}
	})
	w := &world{console: running.Operations(), address: running.GRPC()}
	if w.Access, err = access.Open(running.REST(), running.GRPC(), 8); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	w.operator = operator(t, running.GRPC())
	w.fulfillment = fulfillmentv1.NewFulfillmentServiceClient(w.operator)
	databases, closeAll, err := mesh.OpenDatabases(t.Context(), running.DatabaseURL())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(closeAll)
	w.databases = databases
	w.masterData(t)
	return w
}

func operator(t *testing.T, address string) *grpc.ClientConn {
	t.Helper()
	conn, err := rpc.Dial(rpc.ClientConfig{Addr: address, Caller: "operator"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

var (
	skus     = []string{"A", "B", "C", "FEE"}
	nodes    = []string{"EAST", "WEST"}
	accounts = []string{"RICH", "POOR"}
	// tokens are how orders are paid, most of them on account.
	tokens = []string{"", "", "", "tok_ok", "tok_ok", "tok_timeout", "tok_decline", "tok_capture_decline"}
)

func (w *world) masterData(t *testing.T) {
	t.Helper()
	var items []*masterdatav1.Item
	var prices []*masterdatav1.Price
	for i, sku := range skus {
		kind := masterdatav1.ItemKind_ITEM_KIND_GOODS
		if sku == "FEE" {
			kind = masterdatav1.ItemKind_ITEM_KIND_SERVICE
		}
		items = append(items, &masterdatav1.Item{Sku: sku, Kind: kind, BaseUnit: "EA"})
		prices = append(prices, &masterdatav1.Price{PriceList: "BASE", Sku: sku, CurrencyCode: "GBP", UnitPrice: fmt.Sprintf("%d.3333", i+1)})
	}
	must(t)(w.MasterData.UpsertItems(t.Context(), &masterdatav1.UpsertItemsRequest{Items: items}))
	must(t)(w.MasterData.UpsertPrices(t.Context(), &masterdatav1.UpsertPricesRequest{Prices: prices}))
	must(t)(w.MasterData.UpsertNodes(t.Context(), &masterdatav1.UpsertNodesRequest{Nodes: []*masterdatav1.Node{{NodeId: nodes[0]}, {NodeId: nodes[1]}}}))
	must(t)(w.MasterData.UpsertAccounts(t.Context(), &masterdatav1.UpsertAccountsRequest{Accounts: []*masterdatav1.Account{
		{AccountId: "RICH", CurrencyCode: "GBP", UnlimitedCredit: true, TaxJurisdiction: "GB", EstimatedTaxRate: "0.2"},
		{AccountId: "POOR", CurrencyCode: "GBP", CreditLimitMinor: 10_000, TaxJurisdiction: "DE", EstimatedTaxRate: "0.19"},
	}}))
	eventually(t, "master data is everywhere", func() bool {
		orders, err := w.Order.CheckMasterData(t.Context(), &orderv1.CheckMasterDataRequest{Skus: skus, AccountIds: accounts})
		if err != nil || len(orders.GetUnknownSkus())+len(orders.GetUnknownAccountIds()) > 0 {
			return false
		}
		stock, err := w.Inventory.CheckMasterData(t.Context(), &inventoryv1.CheckMasterDataRequest{Skus: skus, NodeIds: nodes})
		return err == nil && len(stock.GetUnknownSkus())+len(stock.GetUnknownNodeIds()) == 0
	})
}

// must passes a call's error to the test.
func must(t fatal) func(any, error) {
	return func(_ any, err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%v", err)
		}
	}
}

func eventually(t fatal, what string, holds func() bool) {
	t.Helper()
	late := time.NewTimer(time.Minute)
	defer late.Stop()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-late.C:
			t.Fatalf("never: %s", what)
		}
	}
}

// sound is nil when every rule of every service holds now; at rest also those between the services.
func (w *world) sound(ctx context.Context, atRest bool) error {
	findings, err := own(ctx, mesh.Books(w.databases))
	if err != nil {
		return err
	}
	if atRest {
		between, err := betweenServices(ctx, mesh.Books(w.databases))
		if err != nil {
			return err
		}
		findings = append(findings, between...)
	}
	var broken []string
	for _, f := range findings {
		for _, b := range f.Breaks {
			broken = append(broken, fmt.Sprintf("%s (%s) %s: %s, but %s %s", f.Name, f.Rule, b.Entity, b.Left, b.Right, b.Detail))
		}
	}
	if len(broken) > 0 {
		return fmt.Errorf("broken:\n%s", strings.Join(broken, "\n"))
	}
	return nil
}
