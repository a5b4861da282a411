package importer

import (
	"context"
	"fmt"
	"net/url"
	"time"

	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
)

// awaitMemos waits until every line that is to be credited stands on an issued credit memo, and adds them up by customer.
func (r *run) awaitMemos(ctx context.Context) error {
	left := 0
	for _, lines := range r.returns {
		left += lines
	}
	r.options.Progress.Start("lines to the credit memo", left)
	defer r.options.Progress.Finish()
	leftSince := time.Now()
	counted := map[string]bool{}
	return poll(ctx, followPoll, "credit memos do not come", func() (bool, error) {
		found, err := r.readMemos(ctx, counted)
		if err != nil {
			return false, err
		}
		if found > 0 {
			r.options.Progress.Add(found)
			left, leftSince = left-found, time.Now()
		}
		if left > 0 && time.Since(leftSince) > stuckAfter {
			return false, fmt.Errorf("%d lines have not been credited for %s", left, stuckAfter)
		}
		return left <= 0, nil
	})
}

// readMemos reads credit memos back, the newest first. It adds up those of the file's returns that are issued and not
// counted yet, and returns how many lines these have.
func (r *run) readMemos(ctx context.Context, counted map[string]bool) (lines int, err error) {
	token := ""
	for {
		page := &billingv1.ListCreditMemosResponse{}
		query := url.Values{"pageSize": {"500"}, "pageToken": {token}}
		if err := r.target.REST.Get(ctx, "/v1/creditMemos?"+query.Encode(), page); err != nil {
			return lines, fmt.Errorf("read credit memos back: %w", err)
		}
		for _, memo := range page.GetCreditMemos() {
			_, ours := r.returns[memo.GetReturnId()]
			issued := memo.GetState() == billingv1.CreditMemoState_CREDIT_MEMO_STATE_ISSUED
			if !ours || !issued || counted[memo.GetCreditMemoId()] {
				continue
			}
			counted[memo.GetCreditMemoId()] = true
			lines += len(memo.GetLines())
			r.sums(memo.GetAccountId()).credited += memo.GetNetTotal().GetMinorUnits()
		}
		if token = page.GetNextPageToken(); token == "" {
			return lines, nil
		}
	}
}
