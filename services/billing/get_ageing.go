package billing

import (
	"context"
	"time"

	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/services/billing/internal/domain"
	"github.com/waybill-dev/waybill/services/billing/internal/store"
)

// GetAgeing implements the RPC of the same name.
func (s *Service) GetAgeing(ctx context.Context, req *billingv1.GetAgeingRequest) (*billingv1.GetAgeingResponse, error) {
	day, err := dayFromProto(req.GetAsOfDate(), "as_of_date", s.today())
	if err != nil {
		return nil, err
	}
	if _, err := s.creditFor(ctx, req.GetAccountId()); err != nil {
		return nil, err
	}
	return database.Tx(ctx, s.db, "get_ageing", func(tx database.Transaction) (*billingv1.GetAgeingResponse, error) {
		credit, err := store.CreditOf(ctx, tx, req.GetAccountId())
		if err != nil {
			return nil, err
		}
		owed, err := store.OpenByAge(ctx, tx, req.GetAccountId())
		if err != nil {
			return nil, err
		}
		ageing := domain.Ageing{}
		for _, one := range owed {
			ageing.Add(day, one.DueDate, one.Disputed, one.Invoices, one.Balance)
		}
		return ageingToProto(credit, day, ageing), nil
	})
}

// today is the day of now, UTC: from its beginning on what was due yesterday is past due.
func (s *Service) today() time.Time { return s.clock().UTC().Truncate(24 * time.Hour) }
