package mesh

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	operationsv1 "github.com/waybill-dev/waybill/gen/waybill/operations/v1"
)

// readyTime is how long what a process needs has to answer.
const readyTime = 2 * time.Second

// serve starts everything. What ends early, for whatever reason, ends the process: a role that has stopped working must
// not look alive.
//
// The stop has an order: first the doors close and calls under way end, while the roles still work, because a call may
// wait for what its role does in the background; then the roles stop.
func (m *Mesh) serve(ctx context.Context) {
	p := m.process
	roles, stopRoles := context.WithCancel(context.WithoutCancel(ctx))
	var doors sync.WaitGroup
	doors.Add(1)
	m.group.Go(func() error {
		defer doors.Done()
		return p.server.Serve(ctx, p.listener)
	})
	if p.console != nil {
		doors.Add(1)
		m.group.Go(func() error {
			defer doors.Done()
			return p.server.ServeConnect(ctx, p.console, operationsv1.OperationsService_ServiceDesc.ServiceName,
				operationsv1.ReconciliationService_ServiceDesc.ServiceName,
				operationsv1.DeadLetterService_ServiceDesc.ServiceName, operationsv1.ReplayService_ServiceDesc.ServiceName)
		})
	}
	if p.rest != nil {
		m.group.Go(func() error { return serveHTTP(ctx, p.rest, p.handler, restBounds()) })
	}
	if p.health != nil {
		m.group.Go(func() error { return serveHTTP(ctx, p.health, p.healthHandler(ctx), httpBounds{}) })
	}
	for _, one := range p.runs {
		m.group.Go(func() error {
			err := one.run(roles)
			if roles.Err() == nil {
				return fmt.Errorf("role %s stopped working: %w", one.role, errors.Join(err, errStopped))
			}
			return nil
		})
	}
	m.group.Go(func() error {
		<-ctx.Done()
		doors.Wait()
		stopRoles()
		return nil
	})
}

var errStopped = errors.New("its work ended")

// healthHandler says that the process lives, whether it can work, and its metrics.
func (p *process) healthHandler(stopping context.Context) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { answer(w, nil) })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), readyTime)
		defer cancel()
		answer(w, errors.Join(stopping.Err(), p.ready(ctx)))
	})
	mux.Handle("GET /metrics", promhttp.HandlerFor(p.metrics, promhttp.HandlerOpts{}))
	return mux
}

func (p *process) ready(ctx context.Context) error {
	var problems []error
	for _, db := range p.databases {
		if err := db.Pool().Ping(ctx); err != nil {
			problems = append(problems, fmt.Errorf("database %s does not answer", db.Name()))
		}
	}
	if p.bus != nil {
		if err := p.bus.Healthy(); err != nil {
			problems = append(problems, fmt.Errorf("event bus: %w", err))
		}
	}
	return errors.Join(problems...)
}

func answer(w http.ResponseWriter, err error) {
	if err != nil {
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	_, _ = w.Write([]byte("ok\n")) // the caller has gone away: nobody is left to tell
}
