package masterdata

import (
	"context"

	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/rpc"
	"github.com/waybill-dev/waybill/services/masterdata/internal/store"
)

// GetAccount implements the RPC of the same name. A partner sees the accounts that name it.
func (s *Service) GetAccount(ctx context.Context, req *masterdatav1.GetAccountRequest) (*masterdatav1.GetAccountResponse, error) {
	found, err := store.FindAccounts(ctx, s.db.Pool(), []string{req.GetAccountId()})
	if err != nil {
		return nil, err
	}
	account, ok := found[req.GetAccountId()]
	if !ok || !account.VisibleTo(rpc.IdentityFrom(ctx).Partner) {
		return nil, fault.New(fault.NotFound, "ACCOUNT_NOT_FOUND", "there is no account %q", req.GetAccountId())
	}
	return &masterdatav1.GetAccountResponse{Account: accountToProto(account)}, nil
}
