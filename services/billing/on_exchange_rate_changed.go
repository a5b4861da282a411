package billing

import (
	"context"
	"time"

	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/inbox"
	"github.com/waybill-dev/waybill/services/billing/internal/store"
)

// onExchangeRateChanged keeps the exchange rates, and wakes the documents that wait for one. A rate is fixed on a document
// when it is issued: what changes later changes no document.
func (s *Service) onExchangeRateChanged(ctx context.Context, tx database.Transaction, batch []inbox.Message) error {
	type day struct {
		from, to string
		on       time.Time
	}
	newest := map[day]store.RateCopy{}
	for _, message := range batch {
		event, ok := message.Payload.(*masterdatav1.ExchangeRateChanged)
		if !ok {
			continue
		}
		rate, err := rateFromProto(event.GetExchangeRate())
		if err != nil {
			return inbox.Blame(err, message.ID)
		}
		newest[day{rate.From, rate.To, rate.Day}] = rate // those of one pair come in order
	}
	if len(newest) == 0 {
		return nil
	}
	rates := make([]store.RateCopy, 0, len(newest))
	for _, rate := range newest {
		rates = append(rates, rate)
	}
	if err := store.SaveRateCopies(ctx, tx, rates, s.now()); err != nil {
		return err
	}
	tx.Notify(topicPending)
	tx.Notify(topicMemos)
	return nil
}
