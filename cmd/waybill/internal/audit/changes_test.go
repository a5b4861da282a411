package audit

import (
	"strconv"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"

	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	commonv1 "github.com/waybill-dev/waybill/gen/waybill/common/v1"
	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
)

// Amend wants more or less of the first line, and sometimes another line.
func (m *machine) Amend(r *rapid.T) {
	request := &orderv1.AmendOrderRequest{
		RequestId: m.key(), OrderId: m.someOrder(r), Reason: "changed my mind", Wait: durationpb.New(0),
		Lines: []*orderv1.AmendLine{{
			LineNumber: 1, Quantity: &commonv1.Quantity{Value: strconv.Itoa(rapid.IntRange(0, 20).Draw(r, "quantity"))},
		}},
	}
	if rapid.Bool().Draw(r, "adds") {
		request.AddedLines = []*orderv1.AddLine{{
			Sku: rapid.SampledFrom(skus).Draw(r, "sku"), Quantity: &commonv1.Quantity{Value: strconv.Itoa(rapid.IntRange(1, 9).Draw(r, "added"))},
		}}
	}
	_, err := m.Order.AmendOrder(m.ctx, request)
	allowed(r, err)
}

// Hold stops an order, or lets it go on.
func (m *machine) Hold(r *rapid.T) {
	order := m.someOrder(r)
	var err error
	if rapid.Bool().Draw(r, "places") {
		_, err = m.Order.PlaceHold(m.ctx, &orderv1.PlaceHoldRequest{
			RequestId: m.key(), OrderId: order, Type: orderv1.HoldType_HOLD_TYPE_MANUAL, Reason: "let me look",
		})
	} else {
		_, err = m.Order.ReleaseHold(m.ctx, &orderv1.ReleaseHoldRequest{
			RequestId: m.key(), OrderId: order, Type: orderv1.HoldType_HOLD_TYPE_MANUAL, Reason: "looked",
		})
	}
	allowed(r, err)
}

// Snapshot says how much there is, by another system: now, a while ago, or with a number that is out of date.
func (m *machine) Snapshot(r *rapid.T) {
	m.snapshots++
	ago := time.Duration(rapid.IntRange(0, 3000).Draw(r, "milliseconds ago")) * time.Millisecond
	_, err := m.Inventory.RecordSnapshot(m.ctx, &inventoryv1.RecordSnapshotRequest{Source: "WMS-" + m.prefix, Entries: []*inventoryv1.SnapshotEntry{{
		Sku: rapid.SampledFrom(skus[:3]).Draw(r, "sku"), NodeId: rapid.SampledFrom(nodes).Draw(r, "node"),
		Quantity: strconv.Itoa(rapid.IntRange(0, 40).Draw(r, "quantity")), AsOf: timestamppb.New(time.Now().Add(-ago)),
		SourceSeq: int64(max(1, m.snapshots-rapid.IntRange(0, 2).Draw(r, "late"))),
	}}})
	allowed(r, err)
}

// Pay brings money for an invoice: a part, all of it, or more.
func (m *machine) Pay(r *rapid.T) {
	account := rapid.SampledFrom(accounts).Draw(r, "account")
	list, err := m.Billing.ListInvoices(m.ctx, &billingv1.ListInvoicesRequest{AccountId: account, PageSize: 10})
	if allowed(r, err); err != nil || len(list.GetInvoices()) == 0 {
		r.Skip("nothing is owed")
	}
	invoice := rapid.SampledFrom(list.GetInvoices()).Draw(r, "invoice")
	due := invoice.GetBalanceDue().GetMinorUnits()
	amount := rapid.Int64Range(1, due+100).Draw(r, "amount")
	request := &billingv1.RecordPaymentRequest{
		RequestId: m.key(), AccountId: account, CurrencyCode: "GBP", AmountMinor: amount, ReceivedOn: time.Now().UTC().Format(time.DateOnly),
		Reference: "wire",
	}
	if due > 0 {
		request.Allocations = []*billingv1.CashAllocation{{InvoiceId: invoice.GetInvoiceId(), AmountMinor: min(amount, due)}}
	}
	_, err = m.Billing.RecordPayment(m.ctx, request)
	allowed(r, err)
}
