package fulfillment

import (
	"context"

	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/inbox"
	"github.com/waybill-dev/waybill/services/fulfillment/internal/domain"
)

// onCreditMemoIssued books on returns that what is due for them was credited. A return whose credit is complete is CREDITED,
// and CLOSED when nothing of it is open.
func (s *Service) onCreditMemoIssued(ctx context.Context, tx database.Transaction, batch []inbox.Message) error {
	var commands []domain.ReturnCommand
	var from []inbox.Message
	for _, message := range batch {
		event, ok := message.Payload.(*billingv1.CreditMemoIssued)
		if ok && event.GetCreditMemo().GetReturnId() != "" {
			commands, from = append(commands, creditFromProto(event.GetCreditMemo())), append(from, message)
		}
	}
	if len(commands) == 0 {
		return nil
	}
	outcomes, err := s.decideReturns(ctx, tx, commands, s.now())
	if err != nil {
		return err
	}
	for i, outcome := range outcomes {
		if outcome.Refusal != nil {
			return inbox.Blame(outcome.Refusal, from[i].ID)
		}
	}
	return nil
}
