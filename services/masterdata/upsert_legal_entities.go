package masterdata

import (
	"context"

	"google.golang.org/protobuf/proto"

	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/services/masterdata/internal/domain"
	"github.com/waybill-dev/waybill/services/masterdata/internal/store"
)

var legalEntityKind = kind[domain.LegalEntity]{
	name: "upsert_legal_entities", list: "legal_entities",
	lock: func(ctx context.Context, tx database.Transaction, wanted []domain.LegalEntity) (map[string]domain.LegalEntity, error) {
		return store.LockLegalEntities(ctx, tx, keys(wanted))
	},
	save: store.SaveLegalEntities,
	event: func(entity domain.LegalEntity) (string, proto.Message, domain.Version) {
		return entity.LegalEntityID, &masterdatav1.LegalEntityChanged{LegalEntityId: entity.LegalEntityID, LegalEntity: legalEntityToProto(entity)}, entity.Version
	},
}

// UpsertLegalEntities implements the RPC of the same name.
func (s *Service) UpsertLegalEntities(ctx context.Context, req *masterdatav1.UpsertLegalEntitiesRequest) (*masterdatav1.UpsertLegalEntitiesResponse, error) {
	wanted := convertAll(req.GetLegalEntities(), legalEntityFromProto)
	stored, err := upsert(ctx, s, legalEntityKind, wanted, nil)
	if err != nil {
		return nil, err
	}
	return &masterdatav1.UpsertLegalEntitiesResponse{LegalEntities: convertAll(stored, legalEntityToProto)}, nil
}
