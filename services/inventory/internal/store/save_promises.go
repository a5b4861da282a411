package store

import (
	"time"

	"github.com/waybill-dev/waybill/services/inventory/internal/domain"
)

// storedTime is the time as columns keep it that have none for "never": 1970.
func storedTime(at time.Time) time.Time {
	if at.IsZero() {
		return time.Unix(0, 0).UTC()
	}
	return at
}

func (s saving) states(reservations []*domain.Reservation) error {
	if len(reservations) == 0 {
		return nil
	}
	var set UpdateReservationStatesParams
	for _, reservation := range reservations {
		set.Ids = append(set.Ids, reservation.ID)
		set.States = append(set.States, string(reservation.State))
		set.ExpiresAt = append(set.ExpiresAt, storedTime(reservation.ExpiresAt))
	}
	return s.queries.UpdateReservationStates(s.ctx, set)
}

// soft lets the queue of soft reservations follow them.
func (s saving) soft(gone, kept []domain.SoftKey) error {
	if len(gone) > 0 {
		var set DeleteSoftParams
		for _, key := range gone {
			set.Skus = append(set.Skus, string(key.SKU))
			set.ExpiresAt = append(set.ExpiresAt, key.ExpiresAt)
			set.ReservationIds = append(set.ReservationIds, key.Reservation)
		}
		if err := s.queries.DeleteSoft(s.ctx, set); err != nil {
			return err
		}
	}
	if len(kept) == 0 {
		return nil
	}
	var set InsertSoftParams
	for _, key := range kept {
		set.Skus = append(set.Skus, string(key.SKU))
		set.ExpiresAt = append(set.ExpiresAt, key.ExpiresAt)
		set.ReservationIds = append(set.ReservationIds, key.Reservation)
	}
	return s.queries.InsertSoft(s.ctx, set)
}

func (s saving) quotaMoves(moves []domain.QuotaMove) error {
	if len(moves) == 0 {
		return nil
	}
	var set MoveQuotasParams
	for _, move := range moves {
		set.Skus = append(set.Skus, string(move.SKU))
		set.Channels = append(set.Channels, string(move.Channel))
		set.Changes = append(set.Changes, move.Change)
	}
	return s.queries.MoveQuotas(s.ctx, set)
}
