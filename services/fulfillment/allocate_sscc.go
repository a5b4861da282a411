package fulfillment

import (
	"context"

	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/services/fulfillment/internal/store"
)

// AllocateSscc implements the RPC of the same name.
func (s *Service) AllocateSscc(ctx context.Context, req *fulfillmentv1.AllocateSsccRequest) (*fulfillmentv1.AllocateSsccResponse, error) {
	prefix := s.config.CompanyPrefix
	if prefix == "" {
		return nil, fault.New(fault.Precondition, "SSCC_NOT_CONFIGURED", "no GS1 company prefix is set for container codes")
	}
	return onceFor(ctx, s, "allocate_sscc", req, func(tx database.Transaction) ([]string, error) {
		codes, err := store.TakeSSCCs(ctx, tx, prefix, int(req.GetCount()))
		if err == nil && len(codes) < int(req.GetCount()) {
			return nil, fault.New(fault.Precondition, "SSCC_EXHAUSTED", "no container codes are left under company prefix %s", prefix)
		}
		return codes, err
	}, func(codes []string) *fulfillmentv1.AllocateSsccResponse {
		return &fulfillmentv1.AllocateSsccResponse{Ssccs: codes}
	})
}
