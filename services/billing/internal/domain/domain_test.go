package domain_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/money"
	"github.com/waybill-dev/waybill/services/billing/internal/domain"
)

// drawOrder makes a sound order of one to four lines.
func drawOrder(t *rapid.T) *domain.Order {
	order := &domain.Order{
		ID: uuid.New(), Account: "ACME", LegalEntity: "MAIN", Currency: rapid.SampledFrom([]string{"GBP", "JPY", "BHD"}).Draw(t, "currency"),
		Rounding: rapid.SampledFrom([]money.Rounding{money.HalfUp, money.HalfEven}).Draw(t, "rounding"),
	}
	for i := range rapid.IntRange(1, 4).Draw(t, "lines") {
		line := domain.Line{
			Number: int32(i + 1), Quantity: rapid.Int64Range(1, 5000).Draw(t, "quantity"), Scale: rapid.IntRange(0, 3).Draw(t, "scale"),
			Price:     money.Price(rapid.Int64Range(0, 20_000_000).Draw(t, "price")),
			Numerator: rapid.Int64Range(1, 24).Draw(t, "numerator"), Denominator: rapid.Int64Range(1, 3).Draw(t, "denominator"),
			Service: rapid.Bool().Draw(t, "service"),
		}
		var err error
		line.Net, err = money.ExtendPer(line.Price, line.Numerator, line.Denominator, line.Quantity, line.Scale, order.Currency, order.Rounding)
		if err != nil {
			t.Fatal(err)
		}
		order.Lines = append(order.Lines, line)
	}
	return order
}

func credit(order *domain.Order, rate money.Rate) *domain.Credit {
	return &domain.Credit{
		Account: order.Account, LegalEntity: order.LegalEntity, Currency: order.Currency, Unlimited: true,
		Weighing: domain.Weighing{TaxRate: rate, Backordered: domain.FullWeight},
	}
}

func mustClaim(t *rapid.T, book *domain.Book, want domain.ClaimWant) *domain.Claim {
	claims, err := book.Claims([]domain.ClaimWant{want})
	if err != nil {
		t.Fatal(err)
	}
	return claims[0]
}

// issue taxes the invoice with 20 % on each line and issues it.
func issue(t *rapid.T, book *domain.Book, invoice *domain.Invoice, number int64) {
	taxes := map[int32][]domain.Tax{}
	tax := func(position int32, net money.Minor) {
		amount, err := money.Tax(net, 200_000, invoice.Rounding)
		if err != nil {
			t.Fatal(err)
		}
		taxes[position] = []domain.Tax{{Jurisdiction: "X", Amount: amount}}
	}
	for i := range invoice.Lines {
		tax(invoice.Lines[i].Position, invoice.Lines[i].Taxable())
	}
	for _, charge := range invoice.Charges {
		if charge.Type != domain.Discount {
			tax(charge.Position, charge.Net)
		}
	}
	if err := invoice.SetTaxes(taxes); err != nil {
		t.Fatal(err)
	}
	err := book.Issue(invoice, domain.Issuing{
		Number: number, Document: fmt.Sprint(number), Journal: uuid.New(), Now: time.Unix(0, 0),
		Terms: domain.BaseTerms{Currency: "EUR", Rate: 1_234_567_890},
	})
	if err != nil {
		t.Fatal(err)
	}
	var debit, credit, base money.Minor
	for _, entry := range invoice.Journal.Entries {
		debit, credit = debit+entry.Debit, credit+entry.Credit
		base += entry.BaseDebit - entry.BaseCredit
	}
	if debit != credit || debit != invoice.Total() || base != 0 {
		t.Fatalf("journal %+v is not balanced at %d", invoice.Journal, invoice.Total())
	}
}

