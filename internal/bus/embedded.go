package bus

import (
	"errors"
	"fmt"
	"log/slog"
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

// Embedded is a NATS server with JetStream inside this process, its streams in files.
type Embedded struct{ server *server.Server }

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
	broker, err := server.NewServer(options)
	if err != nil {
		return nil, fmt.Errorf("embedded broker: %w", err)
	}
	broker.SetLoggerV2(brokerLog{log}, false, false, false)
	broker.Start()
	if !broker.ReadyForConnections(startTime) {
		broker.Shutdown()
		broker.WaitForShutdown()
		return nil, errors.New("embedded broker: it did not become ready; its log says why")
	}
	return &Embedded{server: broker}, nil
}

// URL is where to Connect.
func (e *Embedded) URL() string { return e.server.ClientURL() }

// Stop ends the broker and returns when its files are written.
func (e *Embedded) Stop() {
	e.server.Shutdown()
	e.server.WaitForShutdown()
}

// brokerLog passes on what a person has to know of the broker. Its notices, some twenty lines at each start, are detail.
type brokerLog struct{ log *slog.Logger }

func (b brokerLog) Noticef(format string, v ...any) {
	b.log.Debug("broker", "says", fmt.Sprintf(format, v...))
}
func (b brokerLog) Warnf(format string, v ...any) {
	b.log.Warn("broker", "says", fmt.Sprintf(format, v...))
}
func (b brokerLog) Errorf(format string, v ...any) {
	b.log.Error("broker", "says", fmt.Sprintf(format, v...))
}
func (b brokerLog) Debugf(string, ...any) {}
func (b brokerLog) Tracef(string, ...any) {}

// Fatalf does not end the process: StartEmbedded reports that the broker is not ready.
func (b brokerLog) Fatalf(format string, v ...any) {
	b.log.Error("broker", "says", fmt.Sprintf(format, v...))
}
