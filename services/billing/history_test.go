package billing

import (
	"fmt"
	"testing"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	commonv1 "github.com/waybill-dev/waybill/gen/waybill/common/v1"
	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/id"
)

// deed is one step of a random history of an order.
type deed struct {
	what     string
	line     int64
	quantity int64
	pick     int
	again    bool
}

// histories draws what happens to an order after it was claimed, some of it twice.
var histories = rapid.SliceOfN(rapid.Custom(func(r *rapid.T) deed {
	return deed{
		what: rapid.SampledFrom([]string{
			"ship", "ship", "ship", "overship", "release", "amend", "undo", "event", "return", "return", "credit", "adjust", "freight", "goodwill", "apply",
		}).Draw(r, "what"),
		line: rapid.Int64Range(1, 2).Draw(r, "line"), quantity: rapid.Int64Range(1, 6).Draw(r, "quantity"),
		pick: rapid.IntRange(0, 99).Draw(r, "pick"), again: rapid.Bool().Draw(r, "again"),
	}
}), 14, 14)

// history is an order on its way through billing.
type history struct {
	*world
	name     string
	order    *orderv1.PricedOrder
	before   *orderv1.PricedOrder // what the newest amendment replaced
	amending string               // its claim
	returned map[string]int64
}

// Whatever happens to an order, in whatever order and however often it is told: after each step all invariants of the books
// hold, and in the end nothing waits.
func TestAnyHistoryKeepsTheBooks(t *testing.T) {
	w := newWorld(t)
	w.company("MAIN", "EUR", nil)
	w.rate("GBP", "EUR", -1, "1.1735")
	w.run(w.service)
	for seed := range 6 {
		h := &history{world: w, name: fmt.Sprint("ACCOUNT-", seed), returned: map[string]int64{}}
		w.account(h.name, func(account *masterdataAccount) { account.CreditLimitMinor, account.TaxJurisdiction = 30_000, "GB" })
		h.order = charge(charge(priced(h.name, "9.995", "3.3333"), freight, 701), discount, -333)
		if seed%2 == 1 {
			h.order.TaxMode, h.order.Rounding = commonv1.TaxMode_TAX_MODE_PER_DOCUMENT, commonv1.RoundingMode_ROUNDING_MODE_HALF_EVEN
			respread(reprice(h.order))
		}
		w.granted(h.order)
		for i, step := range histories.Example(seed) {
			key := fmt.Sprint(seed, "/", i)
			for range map[bool]int{false: 1, true: 2}[step.again] {
				h.do(step, key)
			}
			w.eventually("nothing waits", func() bool { return w.count("invoice_pending")+w.count("credit_memo_pending") == 0 })
			if w.holds(); t.Failed() {
				t.Fatalf("seed %d, step %d: %+v", seed, i, step)
			}
		}
	}
}

func (h *history) do(step deed, key string) {
	var err error
	switch step.what {
	case "ship", "overship":
		h.ship(h.shipment(step, key))
	case "release":
		h.release(&billingv1.CreditRelease{
			Key: key, OrderId: h.order.GetOrderId(), Lines: []*orderv1.LineBuckets{{LineNumber: int32(step.line), Cancelled: step.quantity}},
		})
	case "amend":
		next := amended(h.order, moreOf(int(step.line), step.quantity))
		if h.claim(claimOf("amend/"+key, next))[0] == "" && h.amending != "amend/"+key {
			h.before, h.order, h.amending = h.order, next, "amend/"+key
		}
	case "undo":
		if h.amending != "" {
			h.release(&billingv1.CreditRelease{Key: "undo/" + h.amending, OrderId: h.order.GetOrderId(), ClaimKey: h.amending})
			h.order, h.amending = h.before, ""
		}
	case "event":
		h.order, h.amending = amended(h.order, moreOf(int(step.line), step.quantity)), ""
		err = h.deliver(h.service.onOrderAmended, &orderv1.OrderAmended{OrderId: h.order.GetOrderId(), Order: h.order})
	case "return":
		err = h.giveBack(step)
	default:
		err = h.credit(step, key)
	}
	if err != nil && fault.ReasonOf(err) == "" { // a refusal is part of the story
		h.t.Fatalf("%+v: %v", step, err)
	}
}

// shipment is the same for the same step. What is shipped beyond the order is planned all the same.
func (h *history) shipment(step deed, key string) *fulfillmentv1.ShipmentShipped {
	shipment := shipped(h.order, step.line, step.quantity)
	name := id.Format(id.Shipment, id.Derive(uuid.NameSpaceOID, key))
	shipment.ShipmentId, shipment.Shipment.ShipmentId = name, name
	shipment.Shipment.Lines[0].ShipmentLineId = name + "/1"
	shipment.Shipment.Lines[0].Unplanned = step.what == "overship" && step.pick%3 == 0
	return shipment
}

// pick chooses an invoice of the order's account.
func (h *history) pick(step deed) *billingv1.Invoice {
	reply, err := h.service.ListInvoices(h.t.Context(), &billingv1.ListInvoicesRequest{AccountId: h.name})
	if err != nil {
		h.t.Fatal(err)
	}
	if len(reply.GetInvoices()) == 0 {
		return nil
	}
	return reply.GetInvoices()[step.pick%len(reply.GetInvoices())]
}

// giveBack tells of a return whose lines count from the beginning.
func (h *history) giveBack(step deed) error {
	invoice := h.pick(step)
	if invoice == nil {
		return nil
	}
	back := returned(invoice, 1, 1)
	back.ReturnDocument.ReturnId = "ret_" + invoice.GetInvoiceId()[4:]
	h.returned[back.ReturnDocument.ReturnId] += step.quantity
	back.ReturnDocument.Lines[0].Credited = h.returned[back.ReturnDocument.ReturnId]
	back.ReturnDocument.Lines[0].RestockingFeeBp = int32(step.pick) * 100
	return h.deliver(h.service.onReturnInspected, back, proto.CloneOf(back))
}

func (h *history) credit(step deed, key string) error {
	invoice := h.pick(step)
	if invoice == nil {
		return nil
	}
	line := position(invoice, 1, fmt.Sprint(step.quantity), 0)
	switch step.what {
	case "adjust":
		line = position(invoice, 1, "", step.quantity*37)
	case "freight":
		line = position(invoice, 2, "", step.quantity*11)
	case "goodwill":
		line = goodwill()
	case "apply":
		memos, err := h.service.ListCreditMemos(h.t.Context(), &billingv1.ListCreditMemosRequest{AccountId: h.name})
		if err != nil || len(memos.GetCreditMemos()) == 0 {
			return err
		}
		_, err = h.service.ApplyCreditMemo(h.t.Context(), &billingv1.ApplyCreditMemoRequest{
			RequestId: key, InvoiceId: invoice.GetInvoiceId(), AmountMinor: step.quantity % 2 * 53,
			CreditMemoId: memos.GetCreditMemos()[step.pick%len(memos.GetCreditMemos())].GetCreditMemoId(),
		})
		return err
	}
	request := memoRequestOf(key, line)
	request.AccountId = h.name
	_, err := h.service.CreateCreditMemo(h.t.Context(), request)
	return err
}
