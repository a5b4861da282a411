package bus

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

const (
	// ackTime is how long the broker may take to acknowledge an event before the relay counts it as not stored.
	ackTime = 5 * time.Second
	// requestTime bounds a request to the broker where the caller sets no earlier end.
	requestTime = 5 * time.Second
	// maxPendingAcks is the most events on their way at one time; relays keep below it with windows of their own.
	maxPendingAcks = 16_384
	reconnectWait  = 250 * time.Millisecond
)

// Bus is a connection to the broker. Safe for concurrent use; one per service of a process is plenty.
type Bus struct {
	conn     *nats.Conn
	js       jetstream.JetStream
	log      *slog.Logger
	replicas int
	// states are the handles of the state streams by owner.
	states sync.Map

	mu          sync.Mutex
	reconnected chan struct{} // closed when the connection was lost and is there again
}

// Option changes how Connect connects.
type Option func(*options)

type options struct {
	log      *slog.Logger
	replicas int
	nats     []nats.Option
}

// Log sets where lost connections are told.
func Log(log *slog.Logger) Option { return func(o *options) { o.log = log } }

// Replicas sets on how many brokers of a cluster EnsureStreams keeps each stream: one by default, three in production.
func Replicas(n int) Option { return func(o *options) { o.replicas = n } }

// NATS passes options of the client on, such as those for credentials and TLS.
func NATS(opts ...nats.Option) Option { return func(o *options) { o.nats = append(o.nats, opts...) } }

// Connect connects to the broker that the URL names and fails when it does not answer within ctx. Once connected, a lost
// connection is taken up again for ever; until then publishing fails at once, and consumers wait. The name shows in
// the broker's list of connections.
func Connect(ctx context.Context, url, name string, opts ...Option) (*Bus, error) {
	chosen := options{log: slog.Default(), replicas: 1}
	for _, opt := range opts {
		opt(&chosen)
	}
	log := chosen.log
	b := &Bus{log: log, replicas: chosen.replicas, reconnected: make(chan struct{})}
	settings := append([]nats.Option{
		nats.Name(name),
		nats.MaxReconnects(-1),
		nats.ReconnectWait(reconnectWait),
		// What cannot be sent now fails now: the outbox is the buffer.
		nats.ReconnectBufSize(-1),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if err != nil {
				log.Warn("broker disconnected", "error", err)
			}
		}),
		nats.ReconnectHandler(func(*nats.Conn) {
			log.Info("broker connected again")
			b.tellReconnected()
		}),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { log.Warn("broker", "error", err) }),
	}, chosen.nats...)
	if deadline, ok := ctx.Deadline(); ok {
		settings = append(settings, nats.Timeout(max(time.Until(deadline), time.Millisecond)))
	}
	conn, err := nats.Connect(url, settings...)
	if err != nil {
		return nil, fmt.Errorf("connect to the broker: %w", err)
	}
	js, err := jetstream.New(conn, jetstream.WithPublishAsyncMaxPending(maxPendingAcks),
		jetstream.WithPublishAsyncTimeout(ackTime), jetstream.WithDefaultTimeout(requestTime))
	if err != nil {
		conn.Close()
		return nil, fmt.Errorf("connect to the broker: %w", err)
	}
	if conn.MaxPayload() < maxPayload {
		log.Warn("the broker's max_payload is too small for the largest orders", "max_payload", conn.MaxPayload(), "want", maxPayload)
	}
	b.conn, b.js = conn, js
	return b, nil
}

// Reconnected is closed when the connection is lost and there again after the call. A broker that has started again knows
// nothing of who took events from it.
func (b *Bus) Reconnected() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.reconnected
}

func (b *Bus) tellReconnected() {
	b.mu.Lock()
	defer b.mu.Unlock()
	close(b.reconnected)
	b.reconnected = make(chan struct{})
}

// Close ends the connection. What was acknowledged stays; consumers and watches end.
func (b *Bus) Close() { b.conn.Close() }

// Healthy fails while there is no connection to the broker.
func (b *Bus) Healthy() error {
	if b.conn.IsConnected() {
		return nil
	}
	return errors.New("no connection to the broker")
}
