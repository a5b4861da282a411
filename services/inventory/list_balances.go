package inventory

import (
	"context"
	"encoding/base64"
	"strings"

	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/services/inventory/internal/domain"
	"github.com/waybill-dev/waybill/services/inventory/internal/store"
)

// defaultBalancePage is the page size when the caller names none.
const defaultBalancePage = 100

// ListBalances implements the RPC of the same name. The token is the key of the last balance of the page.
func (s *Service) ListBalances(
	ctx context.Context, req *inventoryv1.ListBalancesRequest,
) (*inventoryv1.ListBalancesResponse, error) {
	after, err := decodePageToken(req.GetPageToken())
	if err != nil {
		return nil, err
	}
	size := int(req.GetPageSize())
	if size == 0 {
		size = defaultBalancePage
	}
	reply := &inventoryv1.ListBalancesResponse{}
	var skus []string
	if len(req.GetSkus()) > 0 {
		items, err := s.items.find(ctx, s.db.Pool(), req.GetSkus())
		if err != nil || len(items) == 0 {
			return reply, err
		}
		for _, item := range items {
			skus = append(skus, string(item.SKU))
		}
	}
	balances, err := store.ListBalancesAfter(ctx, s.db.Pool(), skus, req.GetNodeIds(), after, size+1)
	if err != nil {
		return nil, err
	}
	if len(balances) > size {
		balances = balances[:size]
		reply.NextPageToken = encodePageToken(balances[size-1].StockKey)
	}
	codes := make([]string, len(balances))
	for i, balance := range balances {
		codes[i] = string(balance.SKU)
	}
	items, err := s.items.find(ctx, s.db.Pool(), codes)
	if err != nil {
		return nil, err
	}
	for _, balance := range balances {
		reply.Balances = append(reply.Balances, balanceToProto(balance, items[domain.ItemKey(balance.SKU)]))
	}
	return reply, nil
}

// pageSeparator stands in no code.
const pageSeparator = "\n"

func encodePageToken(key domain.StockKey) string {
	return base64.RawURLEncoding.EncodeToString([]byte(string(key.SKU) + pageSeparator + string(key.Node)))
}

func decodePageToken(token string) (domain.StockKey, error) {
	if token == "" {
		return domain.StockKey{}, nil
	}
	text, err := base64.RawURLEncoding.DecodeString(token)
	sku, node, whole := strings.Cut(string(text), pageSeparator)
	if err != nil || !whole {
		return domain.StockKey{}, pageTokenInvalid()
	}
	return domain.StockKey{SKU: domain.SKU(sku), Node: domain.NodeID(node)}, nil
}

func pageTokenInvalid() error {
	return fault.New(fault.Invalid, "PAGE_TOKEN_INVALID", "the page token is not ours").
		WithField("page_token", "PAGE_TOKEN_INVALID", "take it from next_page_token of the page before")
}
