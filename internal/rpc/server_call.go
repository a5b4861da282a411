package rpc

import (
	"cmp"
	"context"
	"errors"
	"io"
	"time"

	"google.golang.org/grpc"

	"github.com/waybill-dev/waybill/internal/observe"
)

// unary is everything that happens around a handler. One function instead of a chain, so that a call costs one frame.
func (s *Server) unary(
	ctx context.Context, request any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler,
) (response any, err error) {
	m := s.methods[info.FullMethod]
	if m == nil {
		return handler(ctx, request) // health: anybody may ask, and nothing is said about it
	}
	start := time.Now()
	m.metrics.inFlight.Inc()
	ctx = observe.About(ctx, asked{m, request})
	var identity *Identity
	defer func() {
		if cause := recover(); cause != nil {
			err = caught(cause)
		}
		if err = s.finish(ctx, m, identity, start, err); err != nil {
			response = nil
		}
	}()
	defer m.leave()
	if err = m.enter(s.maxCalls); err != nil {
		return nil, err
	}
	if identity, err = s.admit(ctx, m); err != nil {
		return nil, err
	}
	if m.validates {
		if err := check(s.validator, request); err != nil {
			return nil, err
		}
	}
	inner, cancel := m.limit(context.WithValue(ctx, identityKey{}, identity))
	defer cancel()
	return handler(inner, request)
}

// admit finds out who calls and whether he may.
func (s *Server) admit(ctx context.Context, m *method) (*Identity, error) {
	identity, err := identify(ctx, s.secured)
	if err != nil {
		return nil, err
	}
	return identity, m.authorize(identity)
}

// limit gives the call the policy's deadline where the caller's is not shorter.
func (m *method) limit(ctx context.Context) (context.Context, context.CancelFunc) {
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) <= m.deadline {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, m.deadline)
}

// stream is unary for streams. Requests are validated as they come; what breaks a rule ends the stream.
func (s *Server) stream(server any, inner grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler) (err error) {
	m := s.methods[info.FullMethod]
	if m == nil {
		return handler(server, inner) // health and reflection
	}
	ctx := inner.Context()
	start := time.Now()
	m.metrics.inFlight.Inc()
	var identity *Identity
	defer func() {
		if cause := recover(); cause != nil {
			err = caught(cause)
		}
		err = s.finish(ctx, m, identity, start, err)
	}()
	defer m.leave()
	if err = m.enter(s.maxCalls); err != nil {
		return err
	}
	if identity, err = s.admit(ctx, m); err != nil {
		return err
	}
	limited, cancel := m.limit(context.WithValue(ctx, identityKey{}, identity))
	defer cancel()
	limited, end := context.WithCancel(limited)
	defer end()
	defer context.AfterFunc(s.stopping, end)()
	return handler(server, &serverStream{ServerStream: inner, ctx: limited, server: s, method: m})
}

type serverStream struct {
	grpc.ServerStream
	ctx    context.Context
	server *Server
	method *method
}

func (s *serverStream) Context() context.Context { return s.ctx }

func (s *serverStream) RecvMsg(message any) error {
	if err := s.ServerStream.RecvMsg(message); err != nil {
		return s.broken(err)
	}
	if !s.method.validates {
		return nil
	}
	return check(s.server.validator, message)
}

func (s *serverStream) SendMsg(message any) error { return s.broken(s.ServerStream.SendMsg(message)) }

// broken tells a caller that went away from a stream that failed.
func (s *serverStream) broken(err error) error {
	if err == nil || errors.Is(err, io.EOF) {
		return err
	}
	// The caller's own context ends a moment before those made of it.
	if gone := cmp.Or(s.ctx.Err(), s.ServerStream.Context().Err()); gone != nil {
		return gone
	}
	return FaultOf(err)
}
