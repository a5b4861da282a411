package masterdata

import (
	"cmp"
	"context"

	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	"github.com/waybill-dev/waybill/internal/rpc"
	"github.com/waybill-dev/waybill/services/masterdata/internal/domain"
	"github.com/waybill-dev/waybill/services/masterdata/internal/store"
)

// ResolveItems implements the RPC of the same name. A partner that asks is always the owner of the codes that it asks for.
func (s *Service) ResolveItems(
	ctx context.Context, req *masterdatav1.ResolveItemsRequest,
) (*masterdatav1.ResolveItemsResponse, error) {
	caller := rpc.IdentityFrom(ctx).Partner
	var codes []domain.CodeKey
	var keys []string
	references := make([]domain.Reference, 0, len(req.GetReferences()))
	for _, asked := range req.GetReferences() {
		reference := domain.Reference{
			Type: codeTypeFromProto(asked.GetType()), Code: asked.GetCode(), PartnerID: cmp.Or(caller, asked.GetPartnerId()),
		}
		references = append(references, reference)
		codes = append(codes, reference.Codes()...)
		keys = append(keys, reference.SKUKeys()...)
	}
	holders, known, err := store.CodeHolders(ctx, s.db.Pool(), codes)
	if err != nil {
		return nil, err
	}
	for _, key := range holders {
		keys = append(keys, key)
	}
	items, err := store.FindItems(ctx, s.db.Pool(), keys)
	if err != nil {
		return nil, err
	}
	reply := &masterdatav1.ResolveItemsResponse{}
	for _, reference := range references {
		resolved := &masterdatav1.ResolvedItem{}
		if item, unit, ok := reference.Resolve(items, holders, known); ok {
			resolved.Item, resolved.Unit = itemFor(caller, item), unit
		}
		reply.Resolved = append(reply.Resolved, resolved)
	}
	return reply, nil
}
