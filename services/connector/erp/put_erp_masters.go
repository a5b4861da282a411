package erp

import (
	"context"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	sandboxv1 "github.com/waybill-dev/waybill/gen/waybill/sandbox/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/services/connector/erp/internal/domain"
	"github.com/waybill-dev/waybill/services/connector/erp/internal/store"
)

// PutErpMasters implements the RPC of the same name. Positions are given in the transaction, so whoever has seen one has seen those
// before it.
func (s *Service) PutErpMasters(ctx context.Context, req *sandboxv1.PutErpMastersRequest) (*sandboxv1.PutErpMastersResponse, error) {
	set, err := mastersFromProto(req)
	if err != nil || len(set) == 0 {
		return &sandboxv1.PutErpMastersResponse{AsOf: timestamppb.New(s.clock())}, err
	}
	now := s.clock().UTC().Truncate(time.Microsecond)
	changed, err := database.Tx(ctx, s.db, "put_erp_masters", func(tx database.Transaction) (int, error) {
		known, last, err := store.LoadMasters(ctx, tx, set)
		if err != nil {
			return 0, err
		}
		changed := domain.PutMasters(known, set, last, now)
		return len(changed), store.SaveChangedMasters(ctx, tx, changed)
	})
	if err != nil {
		return nil, err
	}
	// Read after the commit: a feed that is complete as of then has them.
	return &sandboxv1.PutErpMastersResponse{Changed: int32(changed), AsOf: timestamppb.New(s.clock())}, nil
}
