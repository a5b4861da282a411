package masterdata

import (
	"context"

	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	"github.com/waybill-dev/waybill/services/masterdata/internal/domain"
	"github.com/waybill-dev/waybill/services/masterdata/internal/store"
)

// ListExchangeRates implements the RPC of the same name. The token is what tells the last rate of the page from others.
func (s *Service) ListExchangeRates(
	ctx context.Context, req *masterdatav1.ListExchangeRatesRequest,
) (*masterdatav1.ListExchangeRatesResponse, error) {
	key, err := readPageToken(req.GetPageToken(), 3)
	if err != nil {
		return nil, err
	}
	size := pageSize(req.GetPageSize())
	rates, err := store.ListExchangeRatesAfter(ctx, s.db.Pool(),
		store.RateFilter{From: req.GetFromCurrencyCode(), To: req.GetToCurrencyCode()},
		domain.ExchangeRate{From: key[0], To: key[1], Date: key[2]}, size+1)
	if err != nil {
		return nil, err
	}
	reply := &masterdatav1.ListExchangeRatesResponse{}
	reply.ExchangeRates, reply.NextPageToken = page(rates, size, exchangeRateToProto,
		func(r domain.ExchangeRate) []string { return []string{r.From, r.To, r.Date} })
	return reply, nil
}
