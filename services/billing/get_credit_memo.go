package billing

import (
	"context"

	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/internal/rpc"
	"github.com/waybill-dev/waybill/services/billing/internal/store"
)

// GetCreditMemo implements the RPC of the same name.
func (s *Service) GetCreditMemo(ctx context.Context, req *billingv1.GetCreditMemoRequest) (*billingv1.GetCreditMemoResponse, error) {
	memoID, err := id.Parse(id.CreditMemo, req.GetCreditMemoId())
	if err != nil {
		return nil, memoNotFound(req.GetCreditMemoId())
	}
	memo, err := store.MemoByID(ctx, s.db.Pool(), memoID)
	if err != nil {
		return nil, err
	}
	if partner := rpc.IdentityFrom(ctx).Partner; memo == nil || partner != "" && partner != memo.Partner {
		return nil, memoNotFound(req.GetCreditMemoId())
	}
	return &billingv1.GetCreditMemoResponse{CreditMemo: memoToProto(memo)}, nil
}
