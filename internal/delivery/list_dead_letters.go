package delivery

import (
	"cmp"
	"context"
	"time"

	deliveryv1 "github.com/waybill-dev/waybill/gen/waybill/delivery/v1"
	"github.com/waybill-dev/waybill/internal/inbox"
	"github.com/waybill-dev/waybill/internal/rpc"
)

// lastMoment is after every dead letter.
var lastMoment = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC) //nolint:gochecknoglobals // a constant in all but syntax

// ListDeadLetters implements the RPC of the same name.
func (s *Service) ListDeadLetters(
	ctx context.Context, req *deliveryv1.ListDeadLettersRequest,
) (*deliveryv1.ListDeadLettersResponse, error) {
	db, err := s.databaseOf(req.GetService())
	if err != nil {
		return nil, err
	}
	filter := inbox.LetterFilter{
		Consumer: req.GetConsumer(), Type: req.GetEventType(), From: req.GetFailedFrom().AsTime(), Before: lastMoment,
		Resolution: resolutionOf(req.GetState()),
	}
	if req.GetFailedBefore() != nil {
		filter.Before = req.GetFailedBefore().AsTime()
	}
	if filter.After, err = readLetterToken(req.GetPageToken()); err != nil {
		return nil, err
	}
	size := int(cmp.Or(req.GetPageSize(), defaultPage))
	found, err := inbox.Letters(ctx, db, filter, size+1)
	if err != nil {
		return nil, err
	}
	letters := make([]*deliveryv1.DeadLetter, 0, len(found))
	for _, letter := range found {
		letters = append(letters, letterToProto(req.GetService(), letter))
	}
	reply := &deliveryv1.ListDeadLettersResponse{DeadLetters: letters}
	if fit := min(size, rpc.FitPage(letters)); fit < len(letters) {
		reply.DeadLetters = letters[:fit]
		reply.NextPageToken = LetterToken(letters[fit-1])
	}
	return reply, nil
}
