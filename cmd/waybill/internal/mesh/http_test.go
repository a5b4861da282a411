package mesh

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"testing"
	"time"
)

// patience is after how long a test gives up on what should happen at once.
const patience = 30 * time.Second

// openHTTP serves within bounds until the test ends, and gives the address.
func openHTTP(t *testing.T, handler http.Handler, bounds httpBounds) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- serveHTTP(ctx, listener, handler, bounds) }()
	t.Cleanup(func() {
		cancel()
		if err := <-served; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	return listener.Addr().String()
}

func fine() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "fine") })
}

// client is a connection as somebody may hold it who means no good.
type client struct {
	t *testing.T
	net.Conn
	reader *bufio.Reader
}

func connect(t *testing.T, address string) *client {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	return &client{t, conn, bufio.NewReader(conn)}
}

func (c *client) say(text string) {
	c.t.Helper()
	if _, err := fmt.Fprint(c, text); err != nil {
		c.t.Fatal(err)
	}
}

const wholeRequest = "GET / HTTP/1.1\r\nHost: x\r\n\r\n"

// answered reads an answer.
func (c *client) answered() {
	c.t.Helper()
	response, err := http.ReadResponse(c.reader, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	text, err := io.ReadAll(response.Body)
	if err != nil || string(text) != "fine" {
		c.t.Fatalf("%s %q, %v", response.Status, text, err)
	}
}

// hungUp waits until the server has closed the connection, whatever it says before.
func (c *client) hungUp() {
	c.t.Helper()
	if _, err := io.Copy(io.Discard, c.reader); errors.Is(err, os.ErrDeadlineExceeded) {
		c.t.Fatalf("the connection stays open: %v", err)
	}
}

// Connections that are open are bounded, also those on which nothing is said. Who comes then waits and is served when one has gone.
func TestConnectionsAreBounded(t *testing.T) {
	const most = 3
	address := openHTTP(t, fine(), httpBounds{connections: most})
	var held []*client
	for range most {
		one := connect(t, address)
		one.say(wholeRequest)
		one.answered()
		held = append(held, one)
	}
	late := connect(t, address)
	late.say(wholeRequest)
	answer := make(chan error, 1)
	go func() {
		response, err := http.ReadResponse(late.reader, nil)
		if err == nil {
			err = response.Body.Close()
		}
		answer <- err
	}()
	// Those that are held are served again and again meanwhile; the late one is not.
	for range 50 {
		for _, one := range held {
			one.say(wholeRequest)
			one.answered()
		}
	}
	select {
	case err := <-answer:
		t.Fatalf("a connection beyond the bound was taken: %v", err)
	default:
	}
	if err := held[0].Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-answer; err != nil {
		t.Errorf("when one has gone: %v", err)
	}
}

// The bound is the one that the README names.
func TestTheRESTDoorTakesTenThousandConnections(t *testing.T) {
	if got := restBounds(); got.connections != 10_000 {
		t.Errorf("%d connections", got.connections)
	}
}

// A client that sends its header slowly, byte by byte, or says nothing any more is hung up on.
func TestSilentClientsAreHungUpOn(t *testing.T) {
	t.Run("a header that does not end", func(t *testing.T) {
		slow := connect(t, openHTTP(t, fine(), httpBounds{headerTime: 50 * time.Millisecond}))
		slow.say("GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ")
		dripping, stop := context.WithCancel(t.Context())
		defer stop()
		go func() {
			tick := time.NewTicker(5 * time.Millisecond)
			defer tick.Stop()
			for dripping.Err() == nil {
				<-tick.C
				if _, err := fmt.Fprint(slow, "x"); err != nil {
					return
				}
			}
		}()
		slow.hungUp()
	})
	t.Run("nothing at all", func(t *testing.T) {
		connect(t, openHTTP(t, fine(), httpBounds{headerTime: 50 * time.Millisecond})).hungUp()
	})
	t.Run("nothing after a request", func(t *testing.T) {
		idle := connect(t, openHTTP(t, fine(), httpBounds{idleTime: 50 * time.Millisecond}))
		idle.say(wholeRequest)
		idle.answered()
		idle.hungUp()
	})
}

// A request under way when the server stops is answered; one that does not end is cut off.
func TestHTTPRequestsUnderWayEnd(t *testing.T) {
	for name, ends := range map[string]bool{"it ends": true, "it does not": false} {
		t.Run(name, func(t *testing.T) {
			listener, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			entered, leave := make(chan struct{}), make(chan struct{})
			ctx, stop := context.WithCancel(t.Context())
			bounds := httpBounds{stopTime: patience}
			if !ends {
				bounds.stopTime = 50 * time.Millisecond
			}
			served := make(chan error, 1)
			go func() {
				served <- serveHTTP(ctx, listener, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					close(entered)
					<-leave
					_, _ = io.WriteString(w, "fine")
				}), bounds)
			}()
			one := connect(t, listener.Addr().String())
			one.say(wholeRequest)
			<-entered
			stop()
			for closed := false; !closed; { // the door closes first
				conn, err := net.Dial("tcp", listener.Addr().String())
				if closed = err != nil; !closed {
					_ = conn.Close()
				}
			}
			if ends {
				close(leave)
				one.answered()
			} else {
				one.hungUp()
				close(leave)
			}
			if err := <-served; err != nil {
				t.Errorf("serve: %v", err)
			}
		})
	}
}
