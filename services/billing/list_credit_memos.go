package billing

import (
	"context"

	"github.com/google/uuid"

	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/internal/rpc"
	"github.com/waybill-dev/waybill/services/billing/internal/domain"
	"github.com/waybill-dev/waybill/services/billing/internal/store"
)

// ListCreditMemos implements the RPC of the same name. The token is the id of the last memo of the page.
func (s *Service) ListCreditMemos(ctx context.Context, req *billingv1.ListCreditMemosRequest) (*billingv1.ListCreditMemosResponse, error) {
	before, err := rpc.ReadIDToken(req.GetPageToken())
	if err != nil {
		return nil, err
	}
	filter := store.MemoFilter{
		Partner: rpc.IdentityFrom(ctx).Partner, Account: req.GetAccountId(), BillTo: req.GetBillToAccountId(),
	}
	if filter.Order, err = optionalID(id.Order, req.GetOrderId(), "order_id"); err != nil {
		return nil, err
	}
	if filter.Return, err = optionalID(id.Return, req.GetReturnId(), "return_id"); err != nil {
		return nil, err
	}
	size := pageSize(req.GetPageSize())
	memos, err := store.MemosBefore(ctx, s.db.Pool(), filter, before, size+1)
	if err != nil {
		return nil, err
	}
	reply := &billingv1.ListCreditMemosResponse{}
	reply.CreditMemos, reply.NextPageToken = rpc.Page(memos, size, memoToProto, func(last *domain.Memo) string { return rpc.IDToken(last.ID) })
	return reply, nil
}

// optionalID reads an id that a filter may leave empty; it is nil then.
func optionalID(prefix, text, field string) (uuid.UUID, error) {
	if text == "" {
		return uuid.Nil, nil
	}
	return parseID(prefix, text, field)
}
