package mesh

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	"github.com/waybill-dev/waybill/internal/bus"
	"github.com/waybill-dev/waybill/internal/postgres"
)

// stopTime is how long the embedded database may take to stop.
const stopTime = 30 * time.Second

// WholeConfig is a whole system in one process: what is not named by a URL is embedded, with its data in DataDir.
type WholeConfig struct {
	Config
	DataDir string
	// Postgres is added to the embedded database's settings.
	Postgres map[string]string
}

// gcPercent has a whole system in one process collect garbage a quarter as often as Go would: its heap is some ten megabytes,
// and collecting took a sixth of its time. GOGC and GOMEMLIMIT in the environment count as ever.
const gcPercent = 400

// softMemory is from how much memory on it collects more often instead of growing: in a burst four times the garbage of a larger heap
// would be more than a gigabyte.
const softMemory = 768 << 20

// embedded is what a whole system brings along.
type embedded struct {
	server *postgres.Server
	broker *bus.Embedded
}

// StartWhole starts what is embedded, migrates, and starts every role. A data folder that is in use is a clear error.
func StartWhole(ctx context.Context, config WholeConfig, log *slog.Logger) (*Mesh, error) {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(softMemory)
	}
	parts, err := startEmbedded(ctx, &config, log)
	if err != nil {
		return nil, errors.Join(err, parts.stop())
	}
	if err := Migrate(ctx, config.DatabaseURL, nil, log); err != nil {
		return nil, errors.Join(err, parts.stop())
	}
	running, err := Start(ctx, config.Config, log)
	if err != nil {
		return nil, errors.Join(err, parts.stop())
	}
	running.after = parts.stop
	running.databaseURL = config.DatabaseURL
	if parts.server != nil {
		running.postgresBin = parts.server.BinDir()
	}
	return running, nil
}

// startEmbedded fills in the URLs. The database comes first: its lock on the folder keeps a second process away from
// the broker's files too.
func startEmbedded(ctx context.Context, config *WholeConfig, log *slog.Logger) (*embedded, error) {
	parts := &embedded{}
	if config.DataDir == "" && (config.DatabaseURL == "" || config.NATSURL == "") {
		return parts, errors.New("an embedded database or event bus needs a data folder")
	}
	var err error
	if config.DatabaseURL == "" {
		parts.server, err = postgres.Start(ctx, postgres.Config{
			DataDir: filepath.Join(config.DataDir, "postgres"), Log: log, Settings: config.Postgres,
		})
		if err != nil {
			return parts, fmt.Errorf("embedded database: %w", err)
		}
		config.DatabaseURL = parts.server.URL()
	}
	if config.NATSURL == "" {
		folder := filepath.Join(config.DataDir, "nats")
		if err := os.MkdirAll(folder, 0o700); err != nil {
			return parts, err
		}
		if parts.broker, err = bus.StartEmbedded(folder, log); err != nil {
			return parts, err
		}
		config.NATSURL = parts.broker.URL()
	}
	return parts, nil
}

func (e *embedded) stop() error {
	if e.broker != nil {
		e.broker.Stop()
	}
	if e.server == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), stopTime)
	defer cancel()
	return e.server.Stop(ctx)
}
