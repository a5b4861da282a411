package order

import (
	"context"
	"time"

	"github.com/google/uuid"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/internal/idempotency"
	"github.com/waybill-dev/waybill/internal/rpc"
	"github.com/waybill-dev/waybill/services/order/internal/domain"
	"github.com/waybill-dev/waybill/services/order/internal/store"
)

const (
	// scopeAgreedPrice lets a partner set prices that differ from ours.
	scopeAgreedPrice = "orders.agreed_price"

	defaultChannel = "api"
	defaultWait    = 5 * time.Second
	// maxAhead is how far a sender's clock may be ahead of ours.
	maxAhead = 24 * time.Hour
)

// submission is an order on its way to be stored, with all that the set needs of its caller.
type submission struct {
	id       uuid.UUID
	shard    int32
	key      idempotency.Key
	business store.BusinessKey
	hash     []byte
	request  *orderv1.SubmitOrderRequest
	ask      domain.Ask
	policy   domain.Policy
	intake   domain.Intake
	// holdDuplicate: an order whose number another one has is held, else refused.
	holdDuplicate bool
	// began is when it came, caller the span of its call.
	began  time.Time
	caller trace.Span
	// notBefore and orderedAt are checked; zero: not given.
	notBefore, orderedAt time.Time
}

// BatchWeight counts an order by its lines.
func (s *submission) BatchWeight() int { return len(s.request.GetLines()) }

// submitted is what became of a submission: the order under that key.
type submitted struct {
	id uuid.UUID
	// order and snapshot are set when it was stored by this call.
	order    *domain.Order
	snapshot *orderv1.PricedOrder
	asOf     time.Time
}

// SubmitOrder implements the RPC of the same name: the order is stored in a set with others, then the driver is handed
// it in memory, and the caller waits for the decision as long as it wants to.
func (s *Service) SubmitOrder(ctx context.Context, req *orderv1.SubmitOrderRequest) (*orderv1.SubmitOrderResponse, error) {
	sub, err := s.submission(ctx, req)
	if err != nil {
		return nil, err
	}
	decided, leave := s.waiters.join(sub.id)
	defer leave()
	result, err := s.submits.Do(ctx, sub)
	if err != nil {
		return nil, err
	}
	order, err := s.decision(ctx, result, decided, waitOf(req.GetWait()))
	return &orderv1.SubmitOrderResponse{Order: order}, err
}

// decision is the order under a submission once it is decided, or as it is when the time to wait is over.
func (s *Service) decision(
	ctx context.Context, result *submitted, decided <-chan *domain.Order, wait time.Duration,
) (*orderv1.Order, error) {
	switch {
	case result.order == nil:
		return s.awaitOrder(ctx, result.id, max(wait, 0))
	case result.order.State != domain.Received: // it is held
		return orderToProto(result.order, result.snapshot, result.asOf), nil
	}
	order := await(ctx, decided, wait)
	if order == nil {
		order = result.order
	}
	return orderToProto(order, result.snapshot, result.asOf), nil
}

// submission checks what needs no master data and decides where the order will live.
func (s *Service) submission(ctx context.Context, req *orderv1.SubmitOrderRequest) (*submission, error) {
	caller := rpc.IdentityFrom(ctx)
	if err := fillDefaults(req, caller); err != nil {
		return nil, err
	}
	sub := &submission{
		id: id.New(), request: req, began: s.now(), caller: trace.SpanFromContext(ctx), policy: policyFromProto(req.GetFulfillmentPolicy()),
		key:  requestKey(caller, "SubmitOrder", req.GetRequestId()),
		hash: idempotency.Hash(req, "wait", "on_duplicate"),
		business: store.BusinessKey{
			Partner: req.GetPartnerId(), Channel: req.GetChannel(), ExternalID: req.GetExternalOrderId(), Release: req.GetReleaseNumber(),
		},
		ask:           askOf(req, caller),
		holdDuplicate: req.GetOnDuplicate() == orderv1.OnDuplicate_ON_DUPLICATE_HOLD,
		intake: domain.Intake{
			CancelAfter: req.GetCancelAfter(), RequestedShip: req.GetRequestedShipDate(),
			RequestedDelivery: req.GetRequestedDeliveryDate(), StockHold: req.GetStockHoldId(),
		},
	}
	if err := idempotency.Check(sub.key); err != nil {
		return nil, err
	}
	if err := sub.readDates(s.now()); err != nil {
		return nil, err
	}
	var err error
	sub.shard, err = s.chooseShard(ctx, sub.id)
	return sub, err
}

// fillDefaults completes the request, so that two that mean the same are the same.
func fillDefaults(req *orderv1.SubmitOrderRequest, caller rpc.Identity) error {
	if req.GetChannel() == "" {
		req.Channel = defaultChannel
	}
	switch {
	case caller.Partner == "":
	case req.GetPartnerId() == "":
		req.PartnerId = caller.Partner
	case req.GetPartnerId() != caller.Partner:
		return fault.New(fault.Denied, "PARTNER_MISMATCH", "orders are sent for the caller's own partner").
			WithField("partner_id", "PARTNER_MISMATCH", "not the caller's partner")
	}
	if len(req.GetLines()) == 0 {
		return fault.New(fault.Invalid, "NO_LINES", "an order has at least one line").
			WithField("lines", "NO_LINES", "at least one line is needed")
	}
	return nil
}

// chooseShard picks one of the shards that this replica owns: the caller that waits and the driver are in one process.
// A replica that owns none waits for its first.
func (s *Service) chooseShard(ctx context.Context, order uuid.UUID) (int32, error) {
	for {
		changed := s.owner.Changed()
		if owned := s.owner.Leases().Shards(); len(owned) > 0 {
			return owned[int(order[15])%len(owned)], nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return 0, fault.New(fault.Unavailable, "NOT_READY", "this replica has no share of the work yet").
				WithRetryAfter(time.Second)
		}
	}
}

// awaitOrder gives an order that was there before, and waits for its decision when it has none yet.
func (s *Service) awaitOrder(ctx context.Context, order uuid.UUID, wait time.Duration) (*orderv1.Order, error) {
	decided, leave := s.waiters.join(order)
	defer leave()
	found, err := s.loadOrder(ctx, order)
	if err != nil || found.GetState() != orderv1.OrderState_ORDER_STATE_RECEIVED {
		return found, err
	}
	await(ctx, decided, wait)
	return s.loadOrder(context.WithoutCancel(ctx), order)
}

func waitOf(wait *durationpb.Duration) time.Duration {
	if wait == nil {
		return defaultWait
	}
	return wait.AsDuration()
}

// requestKey is under which a request of this caller is remembered.
func requestKey(caller rpc.Identity, method, requestID string) idempotency.Key {
	principal := caller.Partner
	for _, next := range []string{caller.Principal, caller.Service, "local"} {
		if principal == "" {
			principal = next
		}
	}
	return idempotency.Key{Principal: principal, Method: method, RequestID: requestID}
}

// orderedAt is when the customer placed the order: as sent, else when it came.
func (s *submission) placedAt(now time.Time) *timestamppb.Timestamp {
	if s.orderedAt.IsZero() {
		return timestamppb.New(now)
	}
	return timestamppb.New(s.orderedAt)
}
