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
	if err := loadFulfillments(ctx, queries, book, targets(commands)); err != nil {
		return nil, err
	}
	if err := loadKeys(ctx, queries, book, commands); err != nil {
		return nil, database.Fault(ctx, err)
	}
	if err := loadShipments(ctx, queries, book, commands); err != nil {
		return nil, database.Fault(ctx, err)
	}
	return book, nil
}

func loadFulfillments(ctx context.Context, queries *Queries, book *domain.Book, ids []uuid.UUID) error {
	if len(ids) == 0 {
		return nil
	}
	rows, err := queries.LockFulfillments(ctx, ids)
	if err != nil {
		return database.Fault(ctx, err)
	}
	for _, row := range rows {
		if book.Fulfillments[row.FulfillmentID], err = toFulfillment(row); err != nil {
			return err
		}
	}
	return nil
}

// targets are the ids of the orders that the commands name, sorted, each once.
func targets(commands []domain.Command) []uuid.UUID {
	ids := make([]uuid.UUID, 0, len(commands))
	for _, command := range commands {
		if target := command.Target(); target != uuid.Nil {
			ids = append(ids, target)
		}
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
	var nodes []string
	for _, command := range commands {
		f := book.Fulfillments[command.Target()]
		made, create := command.(domain.Create)
		_, cancel := command.(domain.Cancel)
		switch {
		case f == nil && (create || cancel):
			missing = append(missing, command.Target())
			if create {
				nodes = append(nodes, made.NodeID)
			}
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
	if err := loadWaveNodes(ctx, queries, book, nodes); err != nil || len(stopping) == 0 {
		return err
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

// loadWaveNodes finds at which places new orders wait for a wave.
func loadWaveNodes(ctx context.Context, queries *Queries, book *domain.Book, nodes []string) error {
	if len(nodes) == 0 {
		return nil
	}
	found, err := queries.FindWaveNodes(ctx, sorted(nodes))
	book.Waves = make(map[string]bool, len(found))
	for _, node := range found {
		book.Waves[node] = true
	}
	return err
}

// loadShipments finds and locks the shipments that are recorded under what the commands name, and what goes with them.
func loadShipments(ctx context.Context, queries *Queries, book *domain.Book, commands []domain.Command) error {
	var named LockShipmentsParams
	var codes, skus []string
	var absorbed []uuid.UUID
	for _, command := range commands {
		switch command := command.(type) {
		case domain.Packer:
			f := book.Fulfillments[command.Target()]
			if f == nil {
				continue
			}
			number, used := command.PackedIn()
			named.Numbers, named.NodeIds = append(named.Numbers, number), append(named.NodeIds, f.NodeID)
			codes, skus = append(codes, used...), append(skus, command.Strangers(f)...)
		case domain.ShipmentCommand:
			if ref := command.Shipment(); ref.ID != uuid.Nil {
				named.Ids = append(named.Ids, ref.ID)
				if _, absorb := command.(domain.Absorb); absorb {
					absorbed = append(absorbed, ref.ID)
				}
			} else {
				named.Numbers, named.NodeIds = append(named.Numbers, ref.Number), append(named.NodeIds, ref.NodeID)
			}
		}
	}
	if len(named.Numbers)+len(named.Ids) == 0 {
		return nil
	}
	if err := loadNamed(ctx, queries, book, named); err != nil {
		return err
	}
	for _, load := range []func() error{
		func() error { return loadCodes(ctx, queries, book, codes) },
		func() error { return loadStrangers(ctx, queries, book, skus) },
		func() error { return loadAbsorbed(ctx, queries, book, absorbed) },
	} {
		if err := load(); err != nil {
			return err
		}
	}
	return nil
}

func loadNamed(ctx context.Context, queries *Queries, book *domain.Book, named LockShipmentsParams) error {
	named.NodeIds = sorted(named.NodeIds)
	rows, err := queries.LockShipments(ctx, named)
	if err != nil {
		return err
	}
	book.Shipments = make(map[domain.ShipmentNumber]*domain.Shipment, len(rows))
	book.ByID = make(map[uuid.UUID]*domain.Shipment, len(rows))
	for _, row := range rows {
		shipment, err := toShipment(row)
		if err != nil {
			return err
		}
		book.Shipments[domain.ShipmentNumber{NodeID: row.NodeID, Number: row.WarehouseShipmentID}] = shipment
		book.ByID[shipment.ID] = shipment
	}
	return nil
}

func loadCodes(ctx context.Context, queries *Queries, book *domain.Book, codes []string) error {
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

// loadStrangers finds items that reports name beside those of their orders.
func loadStrangers(ctx context.Context, queries *Queries, book *domain.Book, skus []string) error {
	if len(skus) == 0 {
		return nil
	}
	catalog, err := loadCatalog(ctx, queries, skus, nil)
	book.Items = catalog.Items
	return err
}

// loadAbsorbed finds the orders of shipments that are to be absorbed, whose lines never change in what matters here, and locks what
// comes back of them.
func loadAbsorbed(ctx context.Context, queries *Queries, book *domain.Book, shipments []uuid.UUID) error {
	var orders []uuid.UUID
	for _, one := range shipments {
		if s := book.ByID[one]; s != nil && book.Fulfillments[s.FulfillmentID] == nil {
			orders = append(orders, s.FulfillmentID)
		}
	}
	if len(orders) == 0 {
		return nil
	}
	rows, err := queries.FindFulfillments(ctx, unique(orders))
	if err != nil {
		return err
	}
	for _, row := range rows {
		if book.Fulfillments[row.FulfillmentID], err = toFulfillment(row); err != nil {
			return err
		}
	}
	allowances, err := queries.FindAllowances(ctx, shipments)
	if err != nil {
		return err
	}
	book.Allowances = make(map[string]*domain.Allowance, len(allowances))
	for _, row := range allowances {
		book.Allowances[row.ShipmentLineID] = toAllowance(row)
	}
	return nil
}
