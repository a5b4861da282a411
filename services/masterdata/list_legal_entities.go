package masterdata

import (
	"context"

	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	"github.com/waybill-dev/waybill/services/masterdata/internal/store"
)

// ListLegalEntities implements the RPC of the same name.
func (s *Service) ListLegalEntities(
	ctx context.Context, _ *masterdatav1.ListLegalEntitiesRequest,
) (*masterdatav1.ListLegalEntitiesResponse, error) {
	entities, err := store.AllLegalEntities(ctx, s.db.Pool())
	if err != nil {
		return nil, err
	}
	return &masterdatav1.ListLegalEntitiesResponse{LegalEntities: convertAll(entities, legalEntityToProto)}, nil
}
