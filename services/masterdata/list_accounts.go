package masterdata

import (
	"context"

	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	"github.com/waybill-dev/waybill/internal/rpc"
	"github.com/waybill-dev/waybill/services/masterdata/internal/domain"
	"github.com/waybill-dev/waybill/services/masterdata/internal/store"
)

// ListAccounts implements the RPC of the same name. The token is the id of the last account of the page.
func (s *Service) ListAccounts(
	ctx context.Context, req *masterdatav1.ListAccountsRequest,
) (*masterdatav1.ListAccountsResponse, error) {
	after, err := readPageToken(req.GetPageToken(), 1)
	if err != nil {
		return nil, err
	}
	size := pageSize(req.GetPageSize())
	filter := store.AccountFilter{
		LegalEntity: req.GetLegalEntity(), BillTo: req.GetBillToAccountId(), Partner: rpc.IdentityFrom(ctx).Partner,
	}
	accounts, err := store.ListAccountsAfter(ctx, s.db.Pool(), filter, after[0], size+1)
	if err != nil {
		return nil, err
	}
	reply := &masterdatav1.ListAccountsResponse{}
	reply.Accounts, reply.NextPageToken = page(accounts, size, accountToProto,
		func(account domain.Account) []string { return []string{account.AccountID} })
	return reply, nil
}
