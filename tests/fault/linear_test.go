package fault

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
	"golang.org/x/sync/errgroup"

	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
)

const (
	clients = 6
	// fewStockFaults are for every run; a history of more than maxStockFaults takes long to explain.
	fewStockFaults, maxStockFaults = 8, 60
	// searchTime bounds the search for an order of the steps that explains their answers.
	searchTime = 2 * time.Minute
)

// Clients reserve, hold, give back, ship, adjust and look through two processes of the inventory service that share a
// database, while those are killed and their connections cut. What each of them heard must be what one of them after the
// other would have heard from a single shelf.
func TestStockIsLinearizable(t *testing.T) {
	if testing.Short() {
		t.Skip("runs processes")
	}
	seed := number(t, seedEnv, uint64(time.Now().UnixNano()))
	t.Logf("seed %d: %s=%d repeats the draws", seed, seedEnv, seed)
	faults := min(int(number(t, faultsEnv, fewStockFaults)), maxStockFaults)
	h, report, err := stockHistory(t, binary(t), seed, steps(faults), faults, patience, stockFaults())
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d steps; %s", len(h.steps), report)
	if verdict := linearizable(t, h); verdict != porcupine.Ok {
		t.Errorf("no order of the steps explains the answers (%s), seed %d", verdict, seed)
	}
}

// steps is how many requests a client makes while so many faults are injected.
func steps(faults int) int { return 30 + 4*faults }

// stockHistory has clients work on stock under faults and returns what they heard.
func stockHistory(t *testing.T, binary string, seed uint64, steps, faults int, patience time.Duration, kinds []trouble) (*history, *tally, error) {
	t.Helper()
	s := newSystem(t, binary, "masterdata", "inventory", "fulfillment")
	s.shelves()
	h := &history{began: time.Now()}
	ctx := t.Context()
	var group errgroup.Group
	for n := range clients {
		one := &client{
			number: n, random: rand.New(rand.NewPCG(seed, uint64(n))), history: h, patience: patience,
			order:       inventoryv1.NewInventoryServiceClient(s.call("inventory", "order")),
			operator:    inventoryv1.NewInventoryServiceClient(s.call("inventory", "operator")),
			fulfillment: fulfillmentv1.NewFulfillmentServiceClient(s.call("fulfillment", "order")),
			warehouse:   fulfillmentv1.NewFulfillmentServiceClient(s.call("fulfillment", "connector-wms")),
		}
		group.Go(func() error {
			err := one.work(ctx, steps)
			return errors.Join(err, one.open.Wait())
		})
	}
	injector := newInjector(s, seed, kinds, "inventory")
	injected := make(chan struct{})
	go func() {
		defer close(injected)
		injector.inject(ctx, faults)
	}()
	err := group.Wait()
	injector.stop()
	<-injected
	return h, injector.tally, errors.Join(err, injector.tally.first)
}

// linearizable checks the history, and draws a picture of one that is not.
func linearizable(t *testing.T, h *history) porcupine.CheckResult {
	t.Helper()
	began := time.Now()
	verdict, info := porcupine.CheckOperationsVerbose(model, h.steps, searchTime)
	t.Logf("the search took %s", time.Since(began))
	if verdict == porcupine.Ok {
		return verdict
	}
	path := filepath.Join(work, fmt.Sprintf("history-%d.html", time.Now().UnixNano()))
	file, err := os.Create(path)
	if err == nil {
		err = porcupine.Visualize(model, info, file)
		_ = file.Close()
	}
	t.Logf("the history is drawn in %s (%v)", path, err)
	return verdict
}

// shelves are the items and places of the histories.
func (s *system) shelves() {
	s.t.Helper()
	conn := s.call("masterdata", "operator")
	masterdata := masterdatav1.NewMasterDataServiceClient(conn)
	var items []*masterdatav1.Item
	for _, sku := range []string{"A", "B", "HOLD"} {
		items = append(items, &masterdatav1.Item{Sku: sku, Kind: masterdatav1.ItemKind_ITEM_KIND_GOODS, BaseUnit: "EA"})
	}
	ctx := s.t.Context()
	if _, err := masterdata.UpsertItems(ctx, &masterdatav1.UpsertItemsRequest{Items: items}); err != nil {
		s.t.Fatal(err)
	}
	nodes := &masterdatav1.UpsertNodesRequest{Nodes: []*masterdatav1.Node{{NodeId: "N1"}, {NodeId: "N2"}}}
	if _, err := masterdata.UpsertNodes(ctx, nodes); err != nil {
		s.t.Fatal(err)
	}
	stock := inventoryv1.NewInventoryServiceClient(s.call("inventory", "operator"))
	s.eventually("the items are known", func() error {
		known, err := stock.CheckMasterData(ctx, &inventoryv1.CheckMasterDataRequest{Skus: []string{"A", "B", "HOLD"}, NodeIds: []string{"N1", "N2"}})
		if n := len(known.GetUnknownSkus()) + len(known.GetUnknownNodeIds()); err == nil && n > 0 {
			return fmt.Errorf("%d are not", n)
		}
		return err
	})
}

// Reservations that are broken on purpose, in the real code.
var brokenReservations = map[string][]edit{
	"what is promised is not taken": {{
		"services/inventory/internal/domain/reserve.go",
		"\t\t\ts.promise(s.stocks[StockKey{line.SKU, placed.Node}], reservation.Channel, placed.Quantity)\n", "",
	}},
	// Only clients at two processes can see this one: each process lets its own transactions take turns.
	"replicas decide on what the other one changes": {{
		"internal/database/tx.go",
		"pgx.TxOptions{IsoLevel: pgx.Serializable})\n\tif err != nil {\n\t\treturn failed,",
		"pgx.TxOptions{IsoLevel: pgx.ReadCommitted})\n\tif err != nil {\n\t\treturn failed,",
	}, {
		"services/inventory/internal/store/queries.sql.go",
		"FROM balance WHERE sku = ANY($1::text[]) ORDER BY sku, node_id FOR UPDATE",
		"FROM balance WHERE sku = ANY($1::text[]) ORDER BY sku, node_id",
	}, {
		"services/inventory/internal/store/queries.sql.go",
		"b.sku = wanted.sku AND b.node_id = wanted.node_id LIMIT 1 FOR UPDATE)",
		"b.sku = wanted.sku AND b.node_id = wanted.node_id LIMIT 1)",
	}},
}

// The check finds a reservation that is broken, with the same clients.
func TestABrokenReservationIsFound(t *testing.T) {
	if os.Getenv(plantedEnv) == "" {
		t.Skipf("%s is not set: each defect builds the binary anew", plantedEnv)
	}
	for name, defect := range brokenReservations {
		t.Run(name, func(t *testing.T) {
			broken := planted(t, "broken", defect)
			// A database that answers late gives clients the time to meet.
			h, report, err := stockHistory(t, broken, 1, steps(12), 60, littlePatience, []trouble{{"database late", 1, delayDatabase}})
			t.Logf("%d steps; %s", len(h.steps), report)
			if err != nil {
				t.Logf("some steps fail outright: %v", err)
			}
			if verdict := linearizable(t, h); verdict != porcupine.Illegal {
				t.Errorf("the history passes (%s) with the defect", verdict)
			}
		})
	}
}
