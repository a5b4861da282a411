package operations

import (
	"bytes"
	"cmp"
	"context"
	"errors"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/types/known/timestamppb"

	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
	operationsv1 "github.com/waybill-dev/waybill/gen/waybill/operations/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/idempotency"
	"github.com/waybill-dev/waybill/internal/rpc"
	"github.com/waybill-dev/waybill/services/operations/internal/store"
)

// RebuildReadSide implements the RPC of the same name. Every part of it leaves alone what is right, so one that was cut off is
// simply begun anew.
func (s *Service) RebuildReadSide(
	ctx context.Context, req *operationsv1.RebuildReadSideRequest,
) (*operationsv1.RebuildReadSideResponse, error) {
	principal := rpc.IdentityFrom(ctx).Principal
	key := principal + "/" + req.GetRequestId()
	started := s.now()
	known, err := s.beginRebuild(ctx, req, key, cmp.Or(req.GetActor(), principal))
	if err != nil || known != nil {
		return known, err
	}
	work := rebuild{Service: s}
	if err := work.run(ctx); err != nil {
		return nil, err
	}
	told, err := s.stock.RetellAvailability(ctx, &inventoryv1.RetellAvailabilityRequest{})
	if err != nil {
		return nil, err
	}
	reply := &operationsv1.RebuildReadSideResponse{
		StartedAt: timestamppb.New(started), FinishedAt: timestamppb.New(s.now()), Events: work.events, LinksMended: work.links,
		ShipmentsMended: work.shipments, ExceptionsMended: work.exceptions, TroublesTaken: work.troubles, StocksTold: told.GetStocks(),
	}
	outcome, err := protojson.Marshal(reply)
	if err != nil {
		return nil, err
	}
	_, err = database.Tx(ctx, s.db, "end_rebuild", func(tx database.Transaction) (struct{}, error) {
		return struct{}{}, store.EndRebuild(ctx, tx, key, outcome, reply.GetFinishedAt().AsTime())
	})
	return reply, err
}

// beginRebuild notes who asks and why, or gives what came of it when it was asked before.
func (s *Service) beginRebuild(
	ctx context.Context, req *operationsv1.RebuildReadSideRequest, key, actor string,
) (*operationsv1.RebuildReadSideResponse, error) {
	hash, now := idempotency.Hash(req), s.now()
	outcome, err := database.Tx(ctx, s.db, "begin_rebuild", func(tx database.Transaction) ([]byte, error) {
		before, outcome, found, err := store.FindRebuild(ctx, tx, key)
		switch {
		case err != nil:
			return nil, err
		case found && !bytes.Equal(before, hash):
			return nil, fault.New(fault.Invalid, idempotency.ReasonReused, "this request_id was used before with another content")
		case found:
			return outcome, nil
		}
		return nil, store.BeginRebuild(ctx, tx, key, hash, actor, req.GetReason(), now)
	})
	if err != nil || outcome == nil {
		return nil, err
	}
	reply := &operationsv1.RebuildReadSideResponse{}
	return reply, errors.Join(protojson.Unmarshal(outcome, reply))
}
