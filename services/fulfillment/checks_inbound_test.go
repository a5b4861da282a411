package fulfillment_test

import (
	"testing"

	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	"github.com/waybill-dev/waybill/services/fulfillment"
)

// Each check sees the break that it is for, and nothing else is broken by it.
func TestChecksSeeBrokenReceiptsAndReturns(t *testing.T) {
	w := newInbound(t)
	lines := w.left("a", 10)
	w.receive(truck("A1", "d1", unloaded("SKU-1", "", 5)))
	made := w.request(operator(t), "k1", lines[0], "4")
	w.receiveBack(&fulfillmentv1.ReturnReceiptReport{ReturnId: made.GetReturnId(), Document: "d", Lines: []*fulfillmentv1.ReturnReceiptLine{
		{Position: 1, Received: 4},
	}})
	w.inspect(made.GetReturnId(), &fulfillmentv1.InspectionLine{Position: 1, Restocked: 3})
	w.sound()
	for _, check := range fulfillment.Checks() {
		if examined, err := check.Examined(t.Context(), w.db); err != nil || examined == 0 && check.Name != "fulfillment.sscc" && check.Name != "fulfillment.waves" {
			t.Errorf("%s examined %d, %v", check.Name, examined, err)
		}
	}
	set := func(table, field, value string) string {
		return `UPDATE ` + table + ` SET lines = jsonb_set(lines, '{0,` + field + `}', '` + value + `'::JSONB)`
	}
	for name, c := range map[string]struct{ breaks, mend string }{
		"fulfillment.receipts":       {set("receipt", "received", "6"), set("receipt", "received", "5")},
		"fulfillment.receipt_states": {`UPDATE receipt SET state = 'EXPECTED'`, `UPDATE receipt SET state = 'RECEIVING'`},
		"fulfillment.returned":       {set("customer_return", "restocked", "2"), set("customer_return", "restocked", "3")},
		"fulfillment.credited":       {set("customer_return", "credited", "4"), set("customer_return", "credited", "3")},
		"fulfillment.returnable":     {`UPDATE return_allowance SET authorized = 3`, `UPDATE return_allowance SET authorized = 4`},
		"fulfillment.blind":          {set("customer_return", "blind", "-1"), set("customer_return", "blind", "0")},
	} {
		w.exec(c.breaks)
		for _, check := range fulfillment.Checks() {
			breaks, err := check.Run(t.Context(), w.db)
			if err != nil || (len(breaks) > 0) != (check.Name == name) {
				t.Errorf("%s: %s sees %v, %v", name, check.Name, breaks, err)
			}
		}
		w.exec(c.mend)
	}
	w.sound()
	if _, err := w.db.Pool().Exec(t.Context(), `UPDATE return_allowance SET authorized = 11`); err == nil {
		t.Error("the table takes more than was shipped")
	}
}

func (w *world) exec(statement string) {
	w.t.Helper()
	if _, err := w.db.Pool().Exec(w.t.Context(), statement); err != nil {
		w.t.Fatal(err)
	}
}