// However an order falls into shipments and in whatever order they come, some of it given back in between, some of their
// invoices deferred: the parts of each line add up to its shipped quantity rounded once, and at the end the account owes
// what is invoiced and nothing else.
func TestPartsAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		order := drawOrder(t)
		account := credit(order, money.Rate(rapid.Int64Range(0, 300_000).Draw(t, "rate")))
		book := domain.NewBook([]*domain.Credit{account}, nil, nil, nil)
		if claim := mustClaim(t, book, domain.ClaimWant{Key: "k", ID: uuid.New(), Order: order}); claim.Outcome != domain.Granted {
			t.Fatalf("refused: %s", claim.Message)
		}
		left, net, shipped := map[int32]int64{}, map[int32]money.Minor{}, map[int32]int64{}
		for _, line := range order.Lines {
			left[line.Number] = line.Quantity
		}
		var owed money.Minor
		for step := 0; len(left) > 0; step++ {
			line := rapid.SampledFrom(order.Lines).Draw(t, "line")
			part := rapid.Int64Range(0, left[line.Number]).Draw(t, "part")
			if step > 20 {
				line, part = firstLeft(order, left)
			}
			if rapid.IntRange(0, 4).Draw(t, "give back") == 0 {
				give := domain.ReleaseWant{Key: fmt.Sprint(step), Order: order.ID, Lines: []domain.LineQuantity{{Line: line.Number, Quantity: part}}}
				if _, err := book.Release(give); err != nil {
					t.Fatal(err)
				}
			} else {
				invoice, err := book.Ship(domain.Shipment{ID: uuid.New(), Order: order.ID, Lines: []domain.ShippedLine{
					{ID: "x", Line: line.Number, Quantity: part, Scale: line.Scale},
				}}, uuid.New())
				if err != nil {
					t.Fatal(err)
				}
				if (invoice == nil) != (part == 0) {
					t.Fatalf("invoice %v of %d", invoice, part)
				}
				if invoice != nil {
					if rapid.Bool().Draw(t, "deferred") {
						if _, err := book.Defer(invoice, "DOWN"); err != nil {
							t.Fatal(err)
						}
					}
					issue(t, book, invoice, int64(step))
					net[line.Number] += invoice.Net
					shipped[line.Number] += part
					owed += invoice.Total()
				}
			}
			if left[line.Number] -= part; left[line.Number] <= 0 {
				delete(left, line.Number)
			}
		}
		for _, line := range order.Lines {
			want, err := money.ExtendPer(line.Price, line.Numerator, line.Denominator, shipped[line.Number], line.Scale, order.Currency, order.Rounding)
			if err != nil || net[line.Number] != want {
				t.Fatalf("line %d: %d in parts, %d as a whole (%v)", line.Number, net[line.Number], want, err)
			}
			if shipped[line.Number] == line.Quantity && want != line.Net {
				t.Fatalf("line %d: all of it costs %d, priced at %d", line.Number, want, line.Net)
			}
		}
		if account.Receivable != owed || account.NotInvoiced != 0 || account.OpenOrders != 0 {
			t.Fatalf("owed %d; the account says %+v", owed, account)
		}
	})
}

func firstLeft(order *domain.Order, left map[int32]int64) (domain.Line, int64) {
	for _, line := range order.Lines {
		if left[line.Number] > 0 {
			return line, left[line.Number]
		}
	}
	return order.Lines[0], 0
}

