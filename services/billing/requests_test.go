package billing

import (
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"

	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	"github.com/waybill-dev/waybill/internal/bus"
	"github.com/waybill-dev/waybill/internal/id"
)

func claimOf(key string, order *orderv1.PricedOrder) *billingv1.CreditClaim {
	return &billingv1.CreditClaim{Key: key, Order: order}
}

// claim claims and returns the reasons of the refusals, empty where granted.
func (w *world) claim(claims ...*billingv1.CreditClaim) []string {
	w.t.Helper()
	reply, err := w.client.ClaimCredit(w.t.Context(), &billingv1.ClaimCreditRequest{Claims: claims})
	if err != nil {
		w.t.Fatal(err)
	}
	return convertAll(reply.GetOutcomes(), func(outcome *billingv1.CreditClaimOutcome) string { return outcome.GetRefusal().GetReason() })
}

// granted makes an order known, forced over any limit.
func (w *world) granted(orders ...*orderv1.PricedOrder) {
	w.t.Helper()
	for _, order := range orders {
		claim := claimOf("accept/"+order.GetOrderId(), order)
		claim.Forced = true
		if reasons := w.claim(claim); reasons[0] != "" {
			w.t.Fatalf("the claim is refused: %s", reasons[0])
		}
	}
}

func (w *world) release(releases ...*billingv1.CreditRelease) []int64 {
	w.t.Helper()
	reply, err := w.client.ReleaseCredit(w.t.Context(), &billingv1.ReleaseCreditRequest{Releases: releases})
	if err != nil {
		w.t.Fatal(err)
	}
	return reply.GetReleasedMinor()
}

// shipped makes a shipment of an order: quantities by line number, in pairs.
func shipped(order *orderv1.PricedOrder, pairs ...int64) *fulfillmentv1.ShipmentShipped {
	shipmentID := id.Format(id.Shipment, id.New())
	shipment := &fulfillmentv1.Shipment{ShipmentId: shipmentID, OrderId: order.GetOrderId()}
	for i := 0; i < len(pairs); i += 2 {
		shipment.Lines = append(shipment.Lines, &fulfillmentv1.ShipmentLine{
			ShipmentLineId: fmt.Sprintf("%s/%d", shipmentID, i/2+1), LineNumber: int32(pairs[i]), Quantity: pairs[i+1],
		})
	}
	return &fulfillmentv1.ShipmentShipped{ShipmentId: shipmentID, Shipment: shipment}
}

// ship delivers shipments in one batch.
func (w *world) ship(shipments ...*fulfillmentv1.ShipmentShipped) {
	w.t.Helper()
	if err := w.deliver(w.service.onShipmentShipped, convertAll(shipments, func(one *fulfillmentv1.ShipmentShipped) proto.Message { return one })...); err != nil {
		w.t.Fatal(err)
	}
}

// credit is the account's (receivable, not invoiced, open orders).
func (w *world) credit(account string) [3]int64 {
	w.t.Helper()
	reply, err := w.service.GetCreditStatus(w.t.Context(), &billingv1.GetCreditStatusRequest{AccountId: account})
	if err != nil {
		w.t.Fatal(err)
	}
	status := reply.GetStatus()
	return [3]int64{status.GetArOpenMinor(), status.GetShippedNotInvoicedMinor(), status.GetOpenOrdersMinor()}
}

func (w *world) wantCredit(account string, receivable, notInvoiced, openOrders int64) {
	w.t.Helper()
	if got := w.credit(account); got != [3]int64{receivable, notInvoiced, openOrders} {
		w.t.Errorf("credit of %s: %v, want %v", account, got, []int64{receivable, notInvoiced, openOrders})
	}
}

// invoices are all invoices, the newest first.
func (w *world) invoices() []*billingv1.Invoice {
	w.t.Helper()
	reply, err := w.service.ListInvoices(w.t.Context(), &billingv1.ListInvoicesRequest{PageSize: 500})
	if err != nil {
		w.t.Fatal(err)
	}
	return reply.GetInvoices()
}

// allIssued waits until so many invoices are issued and none is pending, and checks the invariants.
func (w *world) allIssued(n int) []*billingv1.Invoice {
	w.t.Helper()
	w.eventually(fmt.Sprintf("%d invoices are issued", n), func() bool { return w.count("invoice WHERE state = 'ISSUED'") == n })
	w.holds()
	return w.invoices()
}

// count counts rows.
func (w *world) count(from string) int {
	w.t.Helper()
	var n int
	if err := w.db.Pool().QueryRow(w.t.Context(), "SELECT count(*) FROM "+from).Scan(&n); err != nil {
		w.t.Fatal(err)
	}
	return n
}

// told counts the events of a type in the outbox, which nobody empties in a world without a bus.
func (w *world) told(kind string) int {
	w.t.Helper()
	rows, err := w.db.Pool().Query(w.t.Context(), "SELECT envelope FROM outbox")
	if err != nil {
		w.t.Fatal(err)
	}
	defer rows.Close()
	n := 0
	for rows.Next() {
		var envelope []byte
		if err := rows.Scan(&envelope); err != nil {
			w.t.Fatal(err)
		}
		event, err := bus.ParseEnvelope(envelope)
		if err != nil {
			w.t.Fatal(err)
		}
		if event.Type == "waybill."+kind+".v1" {
			n++
		}
	}
	return n
}

// holds checks every invariant.
func (w *world) holds() {
	w.t.Helper()
	for _, check := range Checks() {
		breaks, err := check.Run(w.t.Context(), w.db)
		if err != nil {
			w.t.Errorf("%s: %v", check.Name, err)
		}
		for _, one := range breaks {
			w.t.Errorf("%s: %s: %s is not %s: %s", check.Name, one.Entity, one.Left, one.Right, one.Detail)
		}
	}
}

// eventually waits for a condition that another goroutine brings about and no signal tells.
func (w *world) eventually(what string, condition func() bool) {
	w.t.Helper()
	deadline := time.Now().Add(patience)
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !condition() {
		if time.Now().After(deadline) {
			w.t.Fatalf("not within %s: %s", patience, what)
		}
		<-tick.C
	}
}
