package domain

import (
	"fmt"
	"time"

	"github.com/google/uuid"
)

// WaveState is where a wave stands.
type WaveState string

// The states.
const (
	WavePlanned  WaveState = "PLANNED"
	WaveReleased WaveState = "RELEASED"
)

// Wave is a set of orders to one warehouse that are handed over together. It owns no quantities.
type Wave struct {
	ID      uuid.UUID
	NodeID  string
	State   WaveState
	Members []Waiting
	// ReleasedAt is the zero time until then.
	CreatedAt, ReleasedAt time.Time
}

// Waiting is an order that waits for a wave, or stands in one.
type Waiting struct {
	ID    uuid.UUID `json:"id"`
	Lines int64     `json:"lines"`
}

// Lines is how many lines the orders have together.
func (w *Wave) Lines() int64 {
	var lines int64
	for _, member := range w.Members {
		lines += member.Lines
	}
	return lines
}

// Fill takes waiting orders in their order up to a bound on the lines: at least one, and none past the first that does not fit, so
// that a long order is not overtaken for ever. 0: no bound.
func (w *Wave) Fill(waiting []Waiting, maxLines int64) {
	for _, one := range waiting {
		if maxLines > 0 && len(w.Members) > 0 && w.Lines()+one.Lines > maxLines {
			return
		}
		w.Members = append(w.Members, one)
	}
}

// Release gives the orders that are to be handed over: those that still are where they waited. Others were cancelled, or the
// warehouse was faster.
func (w *Wave) Release(orders map[uuid.UUID]*Fulfillment, now time.Time) []uuid.UUID {
	var members []Waiting
	var send []uuid.UUID
	for _, member := range w.Members {
		if f := orders[member.ID]; f != nil && f.Stage == StageCreated && f.Stop == StopNone {
			members, send = append(members, member), append(send, member.ID)
		}
	}
	w.Members, w.State, w.ReleasedAt = members, WaveReleased, now
	return send
}

// SSCC is the serial shipping container code of a serial number: extension digit, company prefix, serial reference and check
// digit. Numbers run on from the serial reference into the extension digit. It is false when they are used up.
func SSCC(companyPrefix string, serial int64) (string, bool) {
	room := ssccDigits - 1 - len(companyPrefix)
	digits := fmt.Sprintf("%0*d", room, serial)
	if serial < 0 || len(digits) > room {
		return "", false
	}
	body := digits[:1] + companyPrefix + digits[1:]
	return body + string(checkDigit(body)), true
}
