package inventory

import (
	"context"

	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/outbox"
	"github.com/waybill-dev/waybill/services/inventory/internal/domain"
	"github.com/waybill-dev/waybill/services/inventory/internal/store"
)

// retellPage is how many stocks one transaction announces.
const retellPage = 1000

// RetellAvailability implements the RPC of the same name.
func (s *Service) RetellAvailability(
	ctx context.Context, _ *inventoryv1.RetellAvailabilityRequest,
) (*inventoryv1.RetellAvailabilityResponse, error) {
	reply := &inventoryv1.RetellAvailabilityResponse{}
	for after := (domain.StockKey{}); ; {
		page, err := store.StocksAfter(ctx, s.db.Pool(), after, retellPage)
		if err != nil || len(page) == 0 {
			return reply, err
		}
		keys := make([]outbox.StateKey, len(page))
		for i, stock := range page {
			keys[i] = stateKey(stock)
		}
		_, err = database.Tx(ctx, s.db, "retell_availability", func(tx database.Transaction) (struct{}, error) {
			return struct{}{}, outbox.RetellState(ctx, tx, &inventoryv1.AvailabilityChanged{}, keys...)
		})
		if err != nil {
			return nil, err
		}
		reply.Stocks += int64(len(page))
		after = page[len(page)-1]
	}
}
