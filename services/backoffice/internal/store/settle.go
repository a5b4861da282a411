package store

import (
	"context"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/services/backoffice/internal/domain"
)

// Settle stores what the ERP answered, and gives what is told of it: what is posted leaves the queue, what is refused stays and is stuck.
// What waits no more is left as it is, and not told.
func Settle(ctx context.Context, tx database.Transaction, answers []domain.Answer) ([]domain.Told, error) {
	byID := make(map[string]domain.Answer, len(answers))
	var posted []string
	var stuck StickParams
	for _, answer := range answers {
		byID[answer.DocumentID] = answer
		if answer.Reason == "" {
			posted = append(posted, answer.DocumentID)
			continue
		}
		stuck.Ids = append(stuck.Ids, answer.DocumentID)
		stuck.Reasons = append(stuck.Reasons, answer.Reason)
		stuck.Messages = append(stuck.Messages, answer.Message)
	}
	told, err := settlePosted(ctx, tx, posted, byID)
	if err != nil || len(stuck.Ids) == 0 {
		return told, database.Fault(ctx, err)
	}
	rows, err := New(tx).Stick(ctx, stuck)
	for _, row := range rows {
		told = append(told, tellOf(byID[row.DocumentID], row.Attempt, row.Told, row.Cause))
	}
	return told, database.Fault(ctx, err)
}

// settlePosted moves documents from the queue to what is posted.
func settlePosted(ctx context.Context, tx database.Transaction, ids []string, answers map[string]domain.Answer) ([]domain.Told, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	queries := New(tx)
	rows, err := queries.TakePosts(ctx, ids)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	told := make([]domain.Told, 0, len(rows))
	var set InsertPostedParams
	for _, row := range rows {
		one := tellOf(answers[row.DocumentID], row.Attempt, row.Told+1, row.Cause)
		told = append(told, one)
		set.Ids = append(set.Ids, one.DocumentID)
		set.OrderIds = append(set.OrderIds, one.OrderID)
		set.Numbers = append(set.Numbers, one.ERPNumber)
		set.PostedAts = append(set.PostedAts, one.PostedAt)
		set.Tolds = append(set.Tolds, one.Sequence)
	}
	return told, queries.InsertPosted(ctx, set)
}

func tellOf(answer domain.Answer, attempt, sequence int64, cause string) domain.Told {
	answer.Attempt = attempt
	return domain.Told{Answer: answer, Sequence: sequence, Cause: cause}
}
