package masterdata

import (
	"context"

	"google.golang.org/protobuf/proto"

	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/services/masterdata/internal/domain"
	"github.com/waybill-dev/waybill/services/masterdata/internal/store"
)

var exchangeRateKind = kind[domain.ExchangeRate]{
	name: "upsert_exchange_rates", list: "exchange_rates",
	lock:   store.LockExchangeRates,
	number: numberRates,
	save:   store.SaveExchangeRates,
	event: func(rate domain.ExchangeRate) (string, proto.Message, domain.Version) {
		return rate.Pair(), &masterdatav1.ExchangeRateChanged{CurrencyPair: rate.Pair(), ExchangeRate: exchangeRateToProto(rate)}, rate.Version
	},
}

// UpsertExchangeRates implements the RPC of the same name.
func (s *Service) UpsertExchangeRates(ctx context.Context, req *masterdatav1.UpsertExchangeRatesRequest) (*masterdatav1.UpsertExchangeRatesResponse, error) {
	wanted := convertAll(req.GetExchangeRates(), exchangeRateFromProto)
	stored, err := upsert(ctx, s, exchangeRateKind, wanted, nil)
	if err != nil {
		return nil, err
	}
	return &masterdatav1.UpsertExchangeRatesResponse{ExchangeRates: convertAll(stored, exchangeRateToProto)}, nil
}

// numberRates counts on from the pairs' latest versions, which are the sequences of their events.
func numberRates(
	ctx context.Context, tx database.Transaction, plan domain.Plan[domain.ExchangeRate],
) (domain.Plan[domain.ExchangeRate], error) {
	latest, err := store.LatestRateVersions(ctx, tx, plan.Changed)
	return domain.NumberRates(plan, latest), err
}
