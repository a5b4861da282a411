package inventory

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
	"github.com/waybill-dev/waybill/internal/fault"
)

func (w *world) request() string {
	w.requests++
	return fmt.Sprintf("request %d", w.requests)
}

// adjust makes adjustments that must not be refused.
func (w *world) adjust(adjustments ...*inventoryv1.StockAdjustment) *inventoryv1.AdjustStockResponse {
	w.t.Helper()
	reply, err := w.operator.AdjustStock(w.t.Context(), &inventoryv1.AdjustStockRequest{
		RequestId: w.request(), Adjustments: adjustments,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return reply
}

// transfer ships from N1 to N2.
func (w *world) transfer(sku, lot, quantity string) *inventoryv1.Transfer {
	w.t.Helper()
	reply, err := w.operator.ShipTransfer(w.t.Context(), &inventoryv1.ShipTransferRequest{
		RequestId: w.request(), FromNodeId: "N1", ToNodeId: "N2",
		Items: []*inventoryv1.TransferItem{{Sku: sku, Lot: lot, Quantity: quantity}},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return reply.GetTransfer()
}

// mustHave compares a balance without its version and times.
func (w *world) mustHave(want *inventoryv1.Balance) {
	w.t.Helper()
	ignore := protocmp.IgnoreFields(&inventoryv1.Balance{}, "as_of", "version")
	if diff := cmp.Diff(want, w.balance(want.GetSku(), want.GetNodeId()), protocmp.Transform(), ignore); diff != "" {
		w.t.Errorf("%s in %s:\n%s", want.GetSku(), want.GetNodeId(), diff)
	}
}

// mustRefuse compares a fault and its fields.
func mustRefuse(t *testing.T, err error, kind fault.Kind, reason string, paths ...string) {
	t.Helper()
	got, ok := fault.As(err)
	if !ok || got.Kind != kind || got.Reason != reason {
		t.Fatalf("error %v, want %v %s", err, kind, reason)
	}
	var found []string
	for _, field := range got.Fields {
		found = append(found, field.Path)
	}
	if diff := cmp.Diff(paths, found, cmpopts.EquateEmpty()); diff != "" {
		t.Error(diff)
	}
}

func TestAdjustComparesBeforeItSets(t *testing.T) {
	w := newWorld(t)
	w.stock("A", "N1", "5")
	seen := w.balance("A", "N1")
	w.stock("A", "N1", "1")
	try := func(change func(*inventoryv1.StockAdjustment)) error {
		asked := adjustment("A", "N1", "2")
		change(asked)
		_, err := w.operator.AdjustStock(t.Context(), &inventoryv1.AdjustStockRequest{
			RequestId: w.request(), Adjustments: []*inventoryv1.StockAdjustment{asked},
		})
		return err
	}
	mustRefuse(t, try(func(a *inventoryv1.StockAdjustment) { a.ExpectedOnHand = "5" }), fault.Precondition, "STALE",
		"adjustments[0].expected_on_hand")
	err := try(func(a *inventoryv1.StockAdjustment) { a.ExpectedVersion = seen.GetVersion() })
	mustRefuse(t, err, fault.Precondition, "STALE", "adjustments[0].expected_version")
	stale, _ := fault.As(err)
	if stale.Fields[0].Message != "the balance has version 2" {
		t.Errorf("the present value is not named: %+v", stale.Fields)
	}
	if err := try(func(a *inventoryv1.StockAdjustment) { a.ExpectedOnHand, a.ExpectedVersion = "6", 2 }); err != nil {
		t.Error(err)
	}
	w.mustHave(&inventoryv1.Balance{Sku: "A", NodeId: "N1", OnHand: 8, Available: 8})
}

func TestAdjustPolicies(t *testing.T) {
	w := newWorld(t)
	w.stock("A", "N1", "5")
	w.reserve(request("ord_1", 3))
	try := func(quantity string, policy inventoryv1.OutflowPolicy) error {
		asked := adjustment("A", "N1", quantity)
		asked.OutflowPolicy = policy
		_, err := w.operator.AdjustStock(t.Context(), &inventoryv1.AdjustStockRequest{
			RequestId: w.request(), Adjustments: []*inventoryv1.StockAdjustment{asked},
		})
		return err
	}
	mustRefuse(t, try("-3", inventoryv1.OutflowPolicy_OUTFLOW_POLICY_AVAILABLE_ONLY), fault.Precondition, "NEGATIVE_AVAILABLE",
		"adjustments[0].quantity")
	if err := try("-3", inventoryv1.OutflowPolicy_OUTFLOW_POLICY_REVOKE); err != nil {
		t.Error(err)
	}
	w.mustHave(&inventoryv1.Balance{Sku: "A", NodeId: "N1", OnHand: 2, Reserved: 2})
	mustRefuse(t, try("-3", inventoryv1.OutflowPolicy_OUTFLOW_POLICY_REVOKE), fault.Precondition, "NEGATIVE_AVAILABLE",
		"adjustments[0].quantity")
	if err := try("-3", inventoryv1.OutflowPolicy_OUTFLOW_POLICY_RECORD); err != nil {
		t.Error(err)
	}
	w.mustHave(&inventoryv1.Balance{Sku: "A", NodeId: "N1", OnHand: 2, Reserved: 2, Frozen: true})
	w.stock("A", "N1", "1") // what was missing turns up: the fact is posted
	w.mustHave(&inventoryv1.Balance{Sku: "A", NodeId: "N1"})
	if told := toldOf[*inventoryv1.StockUnfrozen](w); len(told) != 1 {
		t.Errorf("unfrozen was told %d times", len(told))
	}
}

func TestStatusChangesFollowThePromises(t *testing.T) {
	w := newWorld(t)
	w.stock("A", "N1", "5")
	w.reserve(request("ord_1", 4))
	change := func(quantity string, from, to inventoryv1.StockStatus) error {
		_, err := w.operator.ChangeStockStatus(t.Context(), &inventoryv1.ChangeStockStatusRequest{
			RequestId: w.request(), Changes: []*inventoryv1.StockStatusChange{{
				Sku: "a", NodeId: "N1", Quantity: quantity, FromStatus: from, ToStatus: to, Reason: "WATER", SourceDocument: "D-1",
			}},
		})
		return err
	}
	sellable, hold, damaged := inventoryv1.StockStatus_STOCK_STATUS_SELLABLE, inventoryv1.StockStatus_STOCK_STATUS_QUALITY_HOLD,
		inventoryv1.StockStatus_STOCK_STATUS_DAMAGED
	if err := change("3", sellable, hold); err != nil {
		t.Fatal(err)
	}
	w.mustHave(&inventoryv1.Balance{Sku: "A", NodeId: "N1", OnHand: 5, QualityHold: 3, Reserved: 2})
	if err := change("1", hold, damaged); err != nil {
		t.Fatal(err)
	}
	mustRefuse(t, change("3", hold, sellable), fault.Precondition, "BUCKET_SHORT", "changes[0].quantity")
	mustRefuse(t, change("1", hold, hold), fault.Invalid, "SAME_STATUS", "changes[0].to_status")
	if err := change("2", hold, sellable); err != nil { // goes to the demand that was revoked
		t.Fatal(err)
	}
	w.mustHave(&inventoryv1.Balance{Sku: "A", NodeId: "N1", OnHand: 5, Damaged: 1, Reserved: 4})
}

func TestLotsAddUp(t *testing.T) {
	w := newWorld(t)
	lot := func(name, quantity, expires string) *inventoryv1.StockAdjustment {
		return &inventoryv1.StockAdjustment{
			Sku: "L", NodeId: "N1", Quantity: quantity, Reason: "OPENING_STOCK", Lot: name, LotExpiresOn: expires,
		}
	}
	w.adjust(lot("L1", "5", "2999-01-01"), lot("L2", "3", "2020-01-01"), lot("L3", "2", ""))
	for name, asked := range map[string]*inventoryv1.StockAdjustment{
		"LOT_REQUIRED": lot("", "1", ""), "LOT_NOT_TRACKED": {Sku: "A", NodeId: "N1", Quantity: "1", Reason: "X", Lot: "L1"},
		"LOT_SHORT": lot("L3", "-3", ""),
	} {
		_, err := w.operator.AdjustStock(t.Context(), &inventoryv1.AdjustStockRequest{
			RequestId: w.request(), Adjustments: []*inventoryv1.StockAdjustment{asked},
		})
		if fault.ReasonOf(err) != name {
			t.Errorf("%v, want %s", err, name)
		}
	}
	if err := w.service.sweepExpired(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.mustHave(&inventoryv1.Balance{Sku: "L", NodeId: "N1", OnHand: 10, QualityHold: 3, Available: 7})

	// A warehouse ships of a lot that we believe smaller: the other lots were taken before in its place.
	event := shipped("ord_1", 1, 4)
	event.Shipment.Lines[0].Sku, event.Shipment.Lines[0].Lot = "L", "L3"
	w.facts(event)
	reply, err := w.operator.ListLots(t.Context(), &inventoryv1.ListLotsRequest{Sku: "l", IncludeEmpty: true})
	if err != nil {
		t.Fatal(err)
	}
	want := []*inventoryv1.Lot{
		{Sku: "L", NodeId: "N1", Lot: "L1", OnHand: 3, ExpiresOn: "2999-01-01"},
		{Sku: "L", NodeId: "N1", Lot: "L2", OnHand: 3, QualityHold: 3, ExpiresOn: "2020-01-01"},
		{Sku: "L", NodeId: "N1", Lot: "L3"},
	}
	if diff := cmp.Diff(want, reply.GetLots(), protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
	first, err := w.operator.ListLots(t.Context(), &inventoryv1.ListLotsRequest{Sku: "L", PageSize: 1})
	if err != nil {
		t.Fatal(err)
	}
	second, err := w.operator.ListLots(t.Context(), &inventoryv1.ListLotsRequest{Sku: "L", PageSize: 1, PageToken: first.GetNextPageToken()})
	if err != nil || second.GetLots()[0].GetLot() != "L2" || second.GetNextPageToken() != "" {
		t.Errorf("second page %v, %v", second, err)
	}
}

func TestLedgerIsReadByItemAndByDocument(t *testing.T) {
	w := newWorld(t)
	w.stock("A", "N1", "5")
	w.stock("B", "N1", "5")
	moved := w.transfer("A", "", "2")
	read := func(req *inventoryv1.ListMovementsRequest) []string {
		var found []string
		for {
			reply, err := w.operator.ListMovements(t.Context(), req)
			if err != nil {
				t.Fatal(err)
			}
			for _, entry := range reply.GetEntries() {
				m := entry.GetMovement()
				found = append(found, fmt.Sprintf("%s %s→%s %d", entry.GetSku(), m.GetFromBucket(), m.GetToBucket(), m.GetQuantity()))
			}
			if reply.GetNextPageToken() == "" {
				return found
			}
			req = proto.CloneOf(req)
			req.PageToken = reply.GetNextPageToken()
		}
	}
	for name, test := range map[string]struct {
		req  *inventoryv1.ListMovementsRequest
		want []string
	}{
		"item, page by page": {
			&inventoryv1.ListMovementsRequest{Sku: "a", PageSize: 1}, []string{"A ADJUSTMENT→SELLABLE 5", "A SELLABLE→TRANSIT 2"},
		},
		"document": {
			&inventoryv1.ListMovementsRequest{SourceDocument: "ASN-1", PageSize: 1},
			[]string{"A ADJUSTMENT→SELLABLE 5", "B ADJUSTMENT→SELLABLE 5"},
		},
		"item and document": {
			&inventoryv1.ListMovementsRequest{Sku: "A", SourceDocument: moved.GetTransferId()}, []string{"A SELLABLE→TRANSIT 2"},
		},
		"another place": {&inventoryv1.ListMovementsRequest{Sku: "A", NodeId: "N2"}, nil},
	} {
		if diff := cmp.Diff(test.want, read(test.req)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	places, err := w.operator.ListBalances(t.Context(), &inventoryv1.ListBalancesRequest{NodeIds: []string{"N2"}})
	if err != nil || len(places.GetBalances()) != 0 {
		t.Errorf("balances of N2: %v, %v", places, err)
	}
	_, err = w.operator.ListMovements(t.Context(), &inventoryv1.ListMovementsRequest{})
	mustRefuse(t, err, fault.Invalid, "FILTER_REQUIRED", "sku")
}
