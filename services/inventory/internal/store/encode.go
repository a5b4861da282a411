package store

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/waybill-dev/waybill/services/inventory/internal/domain"
)

// The forms in which first outcomes are kept. They are storage formats: fields are added, never given another meaning.
type (
	outcomeJSON struct {
		ID      uuid.UUID       `json:"id"`
		Key     string          `json:"key"`
		Order   string          `json:"order"`
		Lines   []lineJSON      `json:"lines,omitempty"`
		Refusal *domain.Refusal `json:"refusal,omitempty"`
		// Returned is absent when nothing was to be given back.
		Returned *[]cancelledJSON `json:"returned,omitempty"`
	}
	lineJSON struct {
		Line        int32           `json:"line"`
		SKU         string          `json:"sku"`
		Placed      []placementJSON `json:"placed,omitempty"`
		Backordered int64           `json:"backordered,omitempty"`
		Unfilled    int64           `json:"unfilled,omitempty"`
	}
	placementJSON struct {
		Node     string `json:"node"`
		Quantity int64  `json:"quantity"`
	}
	cancelledJSON struct {
		Line     int32  `json:"line"`
		Node     string `json:"node"`
		Quantity int64  `json:"quantity"`
	}
)

func encodeOutcome(outcome domain.Outcome) ([]byte, error) {
	stored := outcomeJSON{
		ID: outcome.ReservationID, Key: outcome.Key, Order: string(outcome.Order), Refusal: outcome.Refusal,
		Lines: make([]lineJSON, len(outcome.Lines)),
	}
	if outcome.Returned != nil {
		returned := cancelledToJSON(*outcome.Returned)
		stored.Returned = &returned
	}
	for i, line := range outcome.Lines {
		stored.Lines[i] = lineJSON{
			Line: line.Line, SKU: string(line.SKU), Backordered: line.Backordered, Unfilled: line.Unfilled,
		}
		for _, placed := range line.Placed {
			stored.Lines[i].Placed = append(stored.Lines[i].Placed, placementJSON{string(placed.Node), placed.Quantity})
		}
	}
	return json.Marshal(stored)
}

func decodeOutcome(text []byte) (domain.Outcome, error) {
	var stored outcomeJSON
	if err := json.Unmarshal(text, &stored); err != nil {
		return domain.Outcome{}, fmt.Errorf("stored outcome: %w", err)
	}
	outcome := domain.Outcome{
		ReservationID: stored.ID, Key: stored.Key, Order: domain.OrderID(stored.Order), Refusal: stored.Refusal,
	}
	if stored.Returned != nil {
		returned := cancelledFromJSON(*stored.Returned)
		outcome.Returned = &returned
	}
	for _, line := range stored.Lines {
		got := domain.LineOutcome{
			Line: line.Line, SKU: domain.SKU(line.SKU), Backordered: line.Backordered, Unfilled: line.Unfilled,
		}
		for _, placed := range line.Placed {
			got.Placed = append(got.Placed, domain.Placement{Node: domain.NodeID(placed.Node), Quantity: placed.Quantity})
		}
		outcome.Lines = append(outcome.Lines, got)
	}
	return outcome, nil
}

func encodeCancelled(outcome domain.Cancelled) ([]byte, error) {
	return json.Marshal(cancelledToJSON(outcome))
}

func cancelledToJSON(outcome domain.Cancelled) []cancelledJSON {
	stored := make([]cancelledJSON, len(outcome.GivenBack))
	for i, line := range outcome.GivenBack {
		stored[i] = cancelledJSON{line.Line, string(line.Node), line.Quantity}
	}
	return stored
}

func decodeCancelled(text []byte) (domain.Cancelled, error) {
	var stored []cancelledJSON
	if err := json.Unmarshal(text, &stored); err != nil {
		return domain.Cancelled{}, fmt.Errorf("stored cancellation: %w", err)
	}
	return cancelledFromJSON(stored), nil
}

func cancelledFromJSON(stored []cancelledJSON) domain.Cancelled {
	var outcome domain.Cancelled
	for _, line := range stored {
		outcome.GivenBack = append(outcome.GivenBack, domain.CancelLine{
			Line: line.Line, Node: domain.NodeID(line.Node), Quantity: line.Quantity,
		})
	}
	return outcome
}

// encodeHandling writes the counters by hand: the row is written at every report.
func encodeHandling(lines []*domain.HandlingLine) string {
	text := make([]byte, 0, 24*len(lines)+2)
	text = append(text, '[')
	for i, line := range lines {
		if i > 0 {
			text = append(text, ',')
		}
		text = append(text, '[')
		text = strconv.AppendInt(text, int64(line.Line), 10)
		for _, counter := range [...]int64{line.Requested, line.Picked, line.Shorted, line.Cancelled, line.Shipped} {
			text = append(text, ',')
			text = strconv.AppendInt(text, counter, 10)
		}
		text = append(text, ']')
	}
	return string(append(text, ']'))
}

func toHandling(row Handling) (domain.Handling, error) {
	var stored [][6]int64
	if err := json.Unmarshal(row.Lines, &stored); err != nil {
		return domain.Handling{}, fmt.Errorf("stored handling: %w", err)
	}
	handling := domain.Handling{
		Fulfillment: row.FulfillmentID, Order: domain.OrderID(row.OrderID), Node: domain.NodeID(row.NodeID),
		Lines: make([]*domain.HandlingLine, len(stored)),
	}
	for i, line := range stored {
		handling.Lines[i] = &domain.HandlingLine{
			Line: int32(line[0]), Requested: line[1], Picked: line[2], Shorted: line[3], Cancelled: line[4], Shipped: line[5],
		}
	}
	return handling, nil
}

func toBalance(row Balance) domain.Balance {
	return domain.Balance{
		StockKey: domain.StockKey{SKU: domain.SKU(row.Sku), Node: domain.NodeID(row.NodeID)},
		OnHand:   row.OnHand, QualityHold: row.QualityHold, Damaged: row.Damaged, Reserved: row.Reserved,
		Picked: row.Picked, Frozen: row.Frozen, Version: row.Version, Sequence: row.EventSequence, AsOf: row.AsOf,
		Unverified: row.Unverified, CountedTo: row.CountedTo, Stale: row.Stale,
		Freshness: domain.Freshness{Until: fromForever(row.FreshUntil), Units: row.StaleUnits, BP: row.StaleBp},
	}
}

// forever stands in the database for stock that never becomes stale.
var forever = time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)

func fromForever(moment time.Time) time.Time {
	if !moment.Before(forever) {
		return time.Time{}
	}
	return moment
}

func orForever(moment time.Time) time.Time {
	if moment.IsZero() {
		return forever
	}
	return moment
}
