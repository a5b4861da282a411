package outside

import (
	"cmp"
	"context"
	"slices"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	outsidev1 "github.com/waybill-dev/waybill/gen/waybill/outside/v1"
)

// Service tells how the guards of one process stand.
type Service struct {
	outsidev1.UnimplementedOutsideServiceServer
	guards []*Guard
}

// NewService makes the service of these guards.
func NewService(guards ...*Guard) *Service {
	sorted := slices.Clone(guards)
	slices.SortFunc(sorted, func(a, b *Guard) int {
		return cmp.Or(cmp.Compare(a.connector, b.connector), cmp.Compare(a.caller, b.caller))
	})
	return &Service{guards: sorted}
}

// Register offers the RPCs on a server.
func (s *Service) Register(registrar grpc.ServiceRegistrar) {
	outsidev1.RegisterOutsideServiceServer(registrar, s)
}

// ListConnectors implements the RPC of the same name.
func (s *Service) ListConnectors(context.Context, *outsidev1.ListConnectorsRequest) (*outsidev1.ListConnectorsResponse, error) {
	reply := &outsidev1.ListConnectorsResponse{}
	for _, guard := range s.guards {
		reply.Connectors = append(reply.Connectors, standingToProto(guard.Standing()))
	}
	return reply, nil
}

func standingToProto(from Standing) *outsidev1.Connector {
	to := &outsidev1.Connector{
		Connector: from.Connector, Caller: from.Caller, State: outsidev1.BreakerState(from.State), Since: timestampOf(from.Since),
		RetryAt: timestampOf(from.RetryAt), InFlight: int32(from.InFlight), Waiting: int32(from.Waiting),
		Answered: from.Answered, Failed: from.Failed, HeldBack: from.HeldBack,
		LastFailure: from.LastFailure, LastFailureAt: timestampOf(from.LastFailureAt),
		Concurrency: int32(from.Config.Concurrency), CallsPerSecond: int32(from.Config.CallsPerSecond),
	}
	if from.Config.Deadline > 0 {
		to.Deadline = durationpb.New(from.Config.Deadline)
	}
	return to
}

func timestampOf(moment time.Time) *timestamppb.Timestamp {
	if moment.IsZero() {
		return nil
	}
	return timestamppb.New(moment)
}
