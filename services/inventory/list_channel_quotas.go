package inventory

import (
	"context"

	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
	"github.com/waybill-dev/waybill/services/inventory/internal/domain"
	"github.com/waybill-dev/waybill/services/inventory/internal/store"
)

// ListChannelQuotas implements the RPC of the same name. The token is the key of the last row of the page.
func (s *Service) ListChannelQuotas(
	ctx context.Context, req *inventoryv1.ListChannelQuotasRequest,
) (*inventoryv1.ListChannelQuotasResponse, error) {
	after, err := decodeToken(req.GetPageToken(), 2)
	if err != nil {
		return nil, err
	}
	skus, none, err := s.spellings(ctx, req.GetSkus())
	if err != nil || none {
		return &inventoryv1.ListChannelQuotasResponse{}, err
	}
	size := pageSize(req.GetPageSize())
	rows, err := store.ListQuotasAfter(ctx, s.db.Pool(), skus,
		domain.QuotaKey{SKU: domain.SKU(after[0]), Channel: domain.Channel(after[1])}, size+1)
	if err != nil {
		return nil, err
	}
	reply := &inventoryv1.ListChannelQuotasResponse{}
	if len(rows) > size {
		rows = rows[:size]
		reply.NextPageToken = encodeToken(string(rows[size-1].SKU), string(rows[size-1].Channel))
	}
	codes := make([]string, len(rows))
	for i, row := range rows {
		codes[i] = string(row.SKU)
	}
	if _, err := s.items.find(ctx, s.db.Pool(), codes); err != nil {
		return nil, err
	}
	reply.ChannelQuotas = s.quotasToProto(rows)
	return reply, nil
}
