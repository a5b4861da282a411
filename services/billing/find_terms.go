package billing

import (
	"context"

	"github.com/waybill-dev/waybill/internal/money"
	"github.com/waybill-dev/waybill/services/billing/internal/domain"
	"github.com/waybill-dev/waybill/services/billing/internal/store"
)

// ratesByCurrency are the exchange rates of a day, by the currencies from which and to which they convert. A pair that is
// not in it has no rate.
type ratesByCurrency map[[2]string]money.ExchangeRate

// terms are those in which a company keeps a document of a currency.
func (r ratesByCurrency) terms(entity domain.LegalEntity, currency string) domain.BaseTerms {
	base := entity.BaseCurrencyOf(currency)
	return domain.BaseTerms{Currency: base, Rate: r[[2]string{currency, base}]}
}

// findTerms loads the companies that issue the invoices and today's exchange rates, and puts aside those invoices for
// which no rate is known: they wait as for their tax.
func (s *Service) findTerms(
	ctx context.Context, set *pendingSet, invoices []*domain.Invoice,
) (rated []*domain.Invoice, unrated []deferral, err error) {
	names := convertAll(invoices, func(invoice *domain.Invoice) string { return invoice.LegalEntity })
	set.entities, set.rates, err = s.loadTerms(ctx, names, func(add func(entity, currency string)) {
		for _, invoice := range invoices {
			add(invoice.LegalEntity, invoice.Currency)
		}
	})
	if err != nil {
		return nil, nil, err
	}
	for _, invoice := range invoices {
		if set.rates.terms(set.entities[invoice.LegalEntity], invoice.Currency).Rate == 0 {
			unrated = append(unrated, deferral{invoice, domain.ReasonRateUnknown, true})
			continue
		}
		rated = append(rated, invoice)
	}
	return rated, unrated, nil
}

// loadTerms loads companies, and the newest exchange rates up to today of the documents that each names.
func (s *Service) loadTerms(
	ctx context.Context, names []string, each func(add func(entity, currency string)),
) (map[string]domain.LegalEntity, ratesByCurrency, error) {
	entities, err := store.Entities(ctx, s.db.Pool(), sortedSet(names))
	if err != nil {
		return nil, nil, err
	}
	rates, today := ratesByCurrency{}, s.now()
	each(func(name, currency string) {
		pair := [2]string{currency, entities[name].BaseCurrencyOf(currency)}
		if _, looked := rates[pair]; looked || err != nil {
			return
		}
		rates[pair], _, err = store.RateOn(ctx, s.db.Pool(), pair[0], pair[1], today)
	})
	return entities, rates, err
}
