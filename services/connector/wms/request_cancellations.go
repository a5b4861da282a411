package wms

import (
	"context"

	"github.com/google/uuid"

	wmsv1 "github.com/waybill-dev/waybill/gen/waybill/connector/wms/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/services/connector/wms/internal/domain"
	"github.com/waybill-dev/waybill/services/connector/wms/internal/store"
)

// RequestCancellations implements the RPC of the same name. What is picked goes on; the answer is a report, as a real
// warehouse would take its time.
func (s *Service) RequestCancellations(
	ctx context.Context, req *wmsv1.RequestCancellationsRequest,
) (*wmsv1.RequestCancellationsResponse, error) {
	ids := make([]uuid.UUID, 0, len(req.GetFulfillmentIds()))
	for _, text := range req.GetFulfillmentIds() {
		parsed, err := id.Parse(id.Fulfillment, text)
		if err != nil {
			return nil, fault.New(fault.Invalid, "ID_INVALID", "%q is no fulfilment order", text)
		}
		ids = append(ids, parsed)
	}
	now := s.now()
	_, err := database.Tx(ctx, s.db, "request_cancellations", func(tx database.Transaction) (struct{}, error) {
		standings, err := store.FindStandings(ctx, tx, ids)
		if err != nil {
			return struct{}{}, err
		}
		answers := make(map[uuid.UUID]domain.Answer, len(ids))
		var stopped []uuid.UUID
		for _, one := range ids {
			answers[one] = standings[one].Stop()
			if answers[one] == domain.AnswerStopped {
				stopped = append(stopped, one)
			}
		}
		if err := store.StopOrders(ctx, tx, stopped, now); err != nil {
			return struct{}{}, err
		}
		return struct{}{}, store.AddAnswers(ctx, tx, answers, now.Add(s.delays.Acknowledge))
	})
	if err != nil {
		return nil, err
	}
	return &wmsv1.RequestCancellationsResponse{}, nil
}
