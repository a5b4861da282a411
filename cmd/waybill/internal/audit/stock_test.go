package audit

import (
	"strconv"

	"google.golang.org/protobuf/types/known/durationpb"
	"pgregory.net/rapid"

	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
)

func (m *machine) someItem(r *rapid.T) string { return rapid.SampledFrom(skus[:3]).Draw(r, "sku") }

func (m *machine) someNode(r *rapid.T) string { return rapid.SampledFrom(nodes).Draw(r, "node") }

func someQuantity(r *rapid.T, most int) string {
	return strconv.Itoa(rapid.IntRange(1, most).Draw(r, "quantity"))
}

// Count has somebody go and look, and find what there is or something else; the result comes twice.
func (m *machine) Count(r *rapid.T) {
	sku := m.someItem(r)
	started, err := m.Inventory.StartCount(m.ctx, &inventoryv1.StartCountRequest{
		RequestId: m.key(), NodeId: m.someNode(r), Items: []*inventoryv1.StockCountItem{{Sku: sku}},
	})
	if allowed(r, err); err != nil {
		return
	}
	result := &inventoryv1.RecordCountRequest{
		RequestId: m.key(), CountId: started.GetCount().GetCountId(),
		Results: []*inventoryv1.StockCountResult{{Sku: sku, Quantity: strconv.Itoa(rapid.IntRange(0, 40).Draw(r, "found"))}},
	}
	for range 2 {
		_, err = m.Inventory.RecordCount(m.ctx, result)
		allowed(r, err)
	}
}

// Transfer sends goods from one place to the other, where less, as much or more comes; what does not come may be given up.
func (m *machine) Transfer(r *rapid.T) {
	sku, from, to := m.someItem(r), nodes[0], nodes[1]
	if rapid.Bool().Draw(r, "back") {
		from, to = to, from
	}
	sent, err := m.Inventory.ShipTransfer(m.ctx, &inventoryv1.ShipTransferRequest{
		RequestId: m.key(), FromNodeId: from, ToNodeId: to,
		Items: []*inventoryv1.TransferItem{{Sku: sku, Quantity: someQuantity(r, 12)}},
	})
	if allowed(r, err); err != nil {
		return
	}
	arrival := &inventoryv1.ReceiveTransferRequest{
		RequestId: m.key(), TransferId: sent.GetTransfer().GetTransferId(),
		Arrivals: []*inventoryv1.TransferArrival{{Position: 1, Quantity: someQuantity(r, 14)}},
	}
	for range rapid.IntRange(0, 2).Draw(r, "arrives") {
		_, err = m.Inventory.ReceiveTransfer(m.ctx, arrival)
		allowed(r, err)
	}
	if rapid.Bool().Draw(r, "closed") {
		_, err = m.Inventory.CloseTransfer(m.ctx, &inventoryv1.CloseTransferRequest{TransferId: arrival.GetTransferId(), Reason: "LOST"})
		allowed(r, err)
	}
}

// HoldStock sets stock aside for a time, and lets it go again or not.
func (m *machine) HoldStock(r *rapid.T) {
	held, err := m.Inventory.CreateStockHold(m.ctx, &inventoryv1.CreateStockHoldRequest{
		RequestId: m.key(), Ttl: durationpb.New(5e9), AllowPartial: rapid.Bool().Draw(r, "partial"),
		Lines: []*inventoryv1.CreateStockHoldLine{{Sku: m.someItem(r), Quantity: someQuantity(r, 10)}},
	})
	if allowed(r, err); err != nil || rapid.Bool().Draw(r, "stays") {
		return
	}
	for range 2 {
		_, err = m.Inventory.ReleaseStockHold(m.ctx, &inventoryv1.ReleaseStockHoldRequest{StockHoldId: held.GetStockHold().GetStockHoldId()})
		allowed(r, err)
	}
}

// Limit changes what an account may owe; what has not gone to a warehouse is held by it.
func (m *machine) Limit(r *rapid.T) {
	_, err := m.MasterData.UpsertAccounts(m.ctx, &masterdatav1.UpsertAccountsRequest{Accounts: []*masterdatav1.Account{{
		AccountId: "POOR", CurrencyCode: "GBP", TaxJurisdiction: "DE", EstimatedTaxRate: "0.19",
		CreditLimitMinor: rapid.SampledFrom([]int64{0, 3_000, 10_000, 100_000}).Draw(r, "limit"),
	}}})
	allowed(r, err)
}

// Wave groups what a warehouse has to do, and lets it go.
func (m *machine) Wave(r *rapid.T) {
	made, err := m.fulfillment.CreateWave(m.ctx, &fulfillmentv1.CreateWaveRequest{RequestId: m.key(), NodeId: m.someNode(r)})
	if allowed(r, err); err != nil {
		return
	}
	_, err = m.fulfillment.ReleaseWave(m.ctx, &fulfillmentv1.ReleaseWaveRequest{WaveId: made.GetWave().GetWaveId()})
	allowed(r, err)
}

// Settle writes an invoice off, disputes it, or ends the dispute.
func (m *machine) Settle(r *rapid.T) {
	list, err := m.Billing.ListInvoices(m.ctx, &billingv1.ListInvoicesRequest{PageSize: 20})
	if allowed(r, err); err != nil || len(list.GetInvoices()) == 0 {
		r.Skip("nothing was invoiced")
	}
	invoice := rapid.SampledFrom(list.GetInvoices()).Draw(r, "invoice").GetInvoiceId()
	switch rapid.IntRange(0, 2).Draw(r, "how") {
	case 0:
		_, err = m.Billing.WriteOffInvoice(m.ctx, &billingv1.WriteOffInvoiceRequest{
			RequestId: m.key(), InvoiceId: invoice, AmountMinor: rapid.Int64Range(0, 200).Draw(r, "amount"), Reason: "small",
		})
	case 1:
		_, err = m.Billing.DisputeInvoice(m.ctx, &billingv1.DisputeInvoiceRequest{RequestId: m.key(), InvoiceId: invoice, Reason: "wrong price"})
	default:
		_, err = m.Billing.ResolveDispute(m.ctx, &billingv1.ResolveDisputeRequest{RequestId: m.key(), InvoiceId: invoice, Reason: "it was right"})
	}
	allowed(r, err)
}

// Credit gives a part of an invoice's position back without goods: so many units, or an amount.
func (m *machine) Credit(r *rapid.T) {
	list, err := m.Billing.ListInvoices(m.ctx, &billingv1.ListInvoicesRequest{PageSize: 20})
	if allowed(r, err); err != nil || len(list.GetInvoices()) == 0 {
		r.Skip("nothing was invoiced")
	}
	invoice := rapid.SampledFrom(list.GetInvoices()).Draw(r, "invoice").GetInvoiceId()
	line := &billingv1.CreditMemoRequestLine{InvoiceId: invoice, InvoicePosition: 1}
	if rapid.Bool().Draw(r, "units") {
		line.Quantity = someQuantity(r, 3)
	} else {
		line.AmountMinor = rapid.Int64Range(1, 500).Draw(r, "amount")
	}
	request := &billingv1.CreateCreditMemoRequest{RequestId: m.key(), Reason: "kindness", Lines: []*billingv1.CreditMemoRequestLine{line}}
	for range 2 {
		_, err = m.Billing.CreateCreditMemo(m.ctx, request)
		allowed(r, err)
	}
}
