package billing

import (
	"context"
	"testing"
	"time"

	"google.golang.org/grpc"

	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	taxv1 "github.com/waybill-dev/waybill/gen/waybill/connector/tax/v1"
	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	"github.com/waybill-dev/waybill/internal/bus/bustest"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/databasetest"
	"github.com/waybill-dev/waybill/internal/inbox"
	"github.com/waybill-dev/waybill/internal/outbox"
	"github.com/waybill-dev/waybill/internal/shard"
)

// The whole path with real events: an account comes, an order claims, its shipment arrives before the order's prices, and
// invoice.issued is heard by a consumer.
func TestPathOverEvents(t *testing.T) {
	w := &world{t: t, db: databasetest.New(t, Migrations), bus: bustest.New(t), engine: &fakeEngine{}}
	w.tax = taxv1.NewTaxServiceClient(serve(t, "billing", func(on grpc.ServiceRegistrar) { taxv1.RegisterTaxServiceServer(on, w.engine) }))
	w.service = w.newService(Config{})
	w.client = billingv1.NewBillingServiceClient(serve(t, "order", w.service.Register))
	w.run(w.service)
	heard := make(chan *billingv1.InvoiceIssued, 1)
	listener := inbox.NewConsumer(w.db, w.bus, w.service.owner, inbox.Subscription{
		Consumer: "test", Aggregates: []string{"billing.invoice"}, Effects: inbox.StayInside,
		Handle: func(_ context.Context, _ database.Transaction, batch []inbox.Message) error {
			for _, message := range batch {
				if issued, ok := message.Payload.(*billingv1.InvoiceIssued); ok {
					select {
					case heard <- issued:
					default: // the closure runs twice in tests
					}
				}
			}
			return nil
		},
	}, inbox.Options{})
	w.background(listener.Run)

	order := priced("ACME", "10", "20")
	early := shipped(order, 1, 10)
	w.tell(outbox.Event{Aggregate: early.GetShipmentId(), Sequence: 1, Shard: shard.Of(early.GetShipmentId()), Payload: early})
	w.tell(outbox.Event{Aggregate: "ACME", Sequence: 1, Shard: shard.Of("ACME"), Payload: &masterdatav1.AccountChanged{
		AccountId: "ACME", Account: &masterdatav1.Account{
			AccountId: "ACME", LegalEntity: "MAIN", CurrencyCode: "GBP", CreditLimitMinor: 100_000, EstimatedTaxRate: "0.2", Version: 1,
		},
	}})
	w.eventually("the account is known", func() bool { return w.count("account") == 1 })
	w.eventually("the early shipment has been tried", func() bool { return w.count("outbox") == 0 })
	w.granted(order)
	select {
	case issued := <-heard:
		if got := issued.GetQuantities(); len(got) != 1 || got[0].GetLineNumber() != 1 || got[0].GetQuantity() != 10 {
			t.Errorf("quantities %v", got)
		}
		if issued.GetInvoice().GetTotal().GetMinorUnits() != 12_000 {
			t.Errorf("invoice %v", issued.GetInvoice())
		}
	case <-time.After(patience):
		t.Fatal("invoice.issued was not heard")
	}
	w.holds()
	w.wantCredit("ACME", 12_000, 0, 24_000)
}

// tell publishes an event of another service, over the outbox of this one.
func (w *world) tell(event outbox.Event) {
	w.t.Helper()
	_, err := database.Tx(w.t.Context(), w.db, "tell", func(tx database.Transaction) (struct{}, error) {
		return struct{}{}, outbox.Add(w.t.Context(), tx, event)
	})
	if err != nil {
		w.t.Fatal(err)
	}
}
