package rpc

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connecthttp"
	"connectrpc.com/connect/v2/connectproto"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

// registration is a service as it was registered.
type registration struct {
	desc           *grpc.ServiceDesc
	implementation any
}

// ServeConnect offers registered services, by their full names, over Connect as well: gRPC, gRPC-Web and JSON by POST on
// one port, HTTP/1.1 and HTTP/2. A call runs through the same generated handler and the same policy as over gRPC, so callers,
// scopes, deadlines, rules, faults and metrics are the same. It serves until ctx ends and returns nil then. It refuses to
// start when a service is not registered or has streams, and when it would speak plain text to the network; the listener is
// closed then.
func (s *Server) ServeConnect(ctx context.Context, listener net.Listener, services ...string) error {
	server, err := s.connectServer(listener, services)
	if err != nil {
		return errors.Join(fmt.Errorf("connect server: %w", err), listener.Close())
	}
	stopped := make(chan error, 1)
	release := context.AfterFunc(ctx, func() {
		stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.stopTimeout)
		defer cancel()
		err := server.Shutdown(stop)
		if err != nil {
			err = server.Close()
		}
		stopped <- err
	})
	if server.TLSConfig != nil {
		err = server.ServeTLS(listener, "", "")
	} else {
		err = server.Serve(listener)
	}
	if release() { // ctx goes on: the listener failed
		return fmt.Errorf("connect server: %w", err)
	}
	return <-stopped
}

func (s *Server) connectServer(listener net.Listener, services []string) (*http.Server, error) {
	if err := s.ready(listener); err != nil {
		return nil, err
	}
	calls := connect.NewServer()
	for _, name := range services {
		found, ok := s.registered[name]
		if !ok {
			return nil, fmt.Errorf("the service %s is not registered", name)
		}
		if len(found.desc.Streams) > 0 {
			return nil, fmt.Errorf("the service %s has streams: they are served over gRPC only", name)
		}
		for _, method := range found.desc.Methods {
			calls.Register(s.connectMethod(found, method))
		}
	}
	mux := http.NewServeMux()
	connecthttp.Mount(mux, calls, connecthttp.WithReadMaxBytes(MaxMessageBytes), connecthttp.WithCodecs(connectproto.NewBinaryCodec(), strictJSON()))
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(true)
	server := &http.Server{
		Handler: mux, Protocols: protocols, ReadHeaderTimeout: s.silentTime, ReadTimeout: s.receiveTime, IdleTimeout: s.idleTime,
	}
	if s.tls == nil {
		protocols.SetUnencryptedHTTP2(true)
		server.Handler = onlyLocalHosts(mux)
		return server, nil
	}
	var err error
	server.TLSConfig, err = s.tls.serverConfig()
	return server, err
}

// strictJSON refuses fields that the contract does not know, as the REST door does: a filter with a slip of the pen would
// else be no filter, and a command would reach everything.
func strictJSON() *connectproto.JSONCodec {
	codec := connectproto.NewJSONCodec()
	codec.UnmarshalOptions.DiscardUnknown = false
	return codec
}

// connectMethod serves a method by its generated gRPC handler with the server's interceptor around it.
func (s *Server) connectMethod(service registration, method grpc.MethodDesc) connect.Method {
	spec := connect.Spec{
		StreamType: connect.StreamTypeUnary, Procedure: "/" + service.desc.ServiceName + "/" + method.MethodName,
	}
	return connect.Method{Spec: spec, Handler: func(ctx context.Context, _ connect.Spec, stream connect.ServerStream) error {
		reply, err := method.Handler(service.implementation, withConnection(ctx), stream.Receive, s.unary)
		if err != nil {
			return connectError(err)
		}
		return stream.Send(reply)
	}}
}

// withConnection puts what a call says about its caller where gRPC puts it.
func withConnection(ctx context.Context) context.Context {
	info, ok := connect.CallInfoForServerContext(ctx)
	if !ok {
		return ctx
	}
	sent := metadata.MD{}
	for _, name := range []string{headerCaller, headerPrincipal, headerPartner, headerScopes} {
		if values := info.RequestHeader().Values(name); len(values) > 0 {
			sent[name] = values
		}
	}
	ctx = metadata.NewIncomingContext(ctx, sent)
	if door, ok := connecthttp.ServerInfoForContext(ctx); ok && door.TLS() != nil {
		ctx = peer.NewContext(ctx, &peer.Peer{AuthInfo: credentials.TLSInfo{State: *door.TLS(), SPIFFEID: spiffeURL(door.TLS())}})
	}
	return ctx
}

// connectError is a status as Connect tells it. What could not be received is Connect's own error already.
func connectError(err error) error {
	if _, ok := errors.AsType[*connect.Error](err); ok {
		return err
	}
	told := status.Convert(err)
	failure := connect.NewError(connect.Code(told.Code()), told.Message())
	for _, detail := range told.Details() {
		message, ok := detail.(proto.Message)
		if !ok {
			continue
		}
		if encoded, err := connectproto.NewErrorDetail(message); err == nil {
			failure = failure.WithDetail(encoded)
		}
	}
	return failure
}

// onlyLocalHosts refuses requests that name another host than this machine: a page of another site that has its name point
// here would have a browser send them.
func onlyLocalHosts(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, err := net.SplitHostPort(r.Host)
		if err != nil {
			host = r.Host
		}
		if ip := net.ParseIP(host); !slices.Contains([]string{"localhost", ""}, host) && (ip == nil || !ip.IsLoopback()) {
			http.Error(w, "this door is for this machine only", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}
