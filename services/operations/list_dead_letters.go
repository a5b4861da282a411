package operations

import (
	"cmp"
	"context"
	"slices"

	deliveryv1 "github.com/waybill-dev/waybill/gen/waybill/delivery/v1"
	operationsv1 "github.com/waybill-dev/waybill/gen/waybill/operations/v1"
	"github.com/waybill-dev/waybill/internal/delivery"
	"github.com/waybill-dev/waybill/internal/rpc"
)

// defaultLetterPage is how many entries a page of dead letters or parked events has where nothing is asked for.
const defaultLetterPage = 50

// ListDeadLetters implements the RPC of the same name. Each service gives a page from the same place on; the first of all
// their entries are the page.
func (s *Service) ListDeadLetters(
	ctx context.Context, req *operationsv1.ListDeadLettersRequest,
) (*operationsv1.ListDeadLettersResponse, error) {
	size := cmp.Or(req.GetPageSize(), defaultLetterPage)
	found, err := askAll(ctx, s, req.GetService(), func(
		ctx context.Context, service string, client deliveryv1.DeliveryServiceClient,
	) ([]*deliveryv1.DeadLetter, bool, error) {
		reply, err := client.ListDeadLetters(ctx, &deliveryv1.ListDeadLettersRequest{
			Service: service, Consumer: req.GetConsumer(), EventType: req.GetEventType(), FailedFrom: req.GetFailedFrom(),
			FailedBefore: req.GetFailedBefore(), State: req.GetState(), PageSize: size, PageToken: req.GetPageToken(),
		})
		return reply.GetDeadLetters(), reply.GetNextPageToken() != "", err
	})
	if err != nil {
		return nil, err
	}
	letters := found.entries
	slices.SortFunc(letters, func(a, b *deliveryv1.DeadLetter) int {
		return cmp.Or(b.GetFailedAt().AsTime().Compare(a.GetFailedAt().AsTime()), cmp.Compare(a.GetConsumer(), b.GetConsumer()),
			cmp.Compare(a.GetEventId(), b.GetEventId()))
	})
	fit := min(int(size), rpc.FitPage(letters))
	reply := &operationsv1.ListDeadLettersResponse{DeadLetters: letters[:fit], Unanswered: found.unanswered}
	if fit > 0 && (found.more || len(letters) > fit) {
		reply.NextPageToken = delivery.LetterToken(letters[fit-1])
	}
	return reply, nil
}
