package inventory

import (
	"context"
	"maps"
	"slices"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/quantity"
	"github.com/waybill-dev/waybill/services/inventory/internal/domain"
	"github.com/waybill-dev/waybill/services/inventory/internal/store"
)

// CheckAvailability implements the RPC of the same name.
func (s *Service) CheckAvailability(
	ctx context.Context, req *inventoryv1.CheckAvailabilityRequest,
) (*inventoryv1.CheckAvailabilityResponse, error) {
	now := s.now()
	horizon, err := horizonFromProto(req, now)
	if err != nil {
		return nil, err
	}
	items, err := s.items.find(ctx, s.db.Pool(), req.GetSkus())
	if err != nil {
		return nil, err
	}
	skus := make([]string, 0, len(items))
	for _, item := range items {
		skus = append(skus, string(item.SKU))
	}
	reply := &inventoryv1.CheckAvailabilityResponse{AsOf: timestamppb.New(now)}
	known, err := s.readAges(ctx, skus, now)
	if err != nil {
		return nil, err
	}
	stocks, quotas, err := store.ReadStocks(ctx, s.db.Pool(), skus, domain.Channel(req.GetChannel()))
	if err != nil {
		return nil, err
	}
	for _, stock := range stocks {
		if wanted := req.GetNodeIds(); len(wanted) > 0 && !slices.Contains(wanted, string(stock.Balance.Node)) {
			continue
		}
		reply.Availability = append(reply.Availability, availabilityToProto(stock, s.items.known(stock.Balance.SKU)))
	}
	for _, quota := range quotas {
		reply.Quotas = append(reply.Quotas, &inventoryv1.QuotaLeft{
			Sku: string(quota.SKU), Quantity: quantity.Format(quota.Left(), s.items.known(quota.SKU).Scale),
		})
	}
	if !horizon.IsZero() {
		err = s.addCurves(ctx, req, reply, skus, now, horizon)
	}
	for _, one := range reply.GetAvailability() {
		one.StockAsOf, one.StaleMs = known.of(one.GetSku(), one.GetNodeId())
	}
	return reply, err
}

// horizonFromProto is how far ahead to look; zero: not at all.
func horizonFromProto(req *inventoryv1.CheckAvailabilityRequest, now time.Time) (time.Time, error) {
	if req.GetHorizon() == nil {
		return time.Time{}, nil
	}
	horizon := req.GetHorizon().AsTime()
	if !horizon.After(now) {
		const text = "the horizon must be later than now"
		return time.Time{}, fault.New(fault.Invalid, "INVALID_HORIZON", text).WithField("horizon", "INVALID_HORIZON", text)
	}
	return horizon, nil
}

// addCurves says from when how much can be promised: in each place that the reply names and in those where only supply is on
// its way, and over all places.
func (s *Service) addCurves(
	ctx context.Context, req *inventoryv1.CheckAvailabilityRequest, reply *inventoryv1.CheckAvailabilityResponse,
	skus []string, now, horizon time.Time,
) error {
	markets, err := store.ReadMarkets(ctx, s.db.Pool(), skus, domain.Channel(req.GetChannel()), now, horizon)
	if err != nil {
		return err
	}
	named := map[domain.StockKey]*inventoryv1.Availability{}
	for _, one := range reply.GetAvailability() {
		named[domain.StockKey{SKU: domain.SKU(one.GetSku()), Node: domain.NodeID(one.GetNodeId())}] = one
	}
	for _, sku := range slices.Sorted(maps.Keys(markets)) {
		market, item := markets[sku], s.items.known(sku)
		network, sites := market.Curves(now)
		for i, site := range market.Sites {
			if wanted := req.GetNodeIds(); len(wanted) > 0 && !slices.Contains(wanted, string(site.ID)) {
				continue
			}
			one := named[domain.StockKey{SKU: sku, Node: site.ID}]
			if one == nil {
				one = &inventoryv1.Availability{
					Sku: string(sku), NodeId: string(site.ID), Sellable: quantity.Format(0, item.Scale), BaseUnit: item.BaseUnit,
				}
				reply.Availability = append(reply.Availability, one)
			}
			one.Promisable = curveToProto(sites[i], item)
		}
		reply.Network = append(reply.Network, &inventoryv1.NetworkAvailability{
			Sku: string(sku), BaseUnit: item.BaseUnit, Promisable: curveToProto(network, item),
		})
	}
	return nil
}
