package operations

import (
	"errors"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	operationsv1 "github.com/waybill-dev/waybill/gen/waybill/operations/v1"
	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/services/operations/internal/domain"
	"github.com/waybill-dev/waybill/services/operations/internal/store"
)

// Each repair asks the owning service for what it says, of what the break is about.
func TestRepairsAskTheOwningService(t *testing.T) {
	order, shipment, invoice, memo := newID(id.Order), newID(id.Shipment), newID(id.Invoice), newID(id.CreditMemo)
	excess := domain.Difference{Left: "3", Right: "7", Order: order, Line: 2, Node: "EAST"}
	balance := domain.Difference{SKU: "A-1", Node: "EAST"}
	none := domain.Difference{Left: "7", Right: "7", Order: order}
	number, key := id.New(), func(position string) string { return "break/%s/" + position }
	for name, c := range map[string]struct {
		repair  domain.Repair
		about   domain.Difference
		answers map[string]proto.Message
		// asks are the commands, each with texts that must be in it.
		asks    [][]string
		refusal string
	}{
		"a promise is given back": {domain.ReleasePromise, excess, nil, [][]string{{"CancelReservation", order, "EAST", key("3"), "it must be"}}, ""},
		"nothing to give back":    {domain.ReleasePromise, none, nil, nil, "REPAIR_NOT_FITTING"},
		"a balance is rebuilt":    {domain.RebuildBalance, balance, nil, [][]string{{"RebuildBalances", "A-1", "EAST", "it must be"}}, ""},
		"an item is counted": {domain.Recount, balance, nil, [][]string{
			{"StartCount", "A-1", "EAST", key("3")}, {"RecordCount", "A-1", "12", key("3")},
		}, ""},
		"an order is posted": {
			domain.PostToERP, domain.Difference{Entity: order, Order: order},
			map[string]proto.Message{"GetPricedOrder": &orderv1.GetPricedOrderResponse{Order: &orderv1.PricedOrder{ExternalOrderId: "PO-7"}}},
			[][]string{{"GetPricedOrder", order}, {"PostAgain", order + "/0", "PO-7", "ann", "it must be"}}, "",
		},
		"an invoice is posted": {
			domain.PostToERP, domain.Difference{Entity: invoice, Document: invoice},
			map[string]proto.Message{"GetInvoice": &billingv1.GetInvoiceResponse{Invoice: &billingv1.Invoice{OrderId: order, InvoiceNumber: "R-7"}}},
			[][]string{{"GetInvoice", invoice}, {"PostAgain", invoice, order, "R-7"}}, "",
		},
		"a memo is posted": {
			domain.PostToERP, domain.Difference{Entity: memo, Document: memo},
			map[string]proto.Message{"GetCreditMemo": &billingv1.GetCreditMemoResponse{CreditMemo: &billingv1.CreditMemo{OrderId: order, CreditMemoNumber: "C-7"}}},
			[][]string{{"GetCreditMemo", memo}, {"PostAgain", memo, order, "C-7"}}, "",
		},
		"a shipment is invoiced": {
			domain.InvoiceShipment, domain.Difference{Document: shipment},
			map[string]proto.Message{
				"GetShipment":     &fulfillmentv1.GetShipmentResponse{Shipment: &fulfillmentv1.Shipment{ShipmentId: shipment, NodeId: "WEST"}},
				"InvoiceShipment": &billingv1.InvoiceShipmentResponse{Drafted: true},
			},
			[][]string{{"GetShipment", shipment}, {"InvoiceShipment", shipment, "WEST"}}, "",
		},
		"a shipment has an invoice": {
			domain.InvoiceShipment, domain.Difference{Document: shipment}, nil,
			[][]string{{"GetShipment", shipment}, {"InvoiceShipment"}}, "INVOICE_EXISTS",
		},
		"a payment is given up": {domain.VoidPayment, domain.Difference{Order: order}, nil, [][]string{{"VoidOrderPayments", order}}, ""},
		"a person":              {domain.ByPerson, domain.Difference{Order: order}, nil, nil, "REPAIR_BY_PERSON"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			r := w.withRecorder()
			for method, answer := range c.answers {
				r.answers[method] = answer
			}
			err := w.service.repair(t.Context(), &domain.Break{ID: number, Difference: c.about}, store.RepairCommand{RepairRecord: domain.RepairRecord{
				Position: 3, Repair: c.repair, Actor: "ann", Reason: "it must be", Input: map[string]string{"counted": "12"},
			}})
			if fault.ReasonOf(err) != c.refusal || (err == nil) != (c.refusal == "") {
				t.Errorf("%v, want %q", err, c.refusal)
			}
			if len(r.asked) != len(c.asks) {
				t.Fatalf("asked %q, want %v", r.asked, c.asks)
			}
			for i, want := range c.asks {
				method, rest, _ := strings.Cut(r.asked[i], " ")
				for _, text := range want[1:] {
					if text = strings.ReplaceAll(text, "%s", number.String()); !strings.Contains(rest, text) {
						t.Errorf("asked %q, want it to name %q", r.asked[i], text)
					}
				}
				if method != want[0] {
					t.Errorf("asked %s, want %s", method, want[0])
				}
			}
		})
	}
}

