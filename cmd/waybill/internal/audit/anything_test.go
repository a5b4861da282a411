package audit

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/types/known/durationpb"
	"pgregory.net/rapid"

	commonv1 "github.com/waybill-dev/waybill/gen/waybill/common/v1"
	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/id"
)

// A whole system on a real database is given random commands, and facts that nobody expects beside those of the sandbox
// warehouse, some of them twice. After each step the rules of every service hold; when nothing moves any more, those
// between the services hold too.
func TestInvariantsHoldWhateverHappens(t *testing.T) {
	w := newWorld(t)
	rapid.Check(t, func(r *rapid.T) {
		m := &machine{world: w, ctx: t.Context(), prefix: uuid.NewString()[:8]}
		r.Repeat(rapid.StateMachineActions(m))
		m.rest(r)
	})
}

// machine draws commands and facts.
type machine struct {
	*world
	ctx       context.Context
	prefix    string
	sent      []*orderv1.SubmitOrderRequest
	orders    []string
	picks     []*fulfillmentv1.RecordPickRequest
	ships     []*fulfillmentv1.RecordShipmentRequest
	returns   []string
	keys      int
	snapshots int
}

func (m *machine) key() string {
	m.keys++
	return fmt.Sprintf("%s-%d", m.prefix, m.keys)
}

// allowed fails the history when a call did: a refusal is an answer, a defect is none.
func allowed(r *rapid.T, err error) {
	if err == nil {
		return
	}
	refusal, ok := fault.As(err)
	if !ok || refusal.Kind == fault.Internal || refusal.Kind == fault.Unavailable {
		r.Fatalf("%v", err)
	}
}

func (m *machine) Submit(r *rapid.T) {
	request := &orderv1.SubmitOrderRequest{
		RequestId: m.key(), ExternalOrderId: m.key(), AccountId: rapid.SampledFrom(accounts).Draw(r, "account"), CurrencyCode: "GBP",
		PartnerId: "P", FulfillmentPolicy: orderv1.FulfillmentPolicy(rapid.IntRange(1, 3).Draw(r, "policy")),
		Wait: durationpb.New(0),
	}
	if token := rapid.SampledFrom(tokens).Draw(r, "token"); token != "" {
		request.PaymentMethod = &orderv1.PaymentMethod{Provider: "sandbox", Token: token}
	}
	for range rapid.IntRange(1, 4).Draw(r, "lines") {
		request.Lines = append(request.Lines, &orderv1.SubmitOrderLine{
			Sku:      rapid.SampledFrom(skus).Draw(r, "sku"),
			Quantity: &commonv1.Quantity{Value: strconv.Itoa(rapid.IntRange(1, 20).Draw(r, "quantity"))},
		})
	}
	m.submit(r, request)
	m.sent = append(m.sent, request)
}

// SubmitAgain sends an order a second time.
func (m *machine) SubmitAgain(r *rapid.T) {
	if len(m.sent) == 0 {
		r.Skip("nothing was sent")
	}
	m.submit(r, rapid.SampledFrom(m.sent).Draw(r, "request"))
}

func (m *machine) submit(r *rapid.T, request *orderv1.SubmitOrderRequest) {
	reply, err := m.Order.SubmitOrder(m.ctx, request)
	if allowed(r, err); err == nil {
		m.orders = append(m.orders, reply.GetOrder().GetOrderId())
	}
}

func (m *machine) someOrder(r *rapid.T) string {
	if len(m.orders) == 0 {
		r.Skip("no order yet")
	}
	return rapid.SampledFrom(m.orders).Draw(r, "order")
}

func (m *machine) Cancel(r *rapid.T) {
	request := &orderv1.CancelOrderRequest{RequestId: m.key(), OrderId: m.someOrder(r), Reason: "changed my mind"}
	if rapid.Bool().Draw(r, "a part") {
		request.Lines = []*orderv1.CancelLine{{LineNumber: 1, Quantity: strconv.Itoa(rapid.IntRange(1, 8).Draw(r, "quantity"))}}
	}
	_, err := m.Order.CancelOrder(m.ctx, request)
	allowed(r, err)
}

