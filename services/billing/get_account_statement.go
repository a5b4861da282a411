package billing

import (
	"context"
	"encoding/base64"
	"time"

	"github.com/google/uuid"

	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	commonv1 "github.com/waybill-dev/waybill/gen/waybill/common/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/rpc"
	"github.com/waybill-dev/waybill/services/billing/internal/store"
)

// GetAccountStatement implements the RPC of the same name. The token is the place of the last entry of the page.
func (s *Service) GetAccountStatement(
	ctx context.Context, req *billingv1.GetAccountStatementRequest,
) (*billingv1.GetAccountStatementResponse, error) {
	from, err := dayFromProto(req.GetFromDate(), "from_date", time.Time{})
	if err != nil {
		return nil, err
	}
	to, err := dayFromProto(req.GetToDate(), "to_date", time.Time{})
	if err != nil {
		return nil, err
	}
	if to.Before(from) {
		return nil, fault.New(fault.Invalid, reasonDateInvalid, "to_date: the period ends before it begins").
			WithField("to_date", reasonDateInvalid, "not before from_date")
	}
	after, err := placeFrom(req.GetPageToken())
	if err != nil {
		return nil, err
	}
	credit, err := s.creditFor(ctx, req.GetAccountId())
	if err != nil {
		return nil, err
	}
	size := pageSize(req.GetPageSize())
	// One statement after the other would see different books.
	statement, err := database.Tx(ctx, s.db, "get_account_statement", func(tx database.Transaction) (store.Statement, error) {
		return store.StatementOf(ctx, tx, req.GetAccountId(), from, to.AddDate(0, 0, 1), after, size+1)
	})
	if err != nil {
		return nil, err
	}
	found := statement.Entries
	statement.Entries = found[:min(size, len(found))]
	page, next := rpc.EndPage(found, statementEntriesToProto(statement), placeAfter)
	return &billingv1.GetAccountStatementResponse{
		AccountId: req.GetAccountId(), LegalEntity: credit.LegalEntity, Entries: page, NextPageToken: next,
		OpeningBalance: &commonv1.Money{CurrencyCode: credit.Currency, MinorUnits: statement.Opening},
		ClosingBalance: &commonv1.Money{CurrencyCode: credit.Currency, MinorUnits: statement.Closing},
	}, nil
}

// placeAfter is the token of the page after an entry.
func placeAfter(entry store.StatementEntry) string {
	return base64.RawURLEncoding.EncodeToString([]byte(entry.ID.String() + entry.At.UTC().Format(time.RFC3339Nano)))
}

// placeFrom reads a token; the first page begins at the beginning of time.
func placeFrom(token string) (store.Place, error) {
	if token == "" {
		return store.Place{}, nil
	}
	const idLength = 36
	text, err := base64.RawURLEncoding.DecodeString(token)
	if err == nil && len(text) > idLength {
		entry, failed := uuid.ParseBytes(text[:idLength])
		at, late := time.Parse(time.RFC3339Nano, string(text[idLength:]))
		if failed == nil && late == nil {
			return store.Place{At: at, ID: entry}, nil
		}
	}
	return store.Place{}, rpc.PageTokenInvalid()
}
