package billing

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/waybill-dev/waybill/internal/metric"
	"github.com/waybill-dev/waybill/services/billing/internal/domain"
	"github.com/waybill-dev/waybill/services/billing/internal/store"
)

// metrics show revenue that leaks: what was shipped and is not invoiced. Shipments that were not even taken in are the
// inbox's to show.
type metrics struct {
	amount, invoices, age *prometheus.GaugeVec
	shown                 map[uninvoicedKey]bool // belongs to the goroutine that measures
}

// uninvoicedKey is what is shown apart.
type uninvoicedKey struct{ legalEntity, currency string }

func newMetrics(registerer prometheus.Registerer) *metrics {
	gauge := func(name, help string) *prometheus.GaugeVec {
		return metric.Register(registerer, prometheus.NewGaugeVec(
			prometheus.GaugeOpts{Name: name, Help: help}, []string{"legal_entity", "currency"}))
	}
	return &metrics{
		shown:    map[uninvoicedKey]bool{},
		amount:   gauge("waybill_billing_uninvoiced_minor", "Net value, in minor units, of what owned shards have shipped and not invoiced."),
		invoices: gauge("waybill_billing_uninvoiced", "Invoices of owned shards that are drafted and not issued."),
		age:      gauge("waybill_billing_uninvoiced_age_seconds", "Age of the oldest draft of owned shards: since when its shipment is known here."),
	}
}

// measure reads what is not invoiced. What cannot be read stays as it was: the drain reports the trouble.
func (s *Service) measure(ctx context.Context) { s.measureInto(ctx, s.metrics) }

func (s *Service) measureInto(ctx context.Context, m *metrics) {
	found, err := store.MeasureUninvoiced(ctx, s.db.Pool(), s.owner.Leases().Shards())
	if err != nil {
		return
	}
	m.show(found, s.now())
}

// expect makes the series of the companies that invoice, at 0: an alert must be able to tell that nothing leaks from that
// nothing is measured.
func (m *metrics) expect(invoices []*domain.Invoice) {
	for _, invoice := range invoices {
		for _, gauge := range []*prometheus.GaugeVec{m.amount, m.invoices, m.age} {
			gauge.WithLabelValues(invoice.LegalEntity, invoice.Currency)
		}
	}
}

// show replaces what was shown; a currency of which everything is invoiced stays, as 0.
func (m *metrics) show(found []store.Uninvoiced, now time.Time) {
	for key := range m.shown {
		m.set(key, 0, 0, 0)
	}
	for _, one := range found {
		key := uninvoicedKey{one.LegalEntity, one.Currency}
		m.shown[key] = true
		m.set(key, one.NetMinor, one.Invoices, max(now.Sub(one.Oldest).Seconds(), 0))
	}
}

func (m *metrics) set(key uninvoicedKey, minor, invoices int64, age float64) {
	m.amount.WithLabelValues(key.legalEntity, key.currency).Set(float64(minor))
	m.invoices.WithLabelValues(key.legalEntity, key.currency).Set(float64(invoices))
	m.age.WithLabelValues(key.legalEntity, key.currency).Set(age)
}
