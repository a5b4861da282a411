package store

import (
	"bytes"
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/services/fulfillment/internal/domain"
)

// LoadBook loads what the commands need and locks the orders that they name until the transaction ends.
func LoadBook(ctx context.Context, tx database.Transaction, commands []domain.Command, now time.Time) (*domain.Book, error) {
	queries := New(tx)
	book := &domain.Book{Now: now, Fulfillments: make(map[uuid.UUID]*domain.Fulfillment, len(commands))}
	rows, err := queries.LockFulfillments(ctx, targets(commands))
	if err != nil {
		return nil, database.Fault(ctx, err)
	}
	for _, row := range rows {
		if book.Fulfillments[row.FulfillmentID], err = toFulfillment(row); err != nil {
			return nil, err
		}
	}
	if err := loadKeys(ctx, queries, book, commands); err != nil {
		return nil, database.Fault(ctx, err)
	}
	if err := loadShipments(ctx, queries, book, commands); err != nil {
		return nil, database.Fault(ctx, err)
	}
	return book, nil
}

// targets are the ids of the orders that the commands name, sorted, each once.
func targets(commands []domain.Command) []uuid.UUID {
	ids := make([]uuid.UUID, 0, len(commands))
	for _, command := range commands {
		ids = append(ids, command.Target())
	}
	return unique(ids)
}

func unique(ids []uuid.UUID) []uuid.UUID {
	slices.SortFunc(ids, func(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) })
	return slices.Compact(ids)
}

// loadKeys finds which of the keys that have no order were undone, and which orders to be stopped are on their way.
func loadKeys(ctx context.Context, queries *Queries, book *domain.Book, commands []domain.Command) error {
	var missing, stopping []uuid.UUID
	for _, command := range commands {
		f := book.Fulfillments[command.Target()]
		_, create := command.(domain.Create)
		_, cancel := command.(domain.Cancel)
		switch {
		case f == nil && (create || cancel):
			missing = append(missing, command.Target())
		case f != nil && cancel && f.Stage == domain.StageCreated:
			stopping = append(stopping, f.ID)
		}
	}
	if len(missing) > 0 {
		undone, err := queries.FindUndone(ctx, unique(missing))
		if err != nil {
			return err
		}
		book.Undone = make(map[uuid.UUID]bool, len(undone))
		for _, id := range undone {
			book.Undone[id] = true
		}
	}
	if len(stopping) == 0 {
		return nil
	}
	rows, err := queries.LockHandOvers(ctx, unique(stopping))
	if err != nil {
		return err
	}
	book.Taken = make(map[uuid.UUID]bool, len(stopping))
	for _, row := range rows {
		book.Taken[row.FulfillmentID] = row.Attempt > 0
	}
	return nil
}

// loadShipments finds the shipments and cartons that are recorded under what the commands name.
func loadShipments(ctx context.Context, queries *Queries, book *domain.Book, commands []domain.Command) error {
	var numbers FindShipmentNumbersParams
	var codes []string
	for _, command := range commands {
		ship, ok := command.(domain.Ship)
		if f := book.Fulfillments[command.Target()]; ok && f != nil {
			numbers.Numbers = append(numbers.Numbers, ship.Number)
			numbers.NodeIds = append(numbers.NodeIds, f.NodeID)
			codes = append(codes, ship.SSCCs()...)
		}
	}
	if len(numbers.Numbers) == 0 {
		return nil
	}
	slices.Sort(numbers.NodeIds)
	numbers.NodeIds = slices.Compact(numbers.NodeIds)
	rows, err := queries.FindShipmentNumbers(ctx, numbers)
	if err != nil {
		return err
	}
	book.Shipments = make(map[domain.ShipmentNumber]*domain.Shipment, len(rows))
	for _, row := range rows {
		book.Shipments[domain.ShipmentNumber{NodeID: row.NodeID, Number: row.WarehouseShipmentID}] =
			&domain.Shipment{ID: row.ShipmentID, Hash: row.ContentHash}
	}
	if len(codes) == 0 {
		return nil
	}
	cartons, err := queries.FindCartons(ctx, codes)
	if err != nil {
		return err
	}
	book.Cartons = make(map[string]uuid.UUID, len(cartons))
	for _, carton := range cartons {
		book.Cartons[carton.Sscc] = carton.ShipmentID
	}
	return nil
}
