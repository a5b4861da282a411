package billing

import (
	"context"
	"fmt"
	"strconv"

	"github.com/google/uuid"

	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	commonv1 "github.com/waybill-dev/waybill/gen/waybill/common/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/services/billing/internal/domain"
	"github.com/waybill-dev/waybill/services/billing/internal/store"
)

// ClearCredit implements the RPC of the same name.
func (s *Service) ClearCredit(ctx context.Context, req *billingv1.ClearCreditRequest) (*billingv1.ClearCreditResponse, error) {
	wants, err := clearancesFromProto(req)
	if err != nil {
		return nil, err
	}
	keys := convertAll(wants, func(want domain.ClearanceWant) string { return want.Key })
	orders := convertAll(wants, func(want domain.ClearanceWant) uuid.UUID { return want.Order })
	accounts, err := store.AccountsOf(ctx, s.db.Pool(), orders, nil)
	if err != nil {
		return nil, err
	}
	leave, err := s.turns.take(ctx, sortedSet(accounts))
	if err != nil {
		return nil, err
	}
	defer leave()
	return database.Tx(ctx, s.db, "clear_credit", func(tx database.Transaction) (*billingv1.ClearCreditResponse, error) {
		book, err := s.openForClearances(ctx, tx, keys, orders)
		if err != nil {
			return nil, err
		}
		reply := &billingv1.ClearCreditResponse{}
		for _, want := range wants {
			clearance, err := book.Clear(want)
			if err != nil {
				return nil, err
			}
			reply.Outcomes = append(reply.Outcomes, clearanceToProto(clearance))
		}
		if err := store.KeepClearances(ctx, tx, book.NewClearances(), s.now()); err != nil {
			return nil, err
		}
		return reply, s.saveBook(ctx, tx, book)
	})
}

func (s *Service) openForClearances(ctx context.Context, tx database.Transaction, keys []string, orders []uuid.UUID) (*domain.Book, error) {
	known, claims, err := loadOrders(ctx, tx, orders)
	if err != nil {
		return nil, err
	}
	credits, err := lockCreditsOf(ctx, tx, claims)
	if err != nil {
		return nil, err
	}
	if err := store.FillOldestDue(ctx, tx, credits, s.today()); err != nil {
		return nil, err
	}
	clearances, err := store.Clearances(ctx, tx, keys)
	if err != nil {
		return nil, err
	}
	blocks, err := store.Blocks(ctx, tx, orders)
	if err != nil {
		return nil, err
	}
	book := domain.NewBook(credits, claims, known, nil)
	book.AddClearances(clearances)
	book.AddBlocks(blocks)
	return book, nil
}

func clearancesFromProto(req *billingv1.ClearCreditRequest) ([]domain.ClearanceWant, error) {
	wants := make([]domain.ClearanceWant, 0, len(req.GetClearances()))
	for i, clearance := range req.GetClearances() {
		order, err := parseID(id.Order, clearance.GetOrderId(), fmt.Sprintf("clearances[%d].order_id", i))
		if err != nil {
			return nil, err
		}
		wants = append(wants, domain.ClearanceWant{Key: clearance.GetKey(), Order: order, Forced: clearance.GetForced()})
	}
	return wants, nil
}

func clearanceToProto(clearance *domain.Clearance) *billingv1.CreditClearanceOutcome {
	if clearance.Reason == "" {
		return &billingv1.CreditClearanceOutcome{}
	}
	return &billingv1.CreditClearanceOutcome{Refusal: &commonv1.Refusal{
		Reason: clearance.Reason, Message: clearance.Message, Details: map[string]string{
			"exposure": strconv.FormatInt(clearance.Exposure, 10), "limit": strconv.FormatInt(clearance.Limit, 10),
			"block": strconv.FormatInt(clearance.Block, 10),
		},
	}}
}
