package billing

import (
	"slices"
	"strings"
	"testing"
)

// Each check sees what it is for: one row is spoilt behind the service's back, and the check that must see it does.
func TestChecksSeeWhatIsBroken(t *testing.T) {
	for name, test := range map[string]struct {
		spoil string
		want  []string
	}{
		"a line vanishes":             {"DELETE FROM invoice_line WHERE position = 2", []string{"billing.B1", "billing.B3", "billing.B4"}},
		"all lines vanish":            {"DELETE FROM invoice_line", []string{"billing.B1", "billing.B3", "billing.B4"}},
		"a number is skipped":         {"UPDATE invoice SET number = number + 1", []string{"billing.B2"}},
		"the counter is ahead":        {"UPDATE invoice_counter SET last_number = 7", []string{"billing.B2"}},
		"a counter is lost":           {"DELETE FROM invoice_counter", []string{"billing.B2"}},
		"an entry is changed":         {"UPDATE journal_entry SET debit_minor = debit_minor + 1 WHERE debit_minor > 0", []string{"billing.B2.journal"}},
		"a journal is lost":           {"DELETE FROM journal", []string{"billing.B2.journal"}},
		"a tax is changed":            {"UPDATE invoice_tax SET amount_minor = 0", []string{"billing.B3"}},
		"a price is changed":          {"UPDATE invoice_line SET net_minor = net_minor + 1 WHERE position = 1", []string{"billing.B3", "billing.B4"}},
		"the progress is changed":     {`UPDATE order_progress SET lines = '[]'`, []string{"billing.B4"}},
		"an issued one is queued":     {"INSERT INTO invoice_pending SELECT 0, invoice_id, now(), '', 0 FROM invoice", []string{"billing.queue"}},
		"the receivables are changed": {"UPDATE credit SET receivable_minor = receivable_minor + 1", []string{"billing.E"}},
		"a claim is changed":          {"UPDATE credit_claim SET open_minor = open_minor + 1", []string{"billing.E"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.account("ACME", nil)
			order := priced("ACME", "1", "2")
			w.granted(order)
			w.ship(shipped(order, 1, 10, 2, 5))
			stop := w.run(w.service)
			w.allIssued(1)
			stop()
			if _, err := w.db.Pool().Exec(t.Context(), test.spoil); err != nil {
				t.Fatal(err)
			}
			var broken []string
			for _, check := range Checks() {
				breaks, err := check.Run(t.Context(), w.db)
				if err != nil {
					t.Errorf("%s: %v", check.Name, err)
				}
				if len(breaks) > 0 {
					broken = append(broken, check.Name)
				}
			}
			if !slices.Equal(broken, test.want) {
				t.Errorf("broken: %s; want %s", strings.Join(broken, " "), strings.Join(test.want, " "))
			}
		})
	}
}
