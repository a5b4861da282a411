package erp

import (
	"context"

	sandboxv1 "github.com/waybill-dev/waybill/gen/waybill/sandbox/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/services/connector/erp/internal/domain"
	"github.com/waybill-dev/waybill/services/connector/erp/internal/store"
)

// SetErpAccounts implements the RPC of the same name. Of two that name one customer the later counts.
func (s *Service) SetErpAccounts(
	ctx context.Context, req *sandboxv1.SetErpAccountsRequest,
) (*sandboxv1.SetErpAccountsResponse, error) {
	standings := map[sandboxv1.ErpAccountState]domain.Standing{
		sandboxv1.ErpAccountState_ERP_ACCOUNT_STATE_OPEN:    domain.Open,
		sandboxv1.ErpAccountState_ERP_ACCOUNT_STATE_BLOCKED: domain.Blocked,
		sandboxv1.ErpAccountState_ERP_ACCOUNT_STATE_UNKNOWN: domain.Unknown,
	}
	accounts := make(map[string]domain.Account, len(req.GetAccounts()))
	for _, one := range req.GetAccounts() {
		account := domain.Account{ID: one.GetAccountId(), Standing: standings[one.GetState()], PaymentDays: -1}
		if one.PaymentDays != nil {
			account.PaymentDays = int64(one.GetPaymentDays())
		}
		accounts[account.ID] = account
	}
	return database.Tx(ctx, s.db, "set_erp_accounts", func(tx database.Transaction) (*sandboxv1.SetErpAccountsResponse, error) {
		return &sandboxv1.SetErpAccountsResponse{}, store.SetAccounts(ctx, tx, accounts)
	})
}
