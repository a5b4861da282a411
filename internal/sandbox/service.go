package sandbox

import (
	"context"
	"slices"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	sandboxv1 "github.com/waybill-dev/waybill/gen/waybill/sandbox/v1"
	"github.com/waybill-dev/waybill/internal/fault"
)

// Service turns the dials of the sandboxes of one process.
type Service struct {
	sandboxv1.UnimplementedSandboxServiceServer
	boxes []*Box
}

// NewService makes the service of these boxes.
func NewService(boxes ...*Box) *Service { return &Service{boxes: boxes} }

// Register offers the RPCs on a server.
func (s *Service) Register(registrar grpc.ServiceRegistrar) {
	sandboxv1.RegisterSandboxServiceServer(registrar, s)
}

// GetDials implements the RPC of the same name.
func (s *Service) GetDials(_ context.Context, req *sandboxv1.GetDialsRequest) (*sandboxv1.GetDialsResponse, error) {
	box, err := s.find(req.GetSystem())
	if err != nil {
		return nil, err
	}
	usage := box.Usage()
	return &sandboxv1.GetDialsResponse{Dials: dialsToProto(box.Dials()), Usage: &sandboxv1.Usage{
		Calls: usage.Calls, MostInASecond: usage.MostInASecond, OverLimit: usage.OverLimit, Failed: usage.Failed,
		Refused: usage.Refused, Duplicated: usage.Duplicated, Reordered: usage.Reordered,
	}}, nil
}

// SetDials implements the RPC of the same name.
func (s *Service) SetDials(_ context.Context, req *sandboxv1.SetDialsRequest) (*sandboxv1.SetDialsResponse, error) {
	box, err := s.find(req.GetSystem())
	if err != nil {
		return nil, err
	}
	if req.GetDials() == nil {
		box.Reset()
	} else {
		box.Set(dialsFromProto(req.GetDials()))
	}
	return &sandboxv1.SetDialsResponse{Dials: dialsToProto(box.Dials())}, nil
}

func (s *Service) find(system string) (*Box, error) {
	i := slices.IndexFunc(s.boxes, func(b *Box) bool { return b.system == system })
	if i < 0 {
		return nil, fault.New(fault.NotFound, "SANDBOX_UNKNOWN", "there is no sandbox %q in this process", system)
	}
	return s.boxes[i], nil
}

func dialsFromProto(from *sandboxv1.Dials) Dials {
	dials := Dials{
		Delay: from.GetDelay().AsDuration(), ErrorBP: from.GetErrorBp(), RefusalBP: from.GetRefusalBp(),
		DuplicateBP: from.GetDuplicateBp(), ReorderBP: from.GetReorderBp(), LostReplyBP: from.GetLostReplyBp(),
		CallsPerSecond: from.GetCallsPerSecond(), Seed: from.GetSeed(),
	}
	if from.GetOutageUntil() != nil {
		dials.OutageUntil = from.GetOutageUntil().AsTime()
	}
	return dials
}

func dialsToProto(dials Dials) *sandboxv1.Dials {
	to := &sandboxv1.Dials{
		ErrorBp: dials.ErrorBP, RefusalBp: dials.RefusalBP, DuplicateBp: dials.DuplicateBP, ReorderBp: dials.ReorderBP,
		LostReplyBp: dials.LostReplyBP, CallsPerSecond: dials.CallsPerSecond, Seed: dials.Seed,
	}
	if dials.Delay > 0 {
		to.Delay = durationpb.New(dials.Delay)
	}
	if dials.OutageUntil != (time.Time{}) {
		to.OutageUntil = timestamppb.New(dials.OutageUntil)
	}
	return to
}
