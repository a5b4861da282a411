package masterdata

import (
	"context"

	"google.golang.org/protobuf/proto"

	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/services/masterdata/internal/domain"
	"github.com/waybill-dev/waybill/services/masterdata/internal/store"
)

var accountKind = kind[domain.Account]{
	name: "upsert_accounts", list: "accounts",
	lock: func(ctx context.Context, tx database.Transaction, wanted []domain.Account) (map[string]domain.Account, error) {
		return store.LockAccounts(ctx, tx, keys(wanted))
	},
	refer: referAccounts,
	save:  store.SaveAccounts,
	came:  came[domain.Account],
	event: func(account domain.Account) (string, proto.Message, domain.Version) {
		return account.AccountID, &masterdatav1.AccountChanged{AccountId: account.AccountID, Account: accountToProto(account)}, account.Version
	},
}

// UpsertAccounts implements the RPC of the same name.
func (s *Service) UpsertAccounts(ctx context.Context, req *masterdatav1.UpsertAccountsRequest) (*masterdatav1.UpsertAccountsResponse, error) {
	wanted := convertAll(req.GetAccounts(), accountFromProto)
	stored, err := upsert(ctx, s, accountKind, wanted, nil)
	if err != nil {
		return nil, err
	}
	return &masterdatav1.UpsertAccountsResponse{Accounts: convertAll(stored, accountToProto)}, nil
}

// referAccounts looks up the accounts that get the invoices.
func referAccounts(
	ctx context.Context, tx database.Transaction, wanted []domain.Account, stored map[string]domain.Account,
) (func([]domain.Account) ([]domain.Account, []fault.Field), error) {
	var payers []string
	for _, account := range wanted {
		if account.BillTo != "" {
			payers = append(payers, account.BillTo)
		}
	}
	if len(payers) == 0 {
		return func(set []domain.Account) ([]domain.Account, []fault.Field) { return set, nil }, nil
	}
	known, err := store.FindAccounts(ctx, tx, payers)
	if err != nil {
		return nil, err
	}
	paying, err := store.FindPayers(ctx, tx, keys(wanted))
	if err != nil {
		return nil, err
	}
	return func(set []domain.Account) ([]domain.Account, []fault.Field) {
		return set, domain.ReferAccounts(set, known, domain.PayersBeside(set, stored, paying))
	}, nil
}
