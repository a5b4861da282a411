package masterdata

import (
	"cmp"
	"context"
	"time"

	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/services/masterdata/internal/store"
)

// GetExchangeRate implements the RPC of the same name.
func (s *Service) GetExchangeRate(
	ctx context.Context, req *masterdatav1.GetExchangeRateRequest,
) (*masterdatav1.GetExchangeRateResponse, error) {
	from, to := req.GetFromCurrencyCode(), req.GetToCurrencyCode()
	date := cmp.Or(req.GetDate(), s.clock().UTC().Format(time.DateOnly))
	found, err := store.FindEffectiveRate(ctx, s.db.Pool(), from, to, date)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, fault.New(fault.NotFound, "RATE_UNKNOWN", "there is no rate from %s to %s of %s or earlier", from, to, date)
	}
	return &masterdatav1.GetExchangeRateResponse{ExchangeRate: exchangeRateToProto(found[0])}, nil
}
