package inventory

import (
	"context"
	"encoding/base64"
	"strings"

	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
	"github.com/waybill-dev/waybill/services/inventory/internal/store"
)

// defaultListPage is the page size of lots and movements when the caller names none.
const defaultListPage = 100

// ListLots implements the RPC of the same name. The token is place and lot of the last one of the page.
func (s *Service) ListLots(ctx context.Context, req *inventoryv1.ListLotsRequest) (*inventoryv1.ListLotsResponse, error) {
	item, err := s.knownItem(ctx, req.GetSku())
	if err != nil {
		return nil, err
	}
	after, err := splitToken(req.GetPageToken(), 2)
	if err != nil {
		return nil, err
	}
	size := int(req.GetPageSize())
	if size == 0 {
		size = defaultListPage
	}
	lots, err := store.ListLotsAfter(ctx, s.db.Pool(), store.LotFilter{
		SKU: string(item.SKU), Node: req.GetNodeId(), IncludeEmpty: req.GetIncludeEmpty(), AfterNode: after[0], AfterLot: after[1],
	}, size+1)
	if err != nil {
		return nil, err
	}
	reply := &inventoryv1.ListLotsResponse{}
	if len(lots) > size {
		lots = lots[:size]
		reply.NextPageToken = joinToken(string(lots[size-1].Node), lots[size-1].Lot)
	}
	for _, lot := range lots {
		reply.Lots = append(reply.Lots, lotToProto(lot, item))
	}
	return reply, nil
}

// joinToken makes a page token of the parts of a key.
func joinToken(parts ...string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(strings.Join(parts, pageSeparator)))
}

// splitToken gives the parts of a page token's key, empty ones for the first page.
func splitToken(token string, count int) ([]string, error) {
	if token == "" {
		return make([]string, count), nil
	}
	text, err := base64.RawURLEncoding.DecodeString(token)
	parts := strings.Split(string(text), pageSeparator)
	if err != nil || len(parts) != count {
		return nil, pageTokenInvalid()
	}
	return parts, nil
}
