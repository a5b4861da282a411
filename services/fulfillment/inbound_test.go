package fulfillment_test

import (
	"context"
	"fmt"
	"testing"

	"google.golang.org/protobuf/proto"

	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/internal/outbox"
	"github.com/waybill-dev/waybill/internal/rpc"
	"github.com/waybill-dev/waybill/internal/shard"
)

// newInbound is a world that knows some items and two places.
func newInbound(t testing.TB, choices ...func(*world)) *world {
	t.Helper()
	w := newWorld(t, choices...)
	goods, service := masterdatav1.ItemKind_ITEM_KIND_GOODS, masterdatav1.ItemKind_ITEM_KIND_SERVICE
	for _, item := range []*masterdatav1.Item{
		{Sku: "SKU-1", Kind: goods, BaseUnit: "EA"}, {Sku: "Lotted", Kind: goods, BaseUnit: "EA", LotTracked: true},
		{Sku: "METRE", Kind: goods, BaseUnit: "M", Scale: 2}, {Sku: "FEE", Kind: service, BaseUnit: "EA"},
	} {
		item.Version = 1
		w.publish(item.GetSku(), 1, &masterdatav1.ItemChanged{Sku: item.GetSku(), Item: item})
	}
	for _, node := range []string{"LEEDS", "YORK"} {
		w.publish(node, 1, &masterdatav1.NodeChanged{NodeId: node, Node: &masterdatav1.Node{NodeId: node, Version: 1}})
	}
	w.eventually("master data is known", func() bool {
		var items, nodes int
		err := w.db.Pool().QueryRow(t.Context(), `SELECT (SELECT count(*) FROM item), (SELECT count(*) FROM known_node)`).Scan(&items, &nodes)
		if err != nil {
			t.Fatal(err)
		}
		return items == 4 && nodes == 2
	})
	return w
}

// publish sends an event of another service over the broker. The outbox of the service under test carries it there.
func (w *world) publish(aggregate string, sequence int64, event proto.Message) {
	w.t.Helper()
	_, err := database.Tx(w.t.Context(), w.db, "publish", func(tx database.Transaction) (struct{}, error) {
		return struct{}{}, outbox.Add(w.t.Context(), tx, outbox.Event{
			Aggregate: aggregate, Sequence: sequence, Payload: event, Shard: int32(len(aggregate)) % int32(shard.Count),
		})
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// memo tells that all that is due on a return was credited.
func (w *world) memo(r *fulfillmentv1.Return) {
	w.t.Helper()
	memo := &billingv1.CreditMemo{CreditMemoId: id.Format("crm", id.New()), ReturnId: r.GetReturnId()}
	for _, line := range r.GetLines() {
		if due := line.GetCredited() - line.GetCreditIssued(); due > 0 {
			memo.Lines = append(memo.Lines, &billingv1.CreditMemoLine{
				Sku: line.GetSku(), ShipmentLineId: line.GetShipmentLineId(), Quantity: fmt.Sprint(due),
			})
		}
	}
	w.publish(memo.GetCreditMemoId(), 1, &billingv1.CreditMemoIssued{CreditMemoId: memo.GetCreditMemoId(), CreditMemo: memo})
}

// partner is the identity of a partner without the right to decide returns.
func partner(t testing.TB, name string) context.Context {
	t.Helper()
	return rpc.WithIdentity(t.Context(), rpc.Identity{Service: rpc.Gateway, Principal: name, Partner: name, Scopes: []string{"returns.write"}})
}

// operator is the identity of the console.
func operator(t testing.TB) context.Context {
	t.Helper()
	return rpc.WithIdentity(t.Context(), rpc.Identity{Service: "operator", Principal: "service:operator"})
}

// left makes an order of goods, ships all of it and gives the ids of the shipment's lines.
func (w *world) left(key string, quantities ...int64) []string {
	w.t.Helper()
	shipmentID := w.ship(shipment(w.create(order(key, quantities...)), key, quantities...))[0].GetShipmentId()
	reply, err := w.service.GetShipment(w.t.Context(), &fulfillmentv1.GetShipmentRequest{ShipmentId: shipmentID})
	if err != nil {
		w.t.Fatal(err)
	}
	var lines []string
	for _, line := range reply.GetShipment().GetLines() {
		lines = append(lines, line.GetShipmentLineId())
	}
	return lines
}

// request asks for a return of one line; it must not be refused.
func (w *world) request(ctx context.Context, key, line, quantity string) *fulfillmentv1.Return {
	w.t.Helper()
	reply, err := w.service.RequestReturn(ctx, returnRequest(key, line, quantity))
	if err != nil {
		w.t.Fatal(err)
	}
	return reply.GetReturnDocument()
}

func returnRequest(key, line, quantity string) *fulfillmentv1.RequestReturnRequest {
	return &fulfillmentv1.RequestReturnRequest{
		RequestId: key, Reason: "wrong size", Lines: []*fulfillmentv1.RequestReturnLine{{ShipmentLineId: line, Quantity: quantity}},
	}
}

func (w *world) getReturn(returnID string) *fulfillmentv1.Return {
	w.t.Helper()
	reply, err := w.service.GetReturn(w.t.Context(), &fulfillmentv1.GetReturnRequest{ReturnId: returnID})
	if err != nil {
		w.t.Fatal(err)
	}
	return reply.GetReturnDocument()
}

// receiveBack reports what came back over the wire, and gives the outcomes.
func (w *world) receiveBack(reports ...*fulfillmentv1.ReturnReceiptReport) []*fulfillmentv1.ReturnOutcome {
	w.t.Helper()
	reply, err := w.reports.RecordReturnReceipt(w.t.Context(), &fulfillmentv1.RecordReturnReceiptRequest{Reports: reports})
	if err != nil {
		w.t.Fatal(err)
	}
	return reply.GetOutcomes()
}

func (w *world) inspect(returnID string, lines ...*fulfillmentv1.InspectionLine) *fulfillmentv1.ReturnOutcome {
	w.t.Helper()
	reply, err := w.reports.RecordInspection(w.t.Context(), &fulfillmentv1.RecordInspectionRequest{
		Reports: []*fulfillmentv1.InspectionReport{{ReturnId: returnID, Document: "i1", Lines: lines}},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return reply.GetOutcomes()[0]
}

// wantFault expects a fault with a reason that names a field; an empty field expects none.
func wantFault(t testing.TB, err error, reason, field string) {
	t.Helper()
	refusal, ok := fault.As(err)
	if !ok || refusal.Reason != reason {
		t.Errorf("got %v, want %s", err, reason)
		return
	}
	if field != "" && (len(refusal.Fields) == 0 || refusal.Fields[0].Path != field) {
		t.Errorf("%s names %v, want %s", reason, refusal.Fields, field)
	}
}
