package billing

import (
	"testing"
	"time"
)

// An answer of the engine that cannot be stored keeps back its own invoice, and no other one.
func TestInvoiceThatCannotBeStoredWaitsAlone(t *testing.T) {
	w := newWorld(t)
	w.account("ACME", nil)
	spoiling := priced("ACME", "10")
	spoiling.TaxJurisdiction = "NUL"
	w.granted(spoiling)
	w.ship(shipped(spoiling, 1, 10))
	for range 4 {
		sound := priced("ACME", "10")
		w.granted(sound)
		w.ship(shipped(sound, 1, 10))
	}
	w.run(w.service)
	w.eventually("the sound ones are issued and the other is deferred", func() bool {
		return w.count("invoice WHERE state = 'ISSUED'") == 4 && w.count("invoice WHERE counted") == 1
	})
	w.wantCredit("ACME", 48_000, 12_000, 0)
	w.holds()
	for _, invoice := range w.invoices() {
		want := ""
		if invoice.GetOrderId() == spoiling.GetOrderId() {
			want = reasonIssueFailed
		}
		if invoice.GetTaxDeferredReason() != want {
			t.Errorf("reason %q, want %q", invoice.GetTaxDeferredReason(), want)
		}
	}
}

// Books that are wrong for one account hold back that account's invoices, and those of no other.
func TestInvoiceThatCannotBeDeferredIsSetAside(t *testing.T) {
	w := newWorld(t)
	w.account("ACME", nil)
	w.account("WRONG", nil)
	wrong, sound := priced("WRONG", "10"), priced("ACME", "10")
	w.granted(wrong, sound)
	w.ship(shipped(wrong, 1, 10))
	if _, err := w.db.Pool().Exec(t.Context(), "UPDATE credit SET open_orders_minor = 1 WHERE account_id = 'WRONG'"); err != nil {
		t.Fatal(err)
	}
	w.run(w.newService(Config{RefusalDelay: time.Hour}))
	w.eventually("it is set aside", func() bool { return w.count("invoice_pending WHERE attempts = 1 AND reason = ''") == 1 })
	w.ship(shipped(sound, 1, 10))
	w.eventually("the sound one is issued", func() bool { return w.count("invoice WHERE state = 'ISSUED'") == 1 })
	if _, err := w.db.Pool().Exec(t.Context(), "UPDATE credit SET open_orders_minor = 12000 WHERE account_id = 'WRONG'"); err != nil {
		t.Fatal(err)
	}
	w.holds()
	if _, err := w.db.Pool().Exec(t.Context(), "UPDATE invoice_pending SET due_at = now()"); err != nil {
		t.Fatal(err)
	}
	w.allIssued(2) // once the books are mended
}
