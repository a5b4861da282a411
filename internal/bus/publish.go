package bus

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/waybill-dev/waybill/internal/policy"
)

var (
	// ErrOutdated says that the broker holds another state than the publisher knew: read both again.
	ErrOutdated = errors.New("the state was published by another in between")
	// ErrRefused says that the broker answers and does not take this one message.
	ErrRefused = errors.New("the broker refused the message")
)

// Ack is an acknowledgement under way.
type Ack struct{ future jetstream.PubAckFuture }

// oneTry keeps the client library from repeating: the relay repeats, in order.
var oneTry = jetstream.WithRetryAttempts(0)

// Publish sends an event without waiting for the broker. An error means that it was not sent, and ErrRefused that it
// never will be. The subject is one that Subject made.
func (b *Bus) Publish(subject string, event Event) (Ack, error) {
	header := event.headers()
	header[jetstream.MsgIDHeader] = []string{event.ID}
	return b.publish(&nats.Msg{Subject: subject, Header: header, Data: event.Data})
}

// PublishState sends a state event without waiting for the broker, which stores it only if the last message of the
// subject is the one with sequence last (0: there is none). The subject is one that StateSubject made.
func (b *Bus) PublishState(subject string, event Event, last uint64) (Ack, error) {
	header := event.headers()
	header[jetstream.ExpectedLastSubjSeqHeader] = []string{fmt.Sprint(last)}
	return b.publish(&nats.Msg{Subject: subject, Header: header, Data: event.Data})
}

func (b *Bus) publish(message *nats.Msg) (Ack, error) {
	future, err := b.js.PublishMsgAsync(message, oneTry)
	if errors.Is(err, nats.ErrMaxPayload) {
		return Ack{}, fmt.Errorf("publish %s: %w: %w", message.Subject, ErrRefused, err)
	}
	if err != nil {
		return Ack{}, fmt.Errorf("publish %s: %w", message.Subject, err)
	}
	return Ack{future: future}, nil
}

// Wait returns the sequence under which the broker stored the event. An error means that it may or may not be stored:
// publish it again. ErrOutdated and ErrRefused mean for certain that it is not.
func (a Ack) Wait(ctx context.Context) (sequence uint64, err error) {
	select {
	case ack := <-a.future.Ok():
		return ack.Sequence, nil
	case err := <-a.future.Err():
		refusal, refused := errors.AsType[*jetstream.APIError](err)
		switch {
		case refused && wrongLastSequence(refusal):
			return 0, ErrOutdated
		case refused:
			return 0, fmt.Errorf("publish %s: %w: %w", a.future.Msg().Subject, ErrRefused, err)
		default:
			return 0, fmt.Errorf("publish %s: %w", a.future.Msg().Subject, err)
		}
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}

func wrongLastSequence(refusal *jetstream.APIError) bool {
	return refusal.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequence ||
		refusal.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequenceConstant
}

// LastState is the sequence and the version of the last message of a state event's subject, both 0 when there is none.
func (b *Bus) LastState(ctx context.Context, event policy.Event, subject string) (sequence uint64, version int64, err error) {
	stream, err := b.stateStream(ctx, streamName(event))
	if err != nil {
		return 0, 0, err
	}
	last, err := stream.GetLastMsgForSubject(ctx, subject)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return 0, 0, nil
	}
	if err != nil {
		return 0, 0, fmt.Errorf("last state of %s: %w", subject, err)
	}
	stored, err := parseEvent(last.Header, last.Data)
	if err != nil {
		// Whoever wrote it, the sequence counts, and any version is newer than one that cannot be read.
		return last.Sequence, 0, nil //nolint:nilerr // see above
	}
	return last.Sequence, stored.Version, nil
}

func (b *Bus) stateStream(ctx context.Context, name string) (jetstream.Stream, error) {
	if known, ok := b.states.Load(name); ok {
		return known.(jetstream.Stream), nil
	}
	stream, err := b.js.Stream(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("stream %s: %w", name, err)
	}
	b.states.Store(name, stream)
	return stream, nil
}