// Whatever is claimed, claimed again, undone and given back: without force the exposure never grows over the limit, the
// open orders are the sum of the active claims, and an order counts once.
func TestExposureIsTheSumOfClaims(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limit := rapid.Int64Range(0, 100_000_000).Draw(t, "limit")
		orders := []*domain.Order{drawOrder(t), drawOrder(t), drawOrder(t)}
		for _, order := range orders {
			order.Currency, order.Rounding = "GBP", money.HalfUp
			for i := range order.Lines {
				line := &order.Lines[i]
				var err error
				line.Net, err = money.ExtendPer(line.Price, line.Numerator, line.Denominator, line.Quantity, line.Scale, "GBP", money.HalfUp)
				if err != nil {
					t.Fatal(err)
				}
			}
		}
		account := credit(orders[0], 200_000)
		account.Unlimited, account.Limit = false, limit
		book := domain.NewBook([]*domain.Credit{account}, nil, nil, nil)
		known := map[string]*domain.Claim{}
		outcomes, releases := map[string]domain.Outcome{}, map[string]bool{}
		for range rapid.IntRange(1, 30).Draw(t, "steps") {
			order := rapid.SampledFrom(orders).Draw(t, "order")
			key := order.ID.String() + rapid.StringMatching("[1-4]").Draw(t, "round")
			if rapid.Bool().Draw(t, "claim") {
				claim := mustClaim(t, book, domain.ClaimWant{Key: key, ID: uuid.New(), Order: order})
				if first, ok := outcomes[key]; ok && claim.Outcome != first {
					t.Fatalf("key %s: %s after %s", key, claim.Outcome, first)
				}
				outcomes[key], known[key] = claim.Outcome, claim
			} else {
				release := domain.ReleaseWant{Key: rapid.StringMatching("[a-z]{3}").Draw(t, "release"), Order: order.ID}
				if rapid.Bool().Draw(t, "undo") {
					release.ClaimKey = key
				}
				before := account.Exposure()
				released, err := book.Release(release)
				if err != nil || released < 0 || before-account.Exposure() != 0 && before-account.Exposure() != released {
					t.Fatalf("released %d, the exposure fell by %d: %v", released, before-account.Exposure(), err)
				}
				if release.ClaimKey != "" && known[key] == nil && !releases[release.Key] {
					outcomes[key] = domain.Undone
				}
				releases[release.Key] = true // once more it is a repeat, whatever it names
			}
			var open money.Minor
			active := map[uuid.UUID]int{}
			for _, claim := range known {
				open += claim.Open
				if claim.Active {
					active[claim.Order]++
				}
			}
			if account.OpenOrders != open || account.Exposure() > limit {
				t.Fatalf("exposure %d of %d, open claims %d", account.Exposure(), limit, open)
			}
			for id, n := range active {
				if n > 1 {
					t.Fatalf("order %s counts %d times", id, n)
				}
			}
		}
	})
}

func TestAmountsThatDoNotFitAreRefused(t *testing.T) {
	order := &domain.Order{
		ID: uuid.New(), Account: "ACME", LegalEntity: "MAIN", Currency: "GBP", Rounding: money.HalfUp,
		Lines: []domain.Line{{Number: 1, Quantity: 1, Price: money.Price(1_000_000), Numerator: 1, Denominator: 1, Net: 100}},
	}
	full := credit(order, 0)
	full.Receivable = math.MaxInt64 - 50
	claims, err := domain.NewBook([]*domain.Credit{full}, nil, nil, nil).Claims([]domain.ClaimWant{{Key: "k", Order: order}})
	if err != nil || claims[0].Reason != domain.ReasonAmountTooLarge {
		t.Errorf("claim %+v, %v; want AMOUNT_TOO_LARGE", claims, err)
	}
}

