package delivery

import (
	"context"

	"google.golang.org/protobuf/encoding/protojson"

	deliveryv1 "github.com/waybill-dev/waybill/gen/waybill/delivery/v1"
	"github.com/waybill-dev/waybill/internal/inbox"
)

// GetDeadLetter implements the RPC of the same name.
func (s *Service) GetDeadLetter(
	ctx context.Context, req *deliveryv1.GetDeadLetterRequest,
) (*deliveryv1.GetDeadLetterResponse, error) {
	db, err := s.databaseOf(req.GetService())
	if err != nil {
		return nil, err
	}
	letter, parked, err := inbox.FindLetter(ctx, db, req.GetConsumer(), req.GetEventId())
	if err != nil {
		return nil, err
	}
	reply := &deliveryv1.GetDeadLetterResponse{DeadLetter: letterToProto(req.GetService(), letter), Parked: parked}
	event, err := letter.Event()
	if err != nil {
		return reply, nil //nolint:nilerr // what cannot be read is shown as far as it goes
	}
	reply.Payload = event.Data
	if payload, err := event.Payload(); err == nil && payload != nil {
		text, err := protojson.Marshal(payload)
		if err != nil {
			return nil, err
		}
		reply.PayloadJson = string(text)
	}
	return reply, nil
}
