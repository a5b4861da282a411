package postgres

import (
	"context"
	"fmt"
	"net/url"
	"time"

	"github.com/jackc/pgx/v5"
)

// pingTime bounds one look whether the server answers.
const pingTime = 2 * time.Second

// endpoint is where the server listens: a Unix socket (host is its folder), or a port of 127.0.0.1 with a password.
type endpoint struct {
	host     string
	link     string // to host, from where it should be, see prepareEndpoint
	port     int
	password string
	pwfile   string
}

func (e endpoint) onSocket() bool { return e.password == "" }

func (e endpoint) args() []string {
	if e.onSocket() {
		return []string{"-h", "", "-k", e.host, "-p", fmt.Sprint(e.port), "-c", "unix_socket_permissions=0700"}
	}
	return []string{"-h", e.host, "-k", "", "-p", fmt.Sprint(e.port)}
}

// authentication: who can open the socket's folder is trusted.
func (e endpoint) authentication() string {
	if e.onSocket() {
		return "trust"
	}
	return "scram-sha-256"
}

func (e endpoint) passwordFile() string { return e.pwfile }

func (e endpoint) url(database string) string {
	address := url.URL{Scheme: "postgres", User: url.User(superuser), Path: "/" + database}
	if e.onSocket() {
		address.RawQuery = url.Values{"host": {e.host}, "port": {fmt.Sprint(e.port)}}.Encode()
		return address.String()
	}
	address.User = url.UserPassword(superuser, e.password)
	address.Host = fmt.Sprintf("%s:%d", e.host, e.port)
	address.RawQuery = "sslmode=disable"
	return address.String()
}

func (e endpoint) ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, pingTime)
	defer cancel()
	conn, err := pgx.Connect(ctx, e.url("postgres"))
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	return conn.Close(ctx)
}
