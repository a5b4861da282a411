package database_test

import (
	"fmt"
	"net"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/waybill-dev/waybill/internal/database"
)

// missingDatabase is one that must be made first.
const missingDatabase = "missing"

// oldCockroach answers as far as it is asked here. It knows some settings of PostgreSQL by name alone and refuses every value
// but one, as CockroachDB 20.1 does, and refuses to connect to a database that does not exist, as newer ones may.
type oldCockroach struct {
	listener net.Listener
	serving  sync.WaitGroup
}

func startOldCockroach(t *testing.T) *oldCockroach {
	t.Helper()
	var config net.ListenConfig
	listener, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &oldCockroach{listener: listener}
	server.serving.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			server.serving.Go(func() { serve(conn) })
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		server.serving.Wait()
	})
	return server
}

func (s *oldCockroach) url(name string) string {
	return "postgresql://root@" + s.listener.Addr().String() + "/" + name + "?sslmode=disable"
}

func serve(conn net.Conn) {
	defer conn.Close()
	client := pgproto3.NewBackend(conn, conn)
	start, err := client.ReceiveStartupMessage()
	if err != nil {
		return
	}
	if parameters := start.(*pgproto3.StartupMessage).Parameters; parameters["database"] == missingDatabase {
		client.Send(&pgproto3.ErrorResponse{Severity: "FATAL", Code: "3D000", Message: "database does not exist"})
		_ = client.Flush()
		return
	}
	client.Send(&pgproto3.AuthenticationOk{})
	client.Send(&pgproto3.ParameterStatus{Name: "client_encoding", Value: "UTF8"})
	client.Send(&pgproto3.ParameterStatus{Name: "standard_conforming_strings", Value: "on"})
	for {
		client.Send(&pgproto3.ReadyForQuery{TxStatus: 'I'})
		if client.Flush() != nil {
			return
		}
		if !answer(client) {
			return
		}
	}
}

var settings = regexp.MustCompile(`^SET (\w+) = (\w+)$`)

// answer takes one query, in either protocol. What is no setting is taken for the question of the version.
func answer(client *pgproto3.Backend) bool {
	for {
		message, err := client.Receive()
		if err != nil {
			return false
		}
		switch message := message.(type) {
		case *pgproto3.Query:
			set := settings.FindStringSubmatch(message.String)
			switch {
			case strings.HasPrefix(message.String, "CREATE DATABASE "):
				client.Send(&pgproto3.CommandComplete{CommandTag: []byte("CREATE DATABASE")})
			case set == nil:
				client.Send(&pgproto3.ErrorResponse{Severity: "ERROR", Code: "42601", Message: "not expected: " + message.String})
			case strings.HasPrefix(set[1], "idle_in_") && set[2] != "0":
				client.Send(&pgproto3.ErrorResponse{
					Severity: "ERROR", Code: "22023", Message: fmt.Sprintf("invalid value for parameter %q: %q", set[1], set[2]),
				})
			default:
				client.Send(&pgproto3.CommandComplete{CommandTag: []byte("SET")})
			}
			return true
		case *pgproto3.Parse:
			client.Send(&pgproto3.ParseComplete{})
		case *pgproto3.Describe:
			if message.ObjectType == 'S' {
				client.Send(&pgproto3.ParameterDescription{})
			}
			client.Send(&pgproto3.RowDescription{Fields: []pgproto3.FieldDescription{{Name: []byte("version"), DataTypeOID: 25, DataTypeSize: -1}}})
		case *pgproto3.Bind:
			client.Send(&pgproto3.BindComplete{})
		case *pgproto3.Execute:
			client.Send(&pgproto3.DataRow{Values: [][]byte{[]byte("CockroachDB CCL v20.1.17 (x86_64-unknown-linux-gnu)")}})
			client.Send(&pgproto3.CommandComplete{CommandTag: []byte("SELECT 1")})
		case *pgproto3.Sync:
			return true
		case *pgproto3.Terminate:
			return false
		}
	}
}

func TestOldCockroachIsOpened(t *testing.T) {
	server := startOldCockroach(t)
	db, err := database.Open(limited(t), server.url("waybill"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if !db.Cockroach() {
		t.Error("not taken for a CockroachDB")
	}
}

// Taken for a PostgreSQL it would be migrated under an advisory lock, which excludes nobody there.
func TestCockroachIsKnownWhereTheDatabaseIsMissing(t *testing.T) {
	server := startOldCockroach(t)
	cockroach, err := database.CreateDatabase(limited(t), server.url(missingDatabase))
	if err != nil || !cockroach {
		t.Errorf("taken for a CockroachDB: %t, error %v", cockroach, err)
	}
}
