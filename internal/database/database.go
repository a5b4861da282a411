package database

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgerrcode"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"
)

const (
	// defaultMaxConns is enough for a few writers, the drains and the reads of one service, and small enough for
	// all services together on the embedded server. pool_max_conns in the URL wins.
	defaultMaxConns = 10
	// abandonedTransaction is after how long the server ends a transaction whose client has gone silent, so that a
	// frozen replica does not hold its locks for ever.
	abandonedTransaction = 30 * time.Second
)

// DB is one service's database: a pool of connections and the listeners of this process. Safe for concurrent use.
type DB struct {
	pool      *pgxpool.Pool
	name      string
	cockroach bool
	twice     bool
	writers   chan struct{} // nil: as many as there are connections
	listeners listeners
	metrics   *metrics
}

// Option changes how Open makes a DB.
type Option func(*options)

type options struct {
	maxConns   int32
	writers    int
	twice      bool
	registerer prometheus.Registerer
}

// MaxConns sets how many connections the pool may hold, unless the URL says it with pool_max_conns.
func MaxConns(n int32) Option { return func(o *options) { o.maxConns = n } }

// Writers bounds how many transactions of this process run at once; the others wait for their turn. Work that comes in
// sets gains nothing from many writers: at SERIALIZABLE they conflict, on rows and on neighbours of rows, and run again.
// Without it there are as many as connections. Those of TxBeside never wait.
func Writers(n int) Option { return func(o *options) { o.writers = n } }

// RunTwice makes Tx run each closure once for nothing, rolled back, before it runs it in earnest. For tests: a closure
// that changes what it captured, or that does something beside the database, gives itself away.
func RunTwice() Option { return func(o *options) { o.twice = true } }

// Metrics counts transactions, attempts and time by transaction name on the registerer.
func Metrics(registerer prometheus.Registerer) Option {
	return func(o *options) { o.registerer = registerer }
}

// Open connects to the database that the URL names, and fails with DATABASE_UNAVAILABLE when it does not answer within
// ctx. Migrate makes the database and its tables; Open makes nothing.
func Open(ctx context.Context, url string, opts ...Option) (*DB, error) {
	chosen := options{maxConns: defaultMaxConns}
	for _, opt := range opts {
		opt(&chosen)
	}
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("database url: %w", err)
	}
	if !strings.Contains(url, "pool_max_conns") {
		config.MaxConns = chosen.maxConns
	}
	setSessionDefaults(config.ConnConfig)
	config.AfterConnect = prepareConnection
	measured, err := newMetrics(chosen.registerer, config.ConnConfig.Database)
	if err != nil {
		return nil, err
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("open database %s: %w", config.ConnConfig.Database, err)
	}
	db := &DB{pool: pool, name: config.ConnConfig.Database, twice: chosen.twice, metrics: measured}
	if chosen.writers > 0 {
		db.writers = make(chan struct{}, chosen.writers)
	}
	if db.cockroach, err = isCockroach(ctx, pool); err != nil {
		pool.Close()
		return nil, fmt.Errorf("open database %s: %w", db.name, classify(ctx, err))
	}
	return db, nil
}

// Close waits for the transactions under way and closes all connections.
func (db *DB) Close() { db.pool.Close() }

// Pool is for reads outside a transaction, one statement each. Fault tells what its errors mean. Writes go through Tx.
func (db *DB) Pool() *pgxpool.Pool { return db.pool }

// Name is the name of the database.
func (db *DB) Name() string { return db.name }

// Cockroach reports whether the server is CockroachDB.
func (db *DB) Cockroach() bool { return db.cockroach }

func setSessionDefaults(config *pgx.ConnConfig) {
	if config.RuntimeParams["application_name"] == "" {
		config.RuntimeParams["application_name"] = "waybill"
	}
	config.RuntimeParams["timezone"] = "UTC"
}

// prepareConnection makes times come back in UTC, whatever the machine's zone is, bounds the silence of a client in a
// transaction, and keeps PostgreSQL from needless conflicts.
func prepareConnection(ctx context.Context, conn *pgx.Conn) error {
	types := conn.TypeMap()
	registerUUIDs(types)
	stamp := &pgtype.Type{
		Name: "timestamptz", OID: pgtype.TimestamptzOID, Codec: &pgtype.TimestamptzCodec{ScanLocation: time.UTC},
	}
	types.RegisterType(stamp)
	types.RegisterType(&pgtype.Type{
		Name: "_timestamptz", OID: pgtype.TimestamptzArrayOID, Codec: &pgtype.ArrayCodec{ElementType: stamp},
	})
	for _, setting := range []string{
		fmt.Sprintf("SET idle_in_transaction_session_timeout = %d", abandonedTransaction.Milliseconds()),
		// PostgreSQL reads a small or never analysed table from end to end rather than by its index. At SERIALIZABLE
		// such a read conflicts with every write to the table, whichever row it is.
		"SET enable_seqscan = off",
	} {
		_, err := conn.Exec(ctx, setting)
		if err != nil && !hasState(err, settingRefused...) {
			return err
		}
	}
	return nil
}

// settingRefused is what CockroachDB servers answer to settings that they do not know, or know by name alone: 20.1 takes no
// value but 0 for idle_in_transaction_session_timeout.
var settingRefused = []string{pgerrcode.UndefinedObject, pgerrcode.FeatureNotSupported, pgerrcode.InvalidParameterValue}

type queryer interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

func isCockroach(ctx context.Context, conn queryer) (bool, error) {
	var version string
	if err := conn.QueryRow(ctx, "SELECT version()").Scan(&version); err != nil {
		return false, err
	}
	return strings.Contains(version, "CockroachDB"), nil
}
