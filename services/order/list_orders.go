package order

import (
	"context"
	"encoding/base64"
	"slices"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/types/known/timestamppb"

	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/idempotency"
	"github.com/waybill-dev/waybill/internal/rpc"
	"github.com/waybill-dev/waybill/services/order/internal/store"
)

const (
	defaultPageSize = 50
	// maxPageLines bounds the lines of a page, and with them its size; a larger order stands alone. It is the most that an
	// order has.
	maxPageLines = 10_000
)

// ListOrders implements the RPC of the same name.
func (s *Service) ListOrders(ctx context.Context, req *orderv1.ListOrdersRequest) (*orderv1.ListOrdersResponse, error) {
	filter, err := filterFromProto(ctx, req.GetFilter())
	if err != nil {
		return nil, err
	}
	before, err := readToken(req.GetPageToken(), req.GetFilter())
	if err != nil {
		return nil, err
	}
	size := int(req.GetPageSize())
	if size == 0 {
		size = defaultPageSize
	}
	// One more than asked for tells whether there is another page.
	listed, err := store.ListOrders(ctx, s.db.Pool(), filter, before, size+1)
	if err != nil {
		return nil, database.Fault(ctx, err)
	}
	ids := firstPage(listed, size)
	reply := &orderv1.ListOrdersResponse{}
	if len(ids) < len(listed) {
		reply.NextPageToken = writeToken(ids[len(ids)-1], req.GetFilter())
	}
	reply.Orders, err = s.loadOrders(ctx, s.db.Pool(), ids)
	return reply, err
}

// firstPage are the first orders of a list that fit a page.
func firstPage(listed []store.Listed, size int) []uuid.UUID {
	ids := make([]uuid.UUID, 0, size)
	lines := 0
	for _, one := range listed[:min(size, len(listed))] {
		if lines += one.Lines; lines > maxPageLines && len(ids) > 0 {
			break
		}
		ids = append(ids, one.ID)
	}
	return ids
}

// filterFromProto reads a filter. A partner sees its own orders, whatever it asks for.
func filterFromProto(ctx context.Context, from *orderv1.OrderFilter) (store.Filter, error) {
	filter := store.Filter{
		Partner: from.GetPartnerId(), Channel: from.GetChannel(), ExternalID: from.GetExternalOrderId(),
		Account: from.GetAccountId(), State: stateFromProto(from.GetState()), Status: statusFromProto(from.GetStatus()),
		Hold: holdTypeFromProto(from.GetHoldType()),
	}
	if caller := rpc.IdentityFrom(ctx); caller.Partner != "" {
		if filter.Partner != "" && filter.Partner != caller.Partner {
			filter.Nothing = true
		}
		filter.Partner = caller.Partner
	}
	for _, bound := range []struct {
		path string
		from *timestamppb.Timestamp
		to   *time.Time
	}{
		{"filter.received_from", from.GetReceivedFrom(), &filter.ReceivedFrom},
		{"filter.received_before", from.GetReceivedBefore(), &filter.ReceivedBefore},
	} {
		if bound.from == nil {
			continue
		}
		if bound.from.CheckValid() != nil {
			return filter, fault.New(fault.Invalid, "TIME_INVALID", "a bound is no time").
				WithField(bound.path, "TIME_INVALID", "no time")
		}
		*bound.to = bound.from.AsTime()
	}
	return filter, nil
}

// A token is where the last page ended, bound to the filter by a part of its hash.
const tokenHashBytes = 8

func writeToken(last uuid.UUID, filter *orderv1.OrderFilter) string {
	return base64.RawURLEncoding.EncodeToString(slices.Concat(filterHash(filter), last[:]))
}

func readToken(token string, filter *orderv1.OrderFilter) (uuid.UUID, error) {
	if token == "" {
		return uuid.Max, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(raw) != tokenHashBytes+len(uuid.UUID{}) || !slices.Equal(raw[:tokenHashBytes], filterHash(filter)) {
		const text = "the page token is not of a list with this filter"
		return uuid.Nil, fault.New(fault.Invalid, "PAGE_TOKEN_INVALID", text).WithField("page_token", "PAGE_TOKEN_INVALID", text)
	}
	return uuid.UUID(raw[tokenHashBytes:]), nil
}

func filterHash(filter *orderv1.OrderFilter) []byte {
	if filter == nil {
		filter = &orderv1.OrderFilter{}
	}
	return idempotency.Hash(filter)[:tokenHashBytes]
}
