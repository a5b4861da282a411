package fault

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	toxiproxy "github.com/Shopify/toxiproxy/v2"
	"github.com/Shopify/toxiproxy/v2/toxics"
	"github.com/rs/zerolog"
)

// link is one replica's way to the database or to the event bus.
type link struct {
	busy  sync.Mutex // one fault at a time
	proxy *toxiproxy.Proxy
}

func newLink(t *testing.T, name, upstream string) *link {
	t.Helper()
	server := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())
	l := &link{proxy: toxiproxy.NewProxy(server, name, "127.0.0.1:0", upstream)}
	if err := l.proxy.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.proxy.Stop)
	return l
}

func (l *link) address() string { return l.proxy.Listen }

// cut ends all connections and lets none be made for a while. Somebody else on the machine may get the port meanwhile: then it
// lasts until he gives it back.
func (l *link) cut(away time.Duration) error {
	l.busy.Lock()
	defer l.busy.Unlock()
	l.proxy.Stop()
	last(away)
	err := l.proxy.Start()
	for deadline := time.Now().Add(portPatience); errors.Is(err, syscall.EADDRINUSE) && time.Now().Before(deadline); {
		last(portAgain)
		err = l.proxy.Start()
	}
	return err
}

// portPatience is how long a port that somebody else has got is waited for, portAgain how long between two tries.
const (
	portPatience = time.Minute
	portAgain    = 100 * time.Millisecond
)

// poison puts a toxic on the link for a while.
func (l *link) poison(how string, during time.Duration) error {
	l.busy.Lock()
	defer l.busy.Unlock()
	made, err := l.proxy.Toxics.AddToxicJson(strings.NewReader(how))
	if err != nil {
		return err
	}
	last(during)
	return l.proxy.Toxics.RemoveToxic(context.Background(), made.Name)
}

// The words of toxics: each piece of data is late; a COMMIT arrives, and its answer does not; a COMMIT does not arrive.
const (
	late          = `{"type": "latency", "stream": "downstream", "attributes": {"latency": 60, "jitter": 40}}`
	commitUnheard = `{"name": "unheard", "type": "commit", "stream": "upstream", "attributes": {"arrives": true}}`
	commitLost    = `{"name": "lost", "type": "commit", "stream": "upstream", "attributes": {"arrives": false}}`
)

// commitToxic ends a connection in the middle of a COMMIT. TestMain makes it known as "commit".
type commitToxic struct {
	// Arrives lets the server have the COMMIT before the connection ends.
	Arrives bool `json:"arrives"`
}

// commitWord is the simple query as it stands in PostgreSQL's protocol.
var commitWord = []byte("commit\x00")

// commitsCut counts the commits that were cut.
var commitsCut counter

// Pipe implements toxics.Toxic.
func (c *commitToxic) Pipe(stub *toxics.ToxicStub) {
	for {
		select {
		case <-stub.Interrupt:
			return
		case chunk := <-stub.Input:
			if chunk == nil {
				stub.Close()
				return
			}
			if !bytes.Contains(chunk.Data, commitWord) {
				stub.Output <- chunk
				continue
			}
			commitsCut.add(1)
			if c.Arrives {
				stub.Output <- chunk
			}
			stub.Close()
			return
		}
	}
}
