package masterdata

import (
	"context"

	"google.golang.org/protobuf/proto"

	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/services/masterdata/internal/domain"
	"github.com/waybill-dev/waybill/services/masterdata/internal/store"
)

var accountKind = kind[domain.Account]{
	name: "upsert_accounts", list: "accounts",
	lock: func(ctx context.Context, tx database.Transaction, wanted []domain.Account) (map[string]domain.Account, error) {
		return store.LockAccounts(ctx, tx, keys(wanted))
	},
	save: store.SaveAccounts,
	event: func(account domain.Account) (proto.Message, domain.Version) {
		return &masterdatav1.AccountChanged{AccountId: account.AccountID, Account: accountToProto(account)}, account.Version
	},
}

// UpsertAccounts implements the RPC of the same name.
func (s *Service) UpsertAccounts(ctx context.Context, req *masterdatav1.UpsertAccountsRequest) (*masterdatav1.UpsertAccountsResponse, error) {
	wanted, err := accountsFromProto(req.GetAccounts())
	if err != nil {
		return nil, err
	}
	stored, err := upsert(ctx, s, accountKind, wanted)
	if err != nil {
		return nil, err
	}
	return &masterdatav1.UpsertAccountsResponse{Accounts: convertAll(stored, accountToProto)}, nil
}
