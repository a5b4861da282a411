package domain

import "testing"

// TestContentsAreWrittenAsEver: hashes of them are kept for ever, so that a document that was recorded is known again by every
// later version.
func TestContentsAreWrittenAsEver(t *testing.T) {
	stock := StockKey{SKU: "A", Node: "N1"}
	transfer := Transfer{From: "N1", To: "N2", Lines: []TransferLine{{SKU: "A", Lot: "L 1", Shipped: 8}, {SKU: "B", Shipped: 2}}}
	for _, content := range []struct{ got, want string }{
		{
			Flow{StockKey: stock, Policy: 1, Movement: Movement{
				From: Sellable, To: Damaged, Lot: "L1", Quantity: 3, Reason: "WET", Document: "D1",
			}}.Content(),
			`"A" "N1" "L1" SELLABLE DAMAGED 3 "WET"`,
		},
		{transfer.Content(), `leave "N1" "N2" "A" "L 1" 8 "B" "" 2`},
		{
			ArrivalContent("trf_1", []Arrival{{Position: 1, Quantity: 3, Bucket: Sellable}, {Position: 2, Quantity: 1, Bucket: Damaged}}),
			`arrive "trf_1" 1 3 SELLABLE 2 1 DAMAGED`,
		},
	} {
		if content.got != content.want {
			t.Errorf("%s, want %s", content.got, content.want)
		}
	}
}
