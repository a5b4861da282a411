package erp

import (
	"context"

	erpv1 "github.com/waybill-dev/waybill/gen/waybill/connector/erp/v1"
	"github.com/waybill-dev/waybill/services/connector/erp/internal/store"
)

// QueryPostings implements the RPC of the same name.
func (s *Service) QueryPostings(
	ctx context.Context, req *erpv1.QueryPostingsRequest,
) (*erpv1.QueryPostingsResponse, error) {
	postings, err := store.FindByIDs(ctx, s.db.Pool(), req.GetDocumentIds())
	return &erpv1.QueryPostingsResponse{Postings: postingsToProto(postings)}, err
}
