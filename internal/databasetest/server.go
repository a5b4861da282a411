package databasetest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgerrcode"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/postgres"
)

const (
	// URLEnv names the server to test against, instead of an embedded one.
	URLEnv = "WAYBILL_TEST_DATABASE_URL"
	// startTime bounds the start of the embedded server, and a download the first time.
	startTime = 5 * time.Minute
	// busyTries is how often to try a template that somebody is just leaving; PostgreSQL waits 5 seconds in each.
	busyTries = 6
)

// server is what this process's tests share. A template database per set of migrations makes a test's database a copy
// of files, on PostgreSQL; CockroachDB has no templates and migrates each.
type server struct {
	base      *url.URL
	embedded  bool
	cockroach bool

	mu        sync.Mutex
	templates map[string]*template
}

type template struct {
	once sync.Once
	err  error
}

var shared = sync.OnceValues(startServer)

func theServer(tb testing.TB) *server {
	tb.Helper()
	on, err := shared()
	if err != nil {
		tb.Fatalf("no database to test with: %v", err)
	}
	return on
}

func startServer() (*server, error) {
	ctx, cancel := context.WithTimeout(context.Background(), startTime)
	defer cancel()
	address := os.Getenv(URLEnv)
	if address == "" {
		folder, err := os.MkdirTemp("", "waybill-test-")
		if err != nil {
			return nil, err
		}
		embedded, err := postgres.Start(ctx, postgres.Config{DataDir: folder, Disposable: true})
		if err != nil {
			return nil, errors.Join(err, os.RemoveAll(folder))
		}
		address = embedded.URL()
	}
	base, err := url.Parse(address)
	if err != nil {
		return nil, fmt.Errorf("%s is no url", URLEnv)
	}
	on := &server{base: base, embedded: os.Getenv(URLEnv) == "", templates: make(map[string]*template)}
	var version string
	err = on.asAdmin(ctx, func(conn *pgx.Conn) error {
		return conn.QueryRow(ctx, "SELECT version()").Scan(&version)
	})
	on.cockroach = strings.Contains(version, "CockroachDB")
	return on, err
}

func (s *server) url(name string) string {
	address := *s.base
	address.Path = "/" + name
	return address.String()
}

func (s *server) asAdmin(ctx context.Context, do func(*pgx.Conn) error) error {
	conn, err := pgx.Connect(ctx, s.url("postgres"))
	if err != nil {
		return err
	}
	return errors.Join(do(conn), conn.Close(ctx))
}

func (s *server) makeDatabase(ctx context.Context, name string, migrations fs.FS) error {
	if s.cockroach {
		return database.Migrate(ctx, s.url(name), migrations)
	}
	from, err := s.templateFor(migrations)
	if err != nil {
		return err
	}
	clone := "CREATE DATABASE " + quoted(name) + " TEMPLATE " + quoted(from)
	if s.embedded {
		clone += " STRATEGY FILE_COPY" // faster where nothing waits for the disk
	}
	return s.asAdmin(ctx, func(conn *pgx.Conn) error { return untilFree(ctx, conn, clone) })
}

// untilFree repeats a statement that a connection just closing stands in the way of. Each try waits on the server.
func untilFree(ctx context.Context, conn *pgx.Conn, sql string) error {
	for try := 1; ; try++ {
		_, err := conn.Exec(ctx, sql)
		if !hasState(err, pgerrcode.ObjectInUse) || try == busyTries {
			return err
		}
	}
}

// templateFor gives the name of a migrated database that nobody is connected to. Its name comes from the contents of
// the migrations, so that test processes on one outside server share it.
func (s *server) templateFor(migrations fs.FS) (string, error) {
	name, err := templateName(migrations)
	if err != nil {
		return "", err
	}
	s.mu.Lock()
	entry := s.templates[name]
	if entry == nil {
		entry = &template{}
		s.templates[name] = entry
	}
	s.mu.Unlock()
	entry.once.Do(func() { entry.err = s.makeTemplate(name, migrations) })
	return name, entry.err
}

// makeTemplate migrates under another name first: a template is there whole or not at all.
func (s *server) makeTemplate(name string, migrations fs.FS) error {
	ctx, cancel := context.WithTimeout(context.Background(), startTime)
	defer cancel()
	return s.asAdmin(ctx, func(conn *pgx.Conn) error {
		var known int
		err := conn.QueryRow(ctx, "SELECT count(*) FROM pg_database WHERE datname = $1", name).Scan(&known)
		if err != nil || known > 0 {
			return err
		}
		making := "waybill_making_" + randomName()
		if err := database.Migrate(ctx, s.url(making), migrations); err != nil {
			return errors.Join(err, s.dropDatabase(ctx, conn, making))
		}
		err = untilFree(ctx, conn, "ALTER DATABASE "+quoted(making)+" RENAME TO "+quoted(name))
		if hasState(err, pgerrcode.DuplicateDatabase, pgerrcode.UniqueViolation) { // another process was faster
			return s.dropDatabase(ctx, conn, making)
		}
		return err
	})
}

// templateName hashes every migration, the mechanics' among them.
func templateName(migrations fs.FS) (string, error) {
	hash := sha256.New()
	for _, files := range []fs.FS{database.Mechanics(), migrations} {
		if files == nil {
			continue
		}
		err := fs.WalkDir(files, ".", func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".sql") {
				return err
			}
			text, err := fs.ReadFile(files, path)
			fmt.Fprintf(hash, "%s %d\n%s", path, len(text), text)
			return err
		})
		if err != nil {
			return "", fmt.Errorf("read migrations: %w", err)
		}
		hash.Write([]byte{0})
	}
	return "waybill_template_" + hex.EncodeToString(hash.Sum(nil)[:10]), nil
}

// dropDatabases drops the database of that name and those of services that were derived from it.
func (s *server) dropDatabases(ctx context.Context, name string) error {
	return s.asAdmin(ctx, func(conn *pgx.Conn) error {
		rows, err := conn.Query(ctx, "SELECT datname::text FROM pg_database WHERE datname::text LIKE $1", name+"%")
		if err != nil {
			return err
		}
		names, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			return err
		}
		for _, each := range names {
			err = errors.Join(err, s.dropDatabase(ctx, conn, each))
		}
		return err
	})
}

func (s *server) dropDatabase(ctx context.Context, conn *pgx.Conn, name string) error {
	drop := "DROP DATABASE IF EXISTS " + quoted(name) + " WITH (FORCE)"
	if s.cockroach {
		drop = "DROP DATABASE IF EXISTS " + quoted(name) + " CASCADE"
	}
	_, err := conn.Exec(ctx, drop)
	return err
}

func quoted(name string) string { return pgx.Identifier{name}.Sanitize() }

func hasState(err error, states ...string) bool {
	refusal, ok := errors.AsType[*pgconn.PgError](err)
	if !ok {
		return false
	}
	for _, state := range states {
		if refusal.Code == state {
			return true
		}
	}
	return false
}