func (m *machine) ReleaseHold(r *rapid.T) {
	_, err := m.Order.ReleaseHold(m.ctx, &orderv1.ReleaseHoldRequest{
		RequestId: m.key(), OrderId: m.someOrder(r), Type: orderv1.HoldType_HOLD_TYPE_CREDIT, Reason: "known customer",
	})
	allowed(r, err)
}

func (m *machine) Adjust(r *rapid.T) {
	quantity := rapid.IntRange(-15, 40).Filter(func(q int) bool { return q != 0 }).Draw(r, "quantity")
	_, err := m.Inventory.AdjustStock(m.ctx, &inventoryv1.AdjustStockRequest{
		RequestId: m.key(), Adjustments: []*inventoryv1.StockAdjustment{{
			Sku: rapid.SampledFrom(skus[:3]).Draw(r, "sku"), NodeId: rapid.SampledFrom(nodes).Draw(r, "node"),
			Quantity: strconv.Itoa(quantity), Reason: "COUNT",
		}},
	})
	allowed(r, err)
}

// someFulfillment is an order that a warehouse has, or had.
func (m *machine) someFulfillment(r *rapid.T) *fulfillmentv1.Fulfillment {
	var one uuid.UUID
	err := m.databases["fulfillment"].Pool().QueryRow(m.ctx,
		`SELECT fulfillment_id FROM fulfillment WHERE node_id <> '' ORDER BY created_at DESC LIMIT 1 OFFSET $1`,
		rapid.IntRange(0, 6).Draw(r, "how old")).Scan(&one)
	if err != nil {
		r.Skip("no warehouse has an order yet")
	}
	reply, err := m.fulfillment.GetFulfillment(m.ctx, &fulfillmentv1.GetFulfillmentRequest{FulfillmentId: id.Format(id.Fulfillment, one)})
	if allowed(r, err); err != nil {
		r.Skip(err)
	}
	return reply.GetFulfillment()
}

func (m *machine) someLine(r *rapid.T, of *fulfillmentv1.Fulfillment) *fulfillmentv1.FulfillmentLine {
	return rapid.SampledFrom(of.GetLines()).Draw(r, "line")
}

func (m *machine) Pick(r *rapid.T) {
	one := m.someFulfillment(r)
	line := m.someLine(r, one)
	count := rapid.Int64Range(0, line.GetRequested()+1)
	request := &fulfillmentv1.RecordPickRequest{Reports: []*fulfillmentv1.PickReport{{
		FulfillmentId: one.GetFulfillmentId(), Lines: []*fulfillmentv1.PickLine{{
			LineNumber: line.GetLineNumber(), Picked: count.Draw(r, "picked"), Packed: count.Draw(r, "packed"), Shorted: count.Draw(r, "shorted"),
		}},
	}}}
	_, err := m.fulfillment.RecordPick(m.ctx, request)
	allowed(r, err)
	m.picks = append(m.picks, request)
}

// ReportAgain repeats a report that may be long out of date.
func (m *machine) ReportAgain(r *rapid.T) {
	if len(m.picks) > 0 {
		_, err := m.fulfillment.RecordPick(m.ctx, rapid.SampledFrom(m.picks).Draw(r, "pick"))
		allowed(r, err)
	}
	if len(m.ships) > 0 {
		_, err := m.fulfillment.RecordShipment(m.ctx, rapid.SampledFrom(m.ships).Draw(r, "shipment"))
		allowed(r, err)
	}
}

// Ship reports what the sandbox warehouse knows nothing of: a part, more than was asked for, after the end.
func (m *machine) Ship(r *rapid.T) {
	one := m.someFulfillment(r)
	line := m.someLine(r, one)
	request := &fulfillmentv1.RecordShipmentRequest{Shipments: []*fulfillmentv1.ShipmentReport{{
		FulfillmentId: one.GetFulfillmentId(), WarehouseShipmentId: m.key(), Final: rapid.IntRange(0, 3).Draw(r, "final") == 0,
		Lines: []*fulfillmentv1.ShipmentReportLine{{
			LineNumber: line.GetLineNumber(), Quantity: rapid.Int64Range(1, line.GetRequested()+2).Draw(r, "quantity"),
		}},
	}}}
	_, err := m.fulfillment.RecordShipment(m.ctx, request)
	allowed(r, err)
	m.ships = append(m.ships, request)
}

