// Package delivery offers, for the services of one process, what their consumers could not handle: lists it, shows it, hands it in
// again and goes on without it; and it hands events out of an archive to them. Each service answers from its own database; who
// wants to see all of them asks them all.
package delivery

import (
	"context"
	"encoding/base64"
	"strconv"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	deliveryv1 "github.com/waybill-dev/waybill/gen/waybill/delivery/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/idempotency"
	"github.com/waybill-dev/waybill/internal/inbox"
	"github.com/waybill-dev/waybill/internal/rpc"
)

// Service answers for the services of one process.
type Service struct {
	deliveryv1.UnimplementedDeliveryServiceServer
	takers map[string]Taker
}

// Taker is a service that takes events.
type Taker struct {
	// DB is its database.
	DB *database.DB
	// Subscriptions are those of its consumers.
	Subscriptions []inbox.Subscription
}

// NewService makes it for services by name.
func NewService(takers map[string]Taker) *Service { return &Service{takers: takers} }

// Register offers the RPCs on a server.
func (s *Service) Register(registrar grpc.ServiceRegistrar) {
	deliveryv1.RegisterDeliveryServiceServer(registrar, s)
}

func (s *Service) takerOf(service string) (Taker, error) {
	taker, ok := s.takers[service]
	if !ok {
		return Taker{}, fault.New(fault.NotFound, "SERVICE_UNKNOWN", "no service %q that takes events is here", service)
	}
	return taker, nil
}

func (s *Service) databaseOf(service string) (*database.DB, error) {
	taker, err := s.takerOf(service)
	return taker.DB, err
}

// command is a request that says who is meant and has a key.
type command interface {
	proto.Message
	GetService() string
	GetRequestId() string
}

// once has a command take effect in the service's database, in one transaction with its key: a repeat gets the first outcome.
func once[R proto.Message](
	ctx context.Context, s *Service, method string, req command, effect func(tx database.Transaction) (R, error),
) (R, error) {
	db, err := s.databaseOf(req.GetService())
	if err != nil {
		var none R
		return none, err
	}
	key := idempotency.Key{Principal: rpc.IdentityFrom(ctx).Principal, Method: method, RequestID: req.GetRequestId()}
	return database.Tx(ctx, db, method, func(tx database.Transaction) (R, error) {
		return idempotency.Once(ctx, tx, key, req, func() (R, error) { return effect(tx) })
	})
}

const (
	defaultPage = 50
	statePrefix = "DEAD_LETTER_STATE_"
)

// resolutionOf is the resolution of letters in a state: empty of those that are open.
func resolutionOf(state deliveryv1.DeadLetterState) string {
	switch state {
	case deliveryv1.DeadLetterState_DEAD_LETTER_STATE_RETRIED, deliveryv1.DeadLetterState_DEAD_LETTER_STATE_SKIPPED:
		return strings.TrimPrefix(state.String(), statePrefix)
	default:
		return ""
	}
}

func letterToProto(service string, from inbox.Letter) *deliveryv1.DeadLetter {
	to := &deliveryv1.DeadLetter{
		Service: service, Consumer: from.Consumer, EventId: from.EventID, EventType: from.Type, Schema: from.Schema,
		Aggregate: from.Aggregate, Sequence: from.Sequence, Error: from.Error, Attempts: int32(from.Attempts),
		FailedAt: timestamppb.New(from.FailedAt), State: deliveryv1.DeadLetterState_DEAD_LETTER_STATE_OPEN,
		ResolvedBy: from.ResolvedBy, Reason: from.Reason,
	}
	if from.Resolution != "" {
		to.State = deliveryv1.DeadLetterState(deliveryv1.DeadLetterState_value[statePrefix+from.Resolution])
		to.ResolvedAt = timestamppb.New(from.ResolvedAt)
	}
	if event, err := from.Event(); err == nil { // of what cannot be read nothing more is known
		to.CorrelationId = event.CorrelationID
		to.OccurredAt, to.RecordedAt = timestamppb.New(event.OccurredAt), timestamppb.New(event.RecordedAt)
	}
	return to
}

// A page token is the place of the last entry. That of dead letters is the same in every service, so that one token goes on in
// the lists of all of them.

// LetterToken names the page after a dead letter.
func LetterToken(last *deliveryv1.DeadLetter) string {
	return rpc.MomentToken(last.GetFailedAt().AsTime(), last.GetConsumer()+tokenCut+last.GetEventId())
}

func readLetterToken(text string) (inbox.LetterPlace, error) {
	if text == "" {
		return inbox.LetterPlace{}, nil
	}
	at, key, err := rpc.ReadMomentToken(text)
	if err != nil {
		return inbox.LetterPlace{}, err
	}
	consumer, event, ok := strings.Cut(string(key), tokenCut)
	if !ok || consumer == "" {
		return inbox.LetterPlace{}, rpc.PageTokenInvalid()
	}
	return inbox.LetterPlace{FailedAt: at, Consumer: consumer, EventID: event}, nil
}

// ParkedToken names the page after a parked event.
func ParkedToken(last *deliveryv1.ParkedEvent) string {
	parts := []string{strconv.FormatInt(last.GetSequence(), 10), last.GetConsumer(), last.GetAggregate()}
	return base64.RawURLEncoding.EncodeToString([]byte(strings.Join(parts, tokenCut)))
}

func readParkedToken(text string) (inbox.WaitingPlace, error) {
	if text == "" {
		return inbox.WaitingPlace{}, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(text)
	parts := strings.SplitN(string(raw), tokenCut, parkedParts)
	if err != nil || len(parts) != parkedParts || parts[1] == "" {
		return inbox.WaitingPlace{}, rpc.PageTokenInvalid()
	}
	sequence, err := strconv.ParseInt(parts[0], 10, 64)
	if err != nil {
		return inbox.WaitingPlace{}, rpc.PageTokenInvalid()
	}
	return inbox.WaitingPlace{Sequence: sequence, Consumer: parts[1], Aggregate: parts[2]}, nil
}

const (
	parkedParts = 3
	tokenCut    = "\x00"
)
