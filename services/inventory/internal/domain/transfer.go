package domain

import (
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
)

// Transfer is goods on their way from one place to another. Of each line shipped = received + lost + in transit (I5).
type Transfer struct {
	ID        uuid.UUID
	From, To  NodeID
	Reference string
	// Closed: what had been in transit was declared lost.
	Closed    bool
	ShippedAt time.Time
	// ExpectedAt is zero when it is not known.
	ExpectedAt time.Time
	Lines      []TransferLine
}

// TransferLine is an item of a transfer. Surplus arrived beyond what was shipped.
type TransferLine struct {
	Position                         int32
	SKU                              SKU
	Lot                              string
	Shipped, Received, Lost, Surplus int64
}

// InTransit is what is on its way.
func (l TransferLine) InTransit() int64 { return l.Shipped - l.Received - l.Lost }

// Arrived reports whether all of it has come in.
func (t *Transfer) Arrived() bool {
	return !slices.ContainsFunc(t.Lines, func(line TransferLine) bool { return line.Received < line.Shipped })
}

// Begun reports whether any of it has come in.
func (t *Transfer) Begun() bool {
	return slices.ContainsFunc(t.Lines, func(line TransferLine) bool { return line.Received+line.Surplus > 0 })
}

// The reasons of transfers.
const (
	ReasonTransfer        = "TRANSFER"
	ReasonTransferFound   = "TRANSFER_FOUND"
	ReasonTransferSurplus = "TRANSFER_SURPLUS"
)

// Arrival is a part of a line that came in.
type Arrival struct {
	Position int32
	Quantity int64
	Bucket   Bucket
}

// ArrivalContent is what came in of a transfer, as text: equal ones do the same.
func ArrivalContent(transfer string, arrivals []Arrival) string {
	text := fmt.Sprintf("arrive %q", transfer)
	for _, arrival := range arrivals {
		text += fmt.Sprintf(" %d %d %s", arrival.Position, arrival.Quantity, arrival.Bucket)
	}
	return text
}

// Content is what leaves for where, as text: equal ones do the same.
func (t *Transfer) Content() string {
	text := fmt.Sprintf("leave %q %q", t.From, t.To)
	for _, line := range t.Lines {
		text += fmt.Sprintf(" %q %q %d", line.SKU, line.Lot, line.Shipped)
	}
	return text
}

// Leave is what the transfer takes from its first place.
func (t *Transfer) Leave(document string, policy Policy) []Flow {
	flows := make([]Flow, len(t.Lines))
	for i, line := range t.Lines {
		flows[i] = Flow{StockKey: StockKey{line.SKU, t.From}, Policy: policy, Movement: Movement{
			From: Sellable, To: Transit, Lot: line.Lot, Quantity: line.Shipped, Reason: ReasonTransfer, Document: document,
			OccurredAt: t.ShippedAt,
		}}
	}
	return flows
}

// Arrive books what came in: what is in transit first, then what had been declared lost; the rest is surplus. Unknown is the
// index of the first arrival of a line that there is not, or negative.
func (t *Transfer) Arrive(arrivals []Arrival, document string, at time.Time) (flows []Flow, unknown int) {
	for i, arrival := range arrivals {
		index := slices.IndexFunc(t.Lines, func(line TransferLine) bool { return line.Position == arrival.Position })
		if index < 0 {
			return nil, i
		}
		line := &t.Lines[index]
		left := arrival.Quantity
		take := func(quantity int64, from Bucket, reason string) int64 {
			if quantity = min(quantity, left); quantity > 0 {
				left -= quantity
				flows = append(flows, Flow{StockKey: StockKey{line.SKU, t.To}, Movement: Movement{
					From: from, To: arrival.Bucket, Lot: line.Lot, Quantity: quantity, Reason: reason, Document: document,
					OccurredAt: at,
				}})
			}
			return quantity
		}
		line.Received += take(line.InTransit(), Transit, ReasonTransfer)
		found := take(line.Lost, Adjusted, ReasonTransferFound)
		line.Lost -= found
		line.Received += found
		line.Surplus += take(left, Adjusted, ReasonTransferSurplus)
	}
	return flows, -1
}

// Close declares what is in transit lost.
func (t *Transfer) Close(reason, document string, at time.Time) []Flow {
	var flows []Flow
	for i := range t.Lines {
		line := &t.Lines[i]
		if lost := line.InTransit(); lost > 0 {
			line.Lost += lost
			flows = append(flows, Flow{StockKey: StockKey{line.SKU, t.To}, Movement: Movement{
				From: Transit, To: Adjusted, Lot: line.Lot, Quantity: lost, Reason: reason, Document: document, OccurredAt: at,
			}})
		}
	}
	t.Closed = t.Closed || len(flows) > 0
	return flows
}

// Incoming is what the transfer brings to its other place.
func (t *Transfer) Incoming(document string) []Incoming {
	rows := make([]Incoming, len(t.Lines))
	for i, line := range t.Lines {
		rows[i] = Incoming{
			StockKey: StockKey{line.SKU, t.To}, Source: FromTransfer, Document: document, Line: line.Position,
			Expected: line.Shipped, Received: line.Received, ExpectedAt: t.ExpectedAt, Open: line.InTransit() > 0,
		}
	}
	return rows
}

// IncomingSource says what brings supply.
type IncomingSource string

// What brings supply.
const (
	FromReceipt  IncomingSource = "RECEIPT"
	FromTransfer IncomingSource = "TRANSFER"
	FromPlan     IncomingSource = "PLAN"
)

// Incoming is supply on its way to a place.
type Incoming struct {
	StockKey
	Source   IncomingSource
	Document string
	Line     int32
	// Expected was announced, Received of it has arrived.
	Expected, Received int64
	// ExpectedAt is zero when it is not known.
	ExpectedAt time.Time
	// Open: something may still come.
	Open bool
}
