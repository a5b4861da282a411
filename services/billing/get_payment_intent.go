package billing

import (
	"context"

	"github.com/google/uuid"

	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	"github.com/waybill-dev/waybill/services/billing/internal/store"
)

// GetPaymentIntent implements the RPC of the same name.
func (s *Service) GetPaymentIntent(ctx context.Context, req *billingv1.GetPaymentIntentRequest) (*billingv1.GetPaymentIntentResponse, error) {
	intentID, err := readableIntent(ctx, req.GetPaymentIntentId())
	if err != nil {
		return nil, err
	}
	intents, err := store.Intents(ctx, s.db.Pool(), []uuid.UUID{intentID})
	if err != nil {
		return nil, err
	}
	if len(intents) == 0 || intents[0].Account == "" {
		return nil, intentNotFound(req.GetPaymentIntentId())
	}
	if err := store.FillOperations(ctx, s.db.Pool(), intents); err != nil {
		return nil, err
	}
	return &billingv1.GetPaymentIntentResponse{PaymentIntent: wholeIntentToProto(intents[0])}, nil
}
