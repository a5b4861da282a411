package erp

import (
	"context"

	erpv1 "github.com/waybill-dev/waybill/gen/waybill/connector/erp/v1"
	"github.com/waybill-dev/waybill/services/connector/erp/internal/store"
)

// defaultPage is how many postings a page holds when nobody says.
const defaultPage = 100

// ListPostings implements the RPC of the same name.
func (s *Service) ListPostings(
	ctx context.Context, req *erpv1.ListPostingsRequest,
) (*erpv1.ListPostingsResponse, error) {
	size := req.GetPageSize()
	if size == 0 {
		size = defaultPage
	}
	postings, err := store.List(ctx, s.db.Pool(), req.GetPageToken(), size)
	if err != nil {
		return nil, err
	}
	reply := &erpv1.ListPostingsResponse{Postings: postingsToProto(postings)}
	if len(postings) == int(size) {
		reply.NextPageToken = postings[len(postings)-1].ID
	}
	return reply, nil
}
