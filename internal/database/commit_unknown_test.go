package database_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/url"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/databasetest"
	"github.com/waybill-dev/waybill/internal/fault"
)

// The connection breaks while COMMIT is on its way, before or after the server has it. The caller cannot know which,
// and the closure must not run again.
func TestLostCommitIsUnknownAndNeverRunAgain(t *testing.T) {
	for name, test := range map[string]struct {
		delivered bool
		want      int64
	}{
		"answer lost":  {delivered: true, want: 101},
		"request lost": {delivered: false, want: 100},
	} {
		t.Run(name, func(t *testing.T) {
			direct := databasetest.URL(t, accounts)
			witness, err := database.Open(t.Context(), direct)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(witness.Close)
			seed(t, witness)
			wire := newWire(t, direct, test.delivered)
			db, err := database.Open(t.Context(), wire.url)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(db.Close)

			ctx, runs := limited(t), 0
			wire.armed.Store(true)
			_, err = database.Tx(ctx, db, "add", func(tx database.Transaction) (struct{}, error) {
				runs++
				_, err := tx.Exec(ctx, "UPDATE account SET amount = amount + 1 WHERE name = 'a'")
				return struct{}{}, err
			})
			if fault.ReasonOf(err) != database.ReasonCommitUnknown || fault.KindOf(err) != fault.Unavailable {
				t.Errorf("error %v, want COMMIT_UNKNOWN", err)
			}
			if runs != 1 {
				t.Errorf("%d runs, want 1", runs)
			}
			<-wire.cut
			if got := stored(t, witness, "a"); got != test.want {
				t.Errorf("amount %d, want %d", got, test.want)
			}
		})
	}
}

func TestLostConnectionBeforeCommitIsUnavailable(t *testing.T) {
	db, ctx := open(t), limited(t)
	if db.Cockroach() {
		t.Skip("CockroachDB has no pg_terminate_backend")
	}
	_, err := database.Tx(ctx, db, "cut", func(tx database.Transaction) (struct{}, error) {
		var pid int
		if err := tx.QueryRow(ctx, "SELECT pg_backend_pid()").Scan(&pid); err != nil {
			return struct{}{}, err
		}
		if _, err := db.Pool().Exec(ctx, "SELECT pg_terminate_backend($1, 5000)", pid); err != nil {
			return struct{}{}, err
		}
		return struct{}{}, setAmount(ctx, tx, "a", 1)
	})
	if fault.ReasonOf(err) != database.ReasonUnavailable {
		t.Errorf("error %v, want DATABASE_UNAVAILABLE", err)
	}
	if got := stored(t, db, "a"); got != 100 {
		t.Errorf("amount %d, want 100", got)
	}
}

func TestNobodyAnswers(t *testing.T) {
	_, err := database.Open(limited(t), "postgres://waybill@127.0.0.1:1/waybill?sslmode=disable")
	if fault.ReasonOf(err) != database.ReasonUnavailable {
		t.Errorf("error %v, want DATABASE_UNAVAILABLE", err)
	}
}

// wire passes bytes between client and server, and once armed cuts the connection at the first COMMIT.
type wire struct {
	url       string
	delivered bool
	armed     atomic.Bool
	cut       chan struct{} // closed when the cut is done, and the server has answered if it was told
}

func newWire(t *testing.T, direct string, delivered bool) *wire {
	t.Helper()
	target, err := url.Parse(direct)
	if err != nil {
		t.Fatal(err)
	}
	network, address := "tcp", target.Host
	if folder := target.Query().Get("host"); folder != "" {
		network, address = "unix", filepath.Join(folder, ".s.PGSQL."+target.Query().Get("port"))
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	through := *target
	through.Host, through.RawQuery = listener.Addr().String(), "sslmode=disable"
	w := &wire{url: through.String(), delivered: delivered, cut: make(chan struct{})}
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial(network, address)
			if err != nil {
				_ = client.Close()
				return
			}
			go w.pass(client, server)
			go func() {
				_, _ = io.Copy(client, server)
				_ = errors.Join(client.Close(), server.Close())
			}()
		}
	}()
	return w
}

func (w *wire) pass(client, server net.Conn) {
	defer server.Close()
	buffer := make([]byte, 64<<10)
	for {
		n, err := client.Read(buffer)
		if err != nil {
			return
		}
		cut := bytes.Contains(buffer[:n], []byte("commit\x00")) && w.armed.CompareAndSwap(true, false)
		if cut {
			defer close(w.cut)
			_ = client.Close()
			if !w.delivered {
				return
			}
		}
		if _, err := server.Write(buffer[:n]); err != nil {
			return
		}
		if cut {
			_, _ = server.Read(buffer) // the server's answer, or the other copier has taken it
			return
		}
	}
}
