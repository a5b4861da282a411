package domain

import (
	"fmt"
	"time"

	"github.com/waybill-dev/waybill/internal/fault"
)

// Adjustment adds stock to a place or takes it away.
type Adjustment struct {
	StockKey
	Lot string
	// Bucket is which part of the stock; empty: Sellable.
	Bucket           Bucket
	Quantity         int64
	Reason, Document string
	OccurredAt       time.Time
	Policy           Policy
	// ID names it for ever when it is kept aside.
	ID        string
	ExpiresOn string
	// ExpectedOnHand and ExpectedVersion, where they are given, are compared before it is made.
	ExpectedOnHand  *int64
	ExpectedVersion int64
	// Recorded: it was made before. It is passed over.
	Recorded bool
}

// ReasonStale is why an adjustment is refused whose stock is not as the caller believes.
const ReasonStale = "STALE"

// Flow is the adjustment as goods that come or go.
func (a Adjustment) Flow() Flow {
	bucket := a.Bucket
	if bucket == "" {
		bucket = Sellable
	}
	flow := Flow{StockKey: a.StockKey, Policy: a.Policy, ID: a.ID, ExpiresOn: a.ExpiresOn, Recorded: a.Recorded, Movement: Movement{
		From: Adjusted, To: bucket, Lot: a.Lot, Quantity: a.Quantity,
		Reason: a.Reason, Document: a.Document, OccurredAt: a.OccurredAt,
	}}
	if a.Quantity < 0 {
		flow.From, flow.To, flow.Quantity = bucket, Adjusted, -a.Quantity
	}
	return flow
}

// Adjust makes all adjustments in order, or none, as Flow does.
func (s *Shelf) Adjust(adjustments []Adjustment) error {
	flows := make([]Flow, len(adjustments))
	for i, adjustment := range adjustments {
		flows[i] = adjustment.Flow()
	}
	for i, adjustment := range adjustments {
		if adjustment.Recorded {
			continue
		}
		if err := s.compare(i, adjustment); err != nil {
			return err
		}
		refusal, err := s.flow(flows[i])
		if err != nil {
			return err
		}
		if refusal != nil {
			return fault.New(fault.Precondition, refusal.Reason, "no stock was adjusted: %s", refusal.Message).
				WithField(fmt.Sprintf("adjustments[%d].quantity", i), refusal.Reason, refusal.Message)
		}
	}
	_, err := s.Flow(nil)
	return err
}

// compare refuses an adjustment whose stock is not as expected, and says how it is.
func (s *Shelf) compare(index int, adjustment Adjustment) error {
	at := s.stock(adjustment.StockKey)
	onHand := at.OnHand
	if at.lots != nil && adjustment.Lot != "" {
		onHand = at.lot(adjustment.Lot).OnHand
	}
	var field, message string
	switch {
	case adjustment.ExpectedOnHand != nil && *adjustment.ExpectedOnHand != onHand:
		field, message = "expected_on_hand", fmt.Sprintf("%d base units are on hand", onHand)
	case adjustment.ExpectedVersion != 0 && adjustment.ExpectedVersion != at.Version:
		field, message = "expected_version", fmt.Sprintf("the balance has version %d", at.Version)
	default:
		return nil
	}
	return fault.New(fault.Precondition, ReasonStale, "no stock was adjusted: %s", message).
		WithField(fmt.Sprintf("adjustments[%d].%s", index, field), ReasonStale, message).
		WithMeta("on_hand", fmt.Sprint(onHand)).WithMeta("version", fmt.Sprint(at.Version))
}
