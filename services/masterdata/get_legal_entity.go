package masterdata

import (
	"context"

	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/services/masterdata/internal/store"
)

// GetLegalEntity implements the RPC of the same name.
func (s *Service) GetLegalEntity(
	ctx context.Context, req *masterdatav1.GetLegalEntityRequest,
) (*masterdatav1.GetLegalEntityResponse, error) {
	found, err := store.FindLegalEntities(ctx, s.db.Pool(), []string{req.GetLegalEntityId()})
	if err != nil {
		return nil, err
	}
	entity, ok := found[req.GetLegalEntityId()]
	if !ok {
		return nil, fault.New(fault.NotFound, "LEGAL_ENTITY_NOT_FOUND", "there is no legal entity %q", req.GetLegalEntityId())
	}
	return &masterdatav1.GetLegalEntityResponse{LegalEntity: legalEntityToProto(entity)}, nil
}
