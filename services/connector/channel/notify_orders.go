package channel

import (
	"context"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	commonv1 "github.com/waybill-dev/waybill/gen/waybill/common/v1"
	channelv1 "github.com/waybill-dev/waybill/gen/waybill/connector/channel/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/services/connector/channel/internal/domain"
	"github.com/waybill-dev/waybill/services/connector/channel/internal/store"
)

// NotifyOrders implements the RPC of the same name. Refusals: UNDONE, KEY_REUSED. Every channel has a portal here.
func (s *Service) NotifyOrders(
	ctx context.Context, req *channelv1.NotifyOrdersRequest,
) (*channelv1.NotifyOrdersResponse, error) {
	notices := make([]domain.Notice, 0, len(req.GetNotices()))
	for _, notice := range req.GetNotices() {
		notices = append(notices, domain.Notice{
			Key: notice.GetKey(), OrderID: notice.GetOrderId(), Channel: notice.GetChannel(),
			Withdrawn: notice.GetKind() == channelv1.NoticeKind_NOTICE_KIND_WITHDRAWN,
		})
	}
	now := s.clock().UTC().Truncate(time.Microsecond)
	outcomes, err := database.Tx(ctx, s.db, "notify_orders", func(tx database.Transaction) ([]domain.Outcome, error) {
		board, err := store.LoadBoard(ctx, tx, notices)
		if err != nil {
			return nil, err
		}
		outcomes := make([]domain.Outcome, 0, len(notices))
		for _, notice := range notices {
			outcomes = append(outcomes, board.Take(notice, now))
		}
		return outcomes, store.Save(ctx, tx, board.Changed())
	})
	if err != nil {
		return nil, err
	}
	reply := &channelv1.NotifyOrdersResponse{}
	for _, outcome := range outcomes {
		reply.Outcomes = append(reply.Outcomes, outcomeToProto(outcome))
	}
	return reply, nil
}

func outcomeToProto(outcome domain.Outcome) *channelv1.NoticeOutcome {
	switch outcome.Refused {
	case "":
		return &channelv1.NoticeOutcome{Receipt: receiptToProto(outcome.Entry)}
	case domain.ReasonUndone:
		return refused(outcome.Refused, "the notice was withdrawn before it came")
	default:
		return refused(outcome.Refused, "another order has this key")
	}
}

func refused(reason, message string) *channelv1.NoticeOutcome {
	return &channelv1.NoticeOutcome{Refusal: &commonv1.Refusal{Reason: reason, Message: message}}
}

func receiptToProto(from domain.Entry) *channelv1.NoticeReceipt {
	to := &channelv1.NoticeReceipt{
		Key: from.Key, OrderId: from.OrderID, Kind: channelv1.NoticeKind_NOTICE_KIND_CONFIRMING, Reference: from.Reference,
		ToldAt: timestamppb.New(from.ToldAt), TimesSent: from.TimesSent,
	}
	if from.Withdrawn {
		to.Kind = channelv1.NoticeKind_NOTICE_KIND_WITHDRAWN
	}
	return to
}