// What a break suggests is carried out and nothing else: not of one that is closed, not by a command where a person is needed, and with
// what it needs.
func TestRepairsThatDoNotFit(t *testing.T) {
	recount := operationsv1.BreakRepair_BREAK_REPAIR_RECOUNT
	for reason, c := range map[string]struct {
		open     bool
		suggests domain.Repair
		asked    operationsv1.BreakRepair
		counted  string
	}{
		"":                   {true, domain.Recount, recount, "12"},
		"BREAK_CLOSED":       {false, domain.Recount, recount, "12"},
		"REPAIR_NOT_FITTING": {true, domain.RebuildBalance, recount, "12"},
		"REPAIR_BY_PERSON":   {true, domain.ByPerson, operationsv1.BreakRepair_BREAK_REPAIR_PERSON, ""},
		"INPUT_MISSING":      {true, domain.Recount, recount, ""},
	} {
		err := repairable(&domain.Break{Open: c.open, Suggestion: domain.Suggestion{Repair: c.suggests}}, &operationsv1.RepairBreakRequest{
			Repair: c.asked, Input: map[string]string{"counted": c.counted},
		})
		if fault.ReasonOf(err) != reason || (err == nil) != (reason == "") {
			t.Errorf("%v, want %q", err, reason)
		}
	}
}

// A repair that failed inside a service, of which nobody knows whether it took effect, is carried out again; what two callers heard of one
// is what the first of them heard.
func TestTheOutcomeOfARepairIsKeptOnce(t *testing.T) {
	l := newLedger(t, Config{ReconcileSettle: quick})
	l.run()
	l.promised()
	l.look()
	broken := l.open()[0]
	request := &operationsv1.RepairBreakRequest{RequestId: "r", BreakId: broken.GetBreakId(), Repair: broken.GetRepair(), Reason: "because"}
	l.stock.fail = errors.New("a defect")
	for range 2 {
		if _, err := l.client.RepairBreak(t.Context(), request); fault.KindOf(err) != fault.Internal {
			t.Errorf("a defect: %v", err)
		}
	}
	l.stock.fail = nil
	if reply, err := l.client.RepairBreak(t.Context(), request); err != nil || reply.GetRepair().GetOutcome() != "DONE" || len(l.stock.given) != 3 {
		t.Errorf("%v, %v, carried out %d times", reply, err, len(l.stock.given))
	}
	wanted, err := parseBreak(broken.GetBreakId())
	if err != nil {
		t.Fatal(err)
	}
	late := store.RepairCommand{RepairRecord: domain.RepairRecord{Break: wanted, Position: 1, Repair: domain.ReleasePromise}}
	if _, err := l.service.concludeRepair(t.Context(), late, fault.New(fault.Precondition, "LATE", "another one was first")); err != nil {
		t.Fatal(err)
	}
	kept := ok[*operationsv1.GetBreakResponse](t)(l.client.GetBreak(t.Context(), &operationsv1.GetBreakRequest{BreakId: broken.GetBreakId()}))
	if repairs := kept.GetRepairs(); len(repairs) != 1 || repairs[0].GetOutcome() != "DONE" {
		t.Errorf("kept %v", repairs)
	}
}
