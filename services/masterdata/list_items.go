package masterdata

import (
	"bytes"
	"context"
	"encoding/base64"
	"unicode/utf8"

	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/services/masterdata/internal/store"
)

// defaultItemPage is the page size when the caller names none.
const defaultItemPage = 100

// ListItems implements the RPC of the same name. The token is the key of the last item of the page.
func (s *Service) ListItems(ctx context.Context, req *masterdatav1.ListItemsRequest) (*masterdatav1.ListItemsResponse, error) {
	after, err := base64.RawURLEncoding.DecodeString(req.GetPageToken())
	if err != nil || !utf8.Valid(after) || bytes.IndexByte(after, 0) >= 0 { // a database would fail on it
		return nil, fault.New(fault.Invalid, "PAGE_TOKEN_INVALID", "the page token is not ours").
			WithField("page_token", "PAGE_TOKEN_INVALID", "take it from next_page_token of the page before")
	}
	size := int(req.GetPageSize())
	if size == 0 {
		size = defaultItemPage
	}
	items, err := store.ListItemsAfter(ctx, s.db.Pool(), string(after), size+1)
	if err != nil {
		return nil, err
	}
	reply := &masterdatav1.ListItemsResponse{}
	if len(items) > size {
		items = items[:size]
		reply.NextPageToken = base64.RawURLEncoding.EncodeToString([]byte(items[size-1].Key()))
	}
	reply.Items = convertAll(items, itemToProto)
	return reply, nil
}