func (m *machine) Reject(r *rapid.T) {
	_, err := m.fulfillment.RecordAcknowledgement(m.ctx, &fulfillmentv1.RecordAcknowledgementRequest{
		Acknowledgements: []*fulfillmentv1.Acknowledgement{{
			FulfillmentId: m.someFulfillment(r).GetFulfillmentId(), Rejected: rapid.Bool().Draw(r, "rejected"), Reason: "no room",
		}},
	})
	allowed(r, err)
}

func (m *machine) AnswerStop(r *rapid.T) {
	_, err := m.fulfillment.RecordCancellation(m.ctx, &fulfillmentv1.RecordCancellationRequest{
		Reports: []*fulfillmentv1.CancellationReport{{
			FulfillmentId: m.someFulfillment(r).GetFulfillmentId(), Accepted: rapid.Bool().Draw(r, "accepted"),
		}},
	})
	allowed(r, err)
}

// Check runs after each step.
func (m *machine) Check(r *rapid.T) {
	if err := m.sound(m.ctx, false); err != nil {
		r.Fatalf("%v", err)
	}
}

// standstill is how long a history may stand still before it counts as stuck. Nothing waits for so long by itself: retries come
// within a minute, and a process slows down only after ten.
const standstill = 2 * time.Minute

// rest waits until nothing moves, and then compares the services. A slow machine has all the time that it needs: the history
// fails when it stands still.
func (m *machine) rest(r *rapid.T) {
	var last error
	reached := m.progress(r)
	late := time.NewTimer(standstill)
	defer late.Stop()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		counts, err := m.Order.CountOrders(m.ctx, &orderv1.CountOrdersRequest{})
		switch {
		case err != nil:
			last = err
		case counts.GetMoving() > 0:
			last = fmt.Errorf("%d orders are still moving: %v", counts.GetMoving(), counts.GetCounts())
		default:
			if last = m.sound(m.ctx, true); last == nil {
				return
			}
		}
		if now := m.progress(r); now != reached {
			reached = now
			late.Reset(standstill)
		}
		select {
		case <-tick.C:
		case <-late.C:
			r.Fatalf("stands still and is not at rest: %v\n%s", last, m.moving())
		}
	}
}

// progress changes whenever a service does something: saves an order or a process, publishes, or hears of something.
func (m *machine) progress(r *rapid.T) string {
	var all string
	for _, name := range slices.Sorted(maps.Keys(m.databases)) {
		var one string
		if err := m.databases[name].Pool().QueryRow(m.ctx, `SELECT concat_ws('/', (SELECT sum(sequence)::text FROM inbox_cursor),
			(SELECT count(*)::text FROM inbox_parked), (SELECT count(*)::text FROM outbox))`).Scan(&one); err != nil {
			r.Fatalf("progress of %s: %v", name, err)
		}
		all += name + " " + one + " "
	}
	var orders string
	if err := m.databases["order"].Pool().QueryRow(m.ctx, `SELECT concat_ws('/', (SELECT sum(version)::text FROM order_state),
		(SELECT sum(version)::text FROM process))`).Scan(&orders); err != nil {
		r.Fatalf("progress of the orders: %v", err)
	}
	return all + orders
}

// moving shows the orders at which somebody is still at work.
func (m *machine) moving() string {
	var shown string
	rows, err := m.databases["order"].Pool().Query(m.ctx, `SELECT s.order_id::text || ' ' || s.status || ' ' || s.policy || ' ' ||
		s.lines::text || ' ' || s.progress::text || ' ' || coalesce(p.kind || ' ' || p.state || ' ' || p.steps::text, 'no process')
		FROM order_state AS s LEFT JOIN process AS p ON p.order_id = s.order_id WHERE s.moving LIMIT 5`)
	if err != nil {
		return err.Error()
	}
	defer rows.Close()
	for rows.Next() {
		var one string
		if err := rows.Scan(&one); err != nil {
			return err.Error()
		}
		shown += one + "\n"
	}
	return shown
}
