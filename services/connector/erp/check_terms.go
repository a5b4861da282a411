package erp

import (
	"context"
	"fmt"

	"google.golang.org/protobuf/types/known/timestamppb"

	commonv1 "github.com/waybill-dev/waybill/gen/waybill/common/v1"
	erpv1 "github.com/waybill-dev/waybill/gen/waybill/connector/erp/v1"
	"github.com/waybill-dev/waybill/services/connector/erp/internal/domain"
	"github.com/waybill-dev/waybill/services/connector/erp/internal/store"
)

// CheckTerms implements the RPC of the same name. Refusals: ACCOUNT_UNKNOWN, ACCOUNT_BLOCKED, TERMS_DIFFER.
func (s *Service) CheckTerms(ctx context.Context, req *erpv1.CheckTermsRequest) (*erpv1.CheckTermsResponse, error) {
	ids := make([]string, 0, len(req.GetQuestions()))
	for _, question := range req.GetQuestions() {
		ids = append(ids, question.GetAccountId())
	}
	known, err := store.FindAccounts(ctx, s.db.Pool(), ids)
	if err != nil {
		return nil, err
	}
	reply, now := &erpv1.CheckTermsResponse{}, timestamppb.New(s.clock())
	for _, question := range req.GetQuestions() {
		outcome := &erpv1.TermsOutcome{Terms: &erpv1.Terms{AccountId: question.GetAccountId(), AsOf: now}}
		if account, told := known[question.GetAccountId()]; told {
			if reason := account.Check(int64(question.GetPaymentDays())); reason != "" {
				outcome = &erpv1.TermsOutcome{Refusal: &commonv1.Refusal{Reason: reason, Message: refusalText(&account, reason)}}
			}
		}
		reply.Outcomes = append(reply.Outcomes, outcome)
	}
	return reply, nil
}

func refusalText(account *domain.Account, reason string) string {
	switch reason {
	case domain.ReasonAccountUnknown:
		return "the ERP does not know customer " + account.ID
	case domain.ReasonAccountBlocked:
		return "nothing may be sold to customer " + account.ID
	default:
		return fmt.Sprintf("customer %s has %d payment days in the ERP", account.ID, account.PaymentDays)
	}
}
