package order

import (
	"context"

	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/services/order/internal/store"
)

// RetryProcess implements the RPC of the same name.
func (s *Service) RetryProcess(ctx context.Context, req *orderv1.RetryProcessRequest) (*orderv1.RetryProcessResponse, error) {
	processID, err := id.Parse(id.Process, req.GetProcessId())
	if err != nil {
		return nil, fault.New(fault.NotFound, "NOT_FOUND", "there is no such process")
	}
	live, err := database.Tx(ctx, s.db, "retry_process", func(tx database.Transaction) (bool, error) {
		live, err := store.HurryProcess(ctx, tx, processID, s.now())
		if live {
			tx.Notify(topicProcess)
		}
		return live, err
	})
	return &orderv1.RetryProcessResponse{Live: live}, err
}
