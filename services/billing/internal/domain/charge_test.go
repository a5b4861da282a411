package domain_test

import (
	"testing"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/waybill-dev/waybill/internal/money"
	"github.com/waybill-dev/waybill/services/billing/internal/domain"
)

// drawCharged makes a sound order with charges, spread over its lines as the order service does.
func drawCharged(t *rapid.T) *domain.Order {
	order := drawOrder(t)
	order.TaxMode = rapid.SampledFrom([]money.TaxLevel{money.PerLine, money.PerDocument}).Draw(t, "tax mode")
	nets := make([]int64, len(order.Lines))
	var goods money.Minor
	for i, line := range order.Lines {
		nets[i] = line.Net
		goods += line.Net
	}
	for _, kind := range rapid.SliceOfN(rapid.SampledFrom([]domain.ChargeType{domain.Discount, domain.Freight, domain.Fee}), 0, 4).Draw(t, "charges") {
		amount := rapid.Int64Range(0, 5000).Draw(t, "charge")
		if kind == domain.Discount {
			amount = -min(amount, goods/10)
		}
		charge(order, kind, amount, nets)
	}
	if err := order.Check(); err != nil {
		t.Skip("a discount is larger than a small line")
	}
	return order
}

// charge adds a charge to an order, spread by the weights.
func charge(order *domain.Order, kind domain.ChargeType, amount money.Minor, weights []int64) {
	order.Charges = append(order.Charges, domain.Charge{Type: kind, Amount: amount, TaxClass: "standard"})
	for i, part := range money.Allocate(amount, weights) {
		order.Lines[i].Charges = append(order.Lines[i].Charges, part)
	}
}

// However an order falls into shipments: when all of it is shipped, every charge is invoiced to the cent, the lines cost
// what the order costs, and no invoice gives a negative line.
func TestChargesOfPartialShipmentsAddUpToTheWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		order := drawCharged(t)
		account := credit(order, 200_000)
		book := domain.NewBook([]*domain.Credit{account}, nil, nil, nil)
		if claim := mustClaim(t, book, domain.ClaimWant{Key: "k", ID: uuid.New(), Order: order}); claim.Outcome != domain.Granted {
			t.Fatalf("refused: %s", claim.Message)
		}
		left := map[int32]int64{}
		for _, line := range order.Lines {
			left[line.Number] = line.Quantity
		}
		charged := make([]money.Minor, len(order.Charges))
		var net, owed money.Minor
		shipped := domain.Progress{}
		for step := 0; len(left) > 0; step++ {
			shipment := domain.Shipment{ID: uuid.New(), Order: order.ID}
			for _, line := range order.Lines {
				part := rapid.Int64Range(0, left[line.Number]).Draw(t, "part")
				if step > 6 {
					part = left[line.Number]
				}
				if left[line.Number] -= part; left[line.Number] == 0 {
					delete(left, line.Number)
				}
				shipment.Lines = append(shipment.Lines, domain.ShippedLine{ID: "x", Line: line.Number, Quantity: part, Scale: line.Scale})
				shipped[line.Number] = domain.LineProgress{Shipped: shipped[line.Number].Shipped + part}
			}
			invoice, err := book.Ship(shipment, uuid.New())
			if err != nil {
				t.Fatal(err)
			}
			if invoice == nil {
				continue
			}
			issue(t, book, invoice, int64(step))
			owed += invoice.Total()
			for _, line := range invoice.Lines {
				if net += line.Net; line.Taxable() < 0 || line.Discount > 0 {
					t.Fatalf("line %+v", line)
				}
			}
			for _, part := range invoice.Charges {
				charged[part.Charge] += part.Net
			}
		}
		for at, charge := range order.Charges {
			if charged[at] != charge.Amount {
				t.Fatalf("charge %d: %d invoiced of %d", at, charged[at], charge.Amount)
			}
		}
		wholeNet(t, order, shipped, net)
		if account.Receivable != owed || account.NotInvoiced != 0 || account.OpenOrders != 0 {
			t.Fatalf("owed %d; the account says %+v", owed, account)
		}
	})
}

func wholeNet(t *rapid.T, order *domain.Order, shipped domain.Progress, net money.Minor) {
	var want money.Minor
	for _, line := range order.Lines {
		want += line.Net
	}
	if order.TaxMode == money.PerDocument {
		var err error
		if want, err = order.Rounded(shipped); err != nil {
			t.Fatal(err)
		}
	}
	if net != want {
		t.Fatalf("the lines cost %d in parts and %d as a whole", net, want)
	}
}

// What is cancelled takes its part of every charge with it.
func TestChargesOfCancelledUnitsAreNotInvoiced(t *testing.T) {
	order := &domain.Order{
		ID: uuid.New(), Account: "ACME", LegalEntity: "MAIN", Currency: "GBP", Rounding: money.HalfUp,
		Lines: []domain.Line{{Number: 1, Quantity: 10, Price: 10_000_000, Numerator: 1, Denominator: 1, Net: 10_000}},
	}
	charge(order, domain.Freight, 1000, []int64{1})
	charge(order, domain.Discount, -500, []int64{1})
	book := domain.NewBook([]*domain.Credit{credit(order, 0)}, nil, nil, nil)
	if _, err := book.Claims([]domain.ClaimWant{{Key: "k", ID: uuid.New(), Order: order}}); err != nil {
		t.Fatal(err)
	}
	if _, err := book.Release(domain.ReleaseWant{Key: "r", Order: order.ID, Lines: []domain.LineQuantity{{Line: 1, Quantity: 4}}}); err != nil {
		t.Fatal(err)
	}
	invoice, err := book.Ship(domain.Shipment{ID: uuid.New(), Order: order.ID, Lines: []domain.ShippedLine{{ID: "x", Line: 1, Quantity: 6}}}, uuid.New())
	if err != nil {
		t.Fatal(err)
	}
	if invoice.Net != 6000+600-300 || invoice.Lines[0].Discount != -300 || invoice.OpenOrders != invoice.Net {
		t.Errorf("an invoice of six of ten: %+v", invoice)
	}
}