func TestWrongTaxAnswersAreRefused(t *testing.T) {
	for name, taxes := range map[string]map[int32][]domain.Tax{
		"a line is missing":  {1: nil},
		"another line":       {1: nil, 3: nil},
		"below zero":         {1: {{Amount: -1}}, 2: nil},
		"too large":          {1: {{Amount: math.MaxInt64}, {Amount: 1}}, 2: nil},
		"too large together": {1: {{Amount: math.MaxInt64}}, 2: {{Amount: 1}}},
		"total too large":    {1: {{Amount: math.MaxInt64}}, 2: nil},
	} {
		invoice := &domain.Invoice{Net: 1, Lines: []domain.InvoiceLine{{Position: 1}, {Position: 2}}}
		if err := invoice.SetTaxes(taxes); fault.ReasonOf(err) != domain.ReasonTaxAnswerInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSnapshotsThatContradictThemselves(t *testing.T) {
	sound := func() *domain.Order {
		return &domain.Order{Currency: "GBP", Rounding: money.HalfUp, Lines: []domain.Line{
			{Number: 1, Quantity: 3, Price: money.Price(333_333), Numerator: 1, Denominator: 1, Net: 100},
			{Number: 4, Quantity: 1, Price: money.Price(1_000_000), Numerator: 12, Denominator: 1, Net: 8},
		}}
	}
	if err := sound().Check(); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(*domain.Order){
		"no lines":          func(o *domain.Order) { o.Lines = nil },
		"two of a number":   func(o *domain.Order) { o.Lines[1].Number = 1 },
		"no number":         func(o *domain.Order) { o.Lines[0].Number = 0 },
		"no quantity":       func(o *domain.Order) { o.Lines[0].Quantity = 0 },
		"a negative price":  func(o *domain.Order) { o.Lines[0].Price = -1 },
		"another amount":    func(o *domain.Order) { o.Lines[0].Net = 99 },
		"no ratio":          func(o *domain.Order) { o.Lines[0].Numerator = 0 },
		"no rounding":       func(o *domain.Order) { o.Rounding = "" },
		"no currency":       func(o *domain.Order) { o.Currency = "" },
		"a scale too large": func(o *domain.Order) { o.Lines[0].Scale = 7 },
		"a defect":          func(o *domain.Order) { o.Defect = "its id cannot be read" },
	} {
		order := sound()
		spoil(order)
		if err := order.Check(); fault.ReasonOf(err) != domain.ReasonSnapshotInvalid {
			t.Errorf("%s: %v, want SNAPSHOT_INVALID", name, err)
		}
	}
}

// A re-priced order takes its new prices while nothing has moved, and is refused afterwards.
func TestRepricedOrders(t *testing.T) {
	priced := func(id uuid.UUID, hash string, net money.Minor) *domain.Order {
		return &domain.Order{
			ID: id, Account: "ACME", LegalEntity: "MAIN", Currency: "GBP", Rounding: money.HalfUp, Hash: hash,
			Lines: []domain.Line{{Number: 1, Quantity: 10, Price: money.Price(net * 1000), Numerator: 1, Denominator: 1, Net: net}},
		}
	}
	first := priced(uuid.New(), "one", 100)
	account := credit(first, 0)
	book := domain.NewBook([]*domain.Credit{account}, nil, nil, nil)
	claim := func(key string, order *domain.Order) *domain.Claim {
		t.Helper()
		claims, err := book.Claims([]domain.ClaimWant{{Key: key, Order: order}})
		if err != nil {
			t.Fatal(err)
		}
		return claims[0]
	}
	claim("1", first)
	if got := claim("2", priced(first.ID, "two", 300)); got.Outcome != domain.Granted || account.OpenOrders != 300 {
		t.Errorf("claim %+v, open orders %d", got, account.OpenOrders)
	}
	if _, err := book.Ship(domain.Shipment{Order: first.ID, Lines: []domain.ShippedLine{{Line: 1, Quantity: 1}}}, uuid.New()); err != nil {
		t.Fatal(err)
	}
	if got := claim("3", priced(first.ID, "three", 500)); got.Reason != domain.ReasonSnapshotChanged {
		t.Errorf("claim %+v, want SNAPSHOT_CHANGED", got)
	}
	if got := claim("4", priced(first.ID, "two", 300)); got.Outcome != domain.Granted || got.Requested != 270 {
		t.Errorf("claim %+v, want the nine that remain", got)
	}
}

// However often an invoice is deferred, and for whatever reason or none, the exposure moves once.
func TestDeferralMovesTheExposureOnce(t *testing.T) {
	for _, reason := range []string{"DOWN", ""} {
		account := &domain.Credit{Account: "ACME", OpenOrders: 120}
		book := domain.NewBook([]*domain.Credit{account}, nil, nil, nil)
		invoice := &domain.Invoice{Account: "ACME", OpenOrders: 120, NotInvoiced: 120}
		for attempt, wantNews := range []bool{true, false, false} {
			if news, err := book.Defer(invoice, reason); err != nil || news != wantNews {
				t.Errorf("reason %q, attempt %d: news %t, %v", reason, attempt, news, err)
			}
		}
		if account.OpenOrders != 0 || account.NotInvoiced != 120 || invoice.EventSequence != 1 {
			t.Errorf("reason %q: credit %+v, %d events", reason, account, invoice.EventSequence)
		}
	}
}
