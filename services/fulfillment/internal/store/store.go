// Package store keeps orders to warehouses, shipments and what has to be told to warehouses in tables. Sets go in and come
// out; nothing here decides.
package store

import (
	"encoding/json"
	"fmt"

	"github.com/waybill-dev/waybill/services/fulfillment/internal/domain"
)

func encodeJSON(value any) (string, error) {
	text, err := json.Marshal(value)
	if err != nil {
		return "", fmt.Errorf("encode: %w", err)
	}
	return string(text), nil
}

func decodeJSON(text []byte, into any) error {
	if err := json.Unmarshal(text, into); err != nil {
		return fmt.Errorf("decode: %w", err)
	}
	return nil
}

func toFulfillment(row Fulfillment) (*domain.Fulfillment, error) {
	f := &domain.Fulfillment{
		ID: row.FulfillmentID, Key: row.RequestKey, OrderID: row.OrderID, NodeID: row.NodeID, PartnerID: row.PartnerID,
		AccountID: row.AccountID, Stage: domain.Stage(row.Stage), Stop: domain.Stop(row.Stop), Sequence: row.EventSequence,
		CreatedAt: row.CreatedAt, UpdatedAt: row.UpdatedAt,
	}
	if err := decodeJSON(row.ShipTo, &f.ShipTo); err != nil {
		return nil, err
	}
	if err := decodeJSON(row.Instructions, &f.Instructions); err != nil {
		return nil, err
	}
	return f, decodeJSON(row.Lines, &f.Lines)
}

func toShipment(row Shipment) (*domain.Shipment, error) {
	s := &domain.Shipment{
		ID: row.ShipmentID, FulfillmentID: row.FulfillmentID, OrderID: row.OrderID, NodeID: row.NodeID,
		PartnerID: row.PartnerID, Number: row.WarehouseShipmentID, State: domain.ShipmentState(row.State), Carrier: row.Carrier,
		Tracking: row.TrackingNumber, Absorbs: row.Absorbs, Sequence: row.EventSequence, RecordedAt: row.RecordedAt,
		Hash: row.ContentHash,
	}
	if row.ShippedAt.Year() > 1 {
		s.ShippedAt = row.ShippedAt
	}
	for _, part := range []struct {
		text []byte
		into any
	}{{row.Lines, &s.Lines}, {row.Cartons, &s.Cartons}, {row.Flaws, &s.Flaws}, {row.Milestones, &s.Milestones}} {
		if err := decodeJSON(part.text, part.into); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// shipmentDocuments are the parts of a shipment that are stored as documents; lists, also when they are empty.
func shipmentDocuments(s *domain.Shipment) (lines, cartons, flaws, milestones string, err error) {
	for _, part := range []struct {
		text *string
		from any
	}{
		{&lines, append([]domain.ShipmentLine{}, s.Lines...)}, {&cartons, append([]domain.Carton{}, s.Cartons...)},
		{&flaws, append([]domain.Flaw{}, s.Flaws...)}, {&milestones, append([]domain.Milestone{}, s.Milestones...)},
	} {
		if *part.text, err = encodeJSON(part.from); err != nil {
			return "", "", "", "", err
		}
	}
	return lines, cartons, flaws, milestones, nil
}

// convertAll converts rows one by one and stops at the first that cannot be.
func convertAll[From, To any](rows []From, convert func(From) (To, error)) ([]To, error) {
	converted := make([]To, 0, len(rows))
	for _, row := range rows {
		next, err := convert(row)
		if err != nil {
			return nil, err
		}
		converted = append(converted, next)
	}
	return converted, nil
}
