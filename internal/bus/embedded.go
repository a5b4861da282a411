package bus

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

const (
	// maxPayload lets an order with its ten thousand lines through. A broker of your own needs the same max_payload.
	maxPayload = 8 << 20
	// syncInterval is how much of the newest events a power cut may cost.
	syncInterval = time.Second
	// startTime is how long the embedded broker may take to be ready: it reads its streams first.
	startTime = time.Minute
)

// Embedded is a NATS server with JetStream inside this process, its streams in files. When it could not write them it starts itself
// again, on the same port, as soon as they can be written: a stream takes nothing more after a failed write until its server starts anew.
type Embedded struct {
	log     *slog.Logger
	options *server.Options
	// failed has one when a stream could not be written.
	failed  chan struct{}
	stop    context.CancelFunc
	stopped chan struct{}

	mu     sync.Mutex
	server *server.Server
}

// EmbeddedOption changes how StartEmbedded starts.
type EmbeddedOption func(*server.Options)

// Port sets the port on loopback. Without it the system chooses a free one.
func Port(port int) EmbeddedOption { return func(o *server.Options) { o.Port = port } }

// StartEmbedded starts a broker whose streams live in dir, and returns when it answers. It listens on loopback only. One
// process per folder: keeping a second one away is the caller's part.
func StartEmbedded(dir string, log *slog.Logger, opts ...EmbeddedOption) (*Embedded, error) {
	options := &server.Options{
		ServerName:            "waybill",
		Host:                  "127.0.0.1",
		Port:                  server.RANDOM_PORT,
		JetStream:             true,
		StoreDir:              dir,
		SyncInterval:          syncInterval,
		MaxPayload:            maxPayload,
		NoSigs:                true,
		DisableShortFirstPing: true,
	}
	for _, opt := range opts {
		opt(options)
	}
	ctx, stop := context.WithCancel(context.Background())
	e := &Embedded{log: log, options: options, failed: make(chan struct{}, 1), stop: stop, stopped: make(chan struct{})}
	dropProbes(dir)
	if err := e.start(ctx); err != nil {
		stop()
		return nil, err
	}
	go e.heal(ctx)
	return e, nil
}

func (e *Embedded) start(ctx context.Context) error {
	broker, err := server.NewServer(e.options)
	if err != nil {
		return fmt.Errorf("embedded broker: %w", err)
	}
	broker.SetLoggerV2(brokerLog{e.log, e.failed}, false, false, false)
	broker.Start()
	if !ready(ctx, broker) {
		broker.Shutdown()
		broker.WaitForShutdown()
		return errors.New("embedded broker: it did not become ready; its log says why")
	}
	if address, ok := broker.Addr().(*net.TCPAddr); ok {
		e.options.Port = address.Port // clients come back to where they found it
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.server = broker
	return nil
}

// ready waits until a broker takes connections, or is not going to.
func ready(ctx context.Context, broker *server.Server) bool {
	const look = 200 * time.Millisecond
	for begun := time.Now(); time.Since(begun) < startTime && ctx.Err() == nil && broker.Running(); {
		if broker.ReadyForConnections(look) {
			return true
		}
	}
	return false
}

func (e *Embedded) running() *server.Server {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.server
}

// URL is where to Connect.
func (e *Embedded) URL() string { return e.running().ClientURL() }

// Stop ends the broker and returns when its files are written.
func (e *Embedded) Stop() {
	e.stop()
	<-e.stopped
	shutDown(e.running())
}

func shutDown(broker *server.Server) {
	broker.Shutdown()
	broker.WaitForShutdown()
}

// brokerLog passes on what a person has to know of the broker. Its notices, some twenty lines at each start, are detail.
type brokerLog struct {
	log    *slog.Logger
	failed chan<- struct{}
}

func (b brokerLog) Noticef(format string, v ...any) {
	b.log.Debug("broker", "says", fmt.Sprintf(format, v...))
}
func (b brokerLog) Warnf(format string, v ...any) {
	b.log.Warn("broker", "says", fmt.Sprintf(format, v...))
}
func (b brokerLog) Errorf(format string, v ...any) {
	text := fmt.Sprintf(format, v...)
	b.log.Error("broker", "says", text)
	if strings.Contains(strings.ToLower(text), sayingFailedWrite) {
		select {
		case b.failed <- struct{}{}:
		default:
		}
	}
}
func (b brokerLog) Debugf(string, ...any) {}
func (b brokerLog) Tracef(string, ...any) {}

// Fatalf does not end the process: StartEmbedded reports that the broker is not ready.
func (b brokerLog) Fatalf(format string, v ...any) {
	b.log.Error("broker", "says", fmt.Sprintf(format, v...))
}
