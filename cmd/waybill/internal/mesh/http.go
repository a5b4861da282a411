package mesh

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"net/http"
	"time"

	"golang.org/x/net/netutil"
)

// httpBounds are what the clients of an HTTP door may hold. What is zero is as the comment says.
type httpBounds struct {
	// connections bounds those that are open, idle ones too; more wait to be taken. Any number.
	connections int
	// headerTime is how long the header of a request may take to come, idleTime how long a connection may wait for the next request.
	// 10 s, 2 minutes.
	headerTime, idleTime time.Duration
	// stopTime is how long requests under way have to end. 10 s.
	stopTime time.Duration
}

const (
	defaultHeaderTime = 10 * time.Second
	defaultIdleTime   = 2 * time.Minute
	defaultStopTime   = 10 * time.Second
)

// restBounds are those of the REST door.
func restBounds() httpBounds { return httpBounds{connections: 10_000} }

// serveHTTP answers until ctx ends.
func serveHTTP(ctx context.Context, listener net.Listener, handler http.Handler, bounds httpBounds) error {
	if bounds.connections > 0 {
		listener = netutil.LimitListener(listener, bounds.connections)
	}
	server := &http.Server{
		Handler: handler, ReadHeaderTimeout: cmp.Or(bounds.headerTime, defaultHeaderTime), IdleTimeout: cmp.Or(bounds.idleTime, defaultIdleTime),
	}
	stopped := make(chan error, 1)
	release := context.AfterFunc(ctx, func() {
		stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), cmp.Or(bounds.stopTime, defaultStopTime))
		defer cancel()
		err := server.Shutdown(stop)
		if err != nil {
			err = server.Close()
		}
		stopped <- err
	})
	err := server.Serve(listener)
	if release() {
		return fmt.Errorf("serve %s: %w", listener.Addr(), err)
	}
	return <-stopped
}
