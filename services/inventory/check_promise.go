package inventory

import (
	"context"
	"slices"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
	"github.com/waybill-dev/waybill/services/inventory/internal/domain"
	"github.com/waybill-dev/waybill/services/inventory/internal/store"
)

// promiseHorizon is how far ahead supply counts for the earliest date.
const promiseHorizon = 180 * 24 * time.Hour

// CheckPromise implements the RPC of the same name. The lines are decided one after the other: what one of them gets is not
// there for the next.
func (s *Service) CheckPromise(
	ctx context.Context, req *inventoryv1.CheckPromiseRequest,
) (*inventoryv1.CheckPromiseResponse, error) {
	lines, err := wantLinesFromProto(ctx, s, req.GetLines(), "nothing was looked for")
	if err != nil {
		return nil, err
	}
	now := s.now()
	var skus []string
	for _, line := range lines {
		skus = append(skus, string(line.SKU))
	}
	slices.Sort(skus)
	skus = slices.Compact(skus)
	known, err := s.readAges(ctx, skus, now)
	if err != nil {
		return nil, err
	}
	markets, err := store.ReadMarkets(ctx, s.db.Pool(), skus, domain.Channel(req.GetChannel()), now,
		now.Add(promiseHorizon))
	if err != nil {
		return nil, err
	}
	for _, market := range markets {
		market.Exclude(nodesFromProto(req.GetExcludedNodeIds()))
	}
	to := domain.Destination{Country: req.GetCountryCode(), Region: req.GetRegion()}
	if req.GetNotBefore() != nil {
		to.NotBefore = req.GetNotBefore().AsTime()
	}
	reply := &inventoryv1.CheckPromiseResponse{AsOf: timestamppb.New(now)}
	var last domain.Date
	whole := true
	for _, line := range lines {
		market := markets[line.SKU]
		promise := market.Promise(now, line.Quantity, to)
		market.Take(promise.Parts)
		if whole = whole && len(promise.Parts) > 0; last.Before(promise.Arrives) {
			last = promise.Arrives
		}
		reply.Lines = append(reply.Lines, promiseToProto(line, promise, s.items.known(line.SKU), known))
	}
	if whole {
		reply.DeliveryDate = last.String()
	}
	return reply, nil
}
