package billing

import (
	"context"

	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	"github.com/waybill-dev/waybill/internal/rpc"
	"github.com/waybill-dev/waybill/services/billing/internal/store"
)

// SummarizeCreditMemos implements the RPC of the same name.
func (s *Service) SummarizeCreditMemos(
	ctx context.Context, req *billingv1.SummarizeCreditMemosRequest,
) (*billingv1.SummarizeCreditMemosResponse, error) {
	sums, err := store.MemoSums(ctx, s.db.Pool(), req.GetLegalEntity(), rpc.IdentityFrom(ctx).Partner, req.GetByAccount())
	if err != nil {
		return nil, err
	}
	return &billingv1.SummarizeCreditMemosResponse{Sums: convertAll(sums, func(sum store.Sum) *billingv1.CreditMemoSum {
		return &billingv1.CreditMemoSum{
			CurrencyCode: sum.Currency, State: memoStateToProto(sum.State), CreditMemos: sum.Documents, Lines: sum.Lines,
			NetMinor: sum.Net, TaxMinor: sum.Tax, AccountId: sum.Account,
		}
	})}, nil
}
