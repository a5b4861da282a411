package billing

import (
	"context"

	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/inbox"
	"github.com/waybill-dev/waybill/services/billing/internal/store"
)

// onLegalEntityChanged keeps the copies of our companies. What changes holds for the documents that are issued after it.
func (s *Service) onLegalEntityChanged(ctx context.Context, tx database.Transaction, batch []inbox.Message) error {
	newest := map[string]store.EntityCopy{}
	for _, message := range batch {
		if event, ok := message.Payload.(*masterdatav1.LegalEntityChanged); ok {
			newest[event.GetLegalEntityId()] = entityFromProto(event.GetLegalEntity()) // those of one company come in order
		}
	}
	if len(newest) == 0 {
		return nil
	}
	entities := make([]store.EntityCopy, 0, len(newest))
	for _, entity := range newest {
		entities = append(entities, entity)
	}
	return store.SaveEntityCopies(ctx, tx, entities)
}
