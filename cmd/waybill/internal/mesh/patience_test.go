package mesh

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/waybill-dev/waybill/internal/bus"
)

// An event bus that takes a connection and breaks it off is not there yet: a process that starts then tries on.
func TestABrokenConnectionMayPass(t *testing.T) {
	for name, linger := range map[string]int{"closed": -1, "reset": 0} {
		t.Run(name, func(t *testing.T) {
			listener, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = listener.Close() })
			go func() {
				for {
					conn, err := listener.Accept()
					if err != nil {
						return
					}
					_ = conn.(*net.TCPConn).SetLinger(linger)
					_ = conn.Close()
				}
			}()
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			defer cancel()
			connected, err := bus.Connect(ctx, "nats://"+listener.Addr().String(), "test", bus.Log(slog.New(slog.DiscardHandler)))
			if err == nil {
				connected.Close()
				t.Fatal("connected")
			}
			if !passing(err) {
				t.Errorf("%v does not pass", err)
			}
		})
	}
	for _, err := range []error{nats.ErrAuthorization, errors.New("parse the URL")} {
		if passing(err) {
			t.Errorf("%v passes", err)
		}
	}
}
