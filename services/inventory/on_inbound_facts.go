package inventory

import (
	"context"

	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/inbox"
	"github.com/waybill-dev/waybill/services/inventory/internal/domain"
	"github.com/waybill-dev/waybill/services/inventory/internal/store"
)

// inboundFacts are what a set of events says: goods that moved, and supply that is on its way.
type inboundFacts struct {
	flows    []domain.Flow
	incoming []domain.Incoming
	codes    []string
}

// onInboundFacts posts what came in from suppliers and came back from customers. Demand that waits is served in the same
// transaction.
func (s *Service) onInboundFacts(ctx context.Context, tx database.Transaction, batch []inbox.Message) error {
	var facts inboundFacts
	for _, message := range batch {
		switch event := message.Payload.(type) {
		case *fulfillmentv1.ReceiptAnnounced:
			facts.announced(event)
		case *fulfillmentv1.ReceiptReceived:
			facts.received(event, message)
		case *fulfillmentv1.ReceiptClosed:
			facts.closed(event)
		case *fulfillmentv1.ReturnReceived:
			facts.returned(event, message)
		case *fulfillmentv1.ReturnInspected:
			facts.inspected(event, message)
		}
	}
	if len(facts.codes) == 0 {
		return nil
	}
	if _, err := s.items.find(ctx, tx, facts.codes); err != nil { // their decimal places, for the events
		return err
	}
	now := s.now()
	shelf, err := store.LoadForFlows(ctx, tx, s.items, facts.flows, now)
	if err != nil {
		return err
	}
	// A fact is never refused: what cannot be true is kept aside. Too much for a place is for a person to look at.
	refusal, err := shelf.Flow(facts.flows)
	if err != nil {
		return err
	}
	if refusal != nil {
		return flowFault(refusal, "flows[%d]")
	}
	if err := s.tellIncoming(ctx, tx, newest(facts.incoming), now); err != nil {
		return err
	}
	return s.settle(ctx, tx, shelf, now)
}

// newest keeps the last state of each line of each document, in the order in which the lines came first.
func newest(rows []domain.Incoming) []domain.Incoming {
	type line struct {
		document string
		number   int32
	}
	at := make(map[line]int, len(rows))
	var kept []domain.Incoming
	for _, row := range rows {
		key := line{row.Document, row.Line}
		if i, known := at[key]; known {
			kept[i] = row
			continue
		}
		at[key] = len(kept)
		kept = append(kept, row)
	}
	return kept
}
