package rpc

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/waybill-dev/waybill/internal/observe"
	"github.com/waybill-dev/waybill/internal/policy"
)

// ClientConfig says whom a client calls, and as whom.
type ClientConfig struct {
	// Addr is a gRPC target: "127.0.0.1:7101", "unix:///run/order.sock", "dns:///order:7101". All addresses behind a
	// DNS name are used in turn.
	Addr string
	// Caller is the service that calls, as the policies in the contract name it.
	Caller string
	// TLS proves who we are. Nil: plain text, refused unless the address is local to the machine.
	TLS *TLS
	// Servers are the services that the server's certificate may name. Empty: any of the trust domain.
	Servers []string
	// Registerer takes the metrics. Nil: none are shown.
	Registerer prometheus.Registerer
	// Tracer makes a span of each call. Nil: none.
	Tracer *observe.Tracer
}

// defaultDeadline is for calls without a deadline to methods without a policy, such as health.
const defaultDeadline = 10 * time.Second

// Dial makes a connection that is opened with the first call. Calls carry who calls, for whom (from the gateway only) and
// how long the caller waits; without a deadline of its own an ordinary call gets the policy's. Errors are faults,
// except the context's own when the caller broke off. Nothing is ever repeated.
func Dial(config ClientConfig, opts ...grpc.DialOption) (*grpc.ClientConn, error) {
	if config.Caller == "" {
		return nil, errors.New("rpc client: the calling service has no name")
	}
	transport := insecure.NewCredentials()
	if config.TLS == nil && !localTarget(config.Addr) {
		return nil, fmt.Errorf("rpc client: %s: %w", config.Addr, errPlaintext)
	}
	if config.TLS != nil {
		var err error
		if transport, err = config.TLS.clientCredentials(config.Servers); err != nil {
			return nil, fmt.Errorf("rpc client: %w", err)
		}
	}
	c := &client{
		caller:     config.Caller,
		own:        metadata.Pairs(headerCaller, config.Caller),
		collectors: newCollectors(config.Registerer, "client"),
	}
	opts = append(traceClient(config.Tracer), opts...)
	conn, err := grpc.NewClient(config.Addr, append([]grpc.DialOption{
		grpc.WithTransportCredentials(transport),
		grpc.WithChainUnaryInterceptor(c.unary),
		grpc.WithChainStreamInterceptor(c.stream),
		grpc.WithDisableRetry(),
		grpc.WithDisableServiceConfig(),
		grpc.WithDefaultServiceConfig(`{"loadBalancingConfig":[{"round_robin":{}}]}`),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(MaxMessageBytes), grpc.MaxCallSendMsgSize(MaxMessageBytes)),
		grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: keepaliveTime, Timeout: keepaliveTimeout}),
	}, opts...)...)
	if err != nil {
		return nil, fmt.Errorf("rpc client: %w", err)
	}
	return conn, nil
}

type client struct {
	caller     string
	own        metadata.MD
	collectors *collectors
	methods    sync.Map // full name → *clientMethod
}

type clientMethod struct {
	deadline time.Duration
	metrics  methodMetrics
}

func (c *client) method(full string) *clientMethod {
	if known, ok := c.methods.Load(full); ok {
		return known.(*clientMethod)
	}
	service, name, _ := strings.Cut(strings.TrimPrefix(full, "/"), "/")
	m := &clientMethod{deadline: defaultDeadline, metrics: c.collectors.of(serviceLabel(service), snakeCase(name))}
	if rules, err := policy.ForMethod(full); err == nil {
		m.deadline = rules.GetDeadline().AsDuration()
	}
	known, _ := c.methods.LoadOrStore(full, m)
	return known.(*clientMethod)
}

func (c *client) unary(
	ctx context.Context, full string, request, reply any, conn *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption,
) error {
	m := c.method(full)
	start := time.Now()
	m.metrics.inFlight.Inc()
	call := metadata.NewOutgoingContext(ctx, outgoing(ctx, c.caller, c.own))
	if _, ok := ctx.Deadline(); !ok {
		var cancel context.CancelFunc
		call, cancel = context.WithTimeout(call, m.deadline)
		defer cancel()
	}
	err := invoke(call, full, request, reply, conn, opts...)
	m.metrics.inFlight.Dec()
	m.metrics.observe(status.Code(err), time.Since(start))
	return callError(ctx, err)
}

// stream counts a stream until its caller has seen its end.
func (c *client) stream(
	ctx context.Context, desc *grpc.StreamDesc, conn *grpc.ClientConn, full string, open grpc.Streamer, opts ...grpc.CallOption,
) (grpc.ClientStream, error) {
	m := c.method(full)
	start := time.Now()
	m.metrics.inFlight.Inc()
	end := sync.OnceFunc(m.metrics.inFlight.Dec)
	inner, err := open(metadata.NewOutgoingContext(ctx, outgoing(ctx, c.caller, c.own)), desc, conn, full, opts...)
	if err != nil {
		end()
		m.metrics.observe(status.Code(err), time.Since(start))
		return nil, callError(ctx, err)
	}
	context.AfterFunc(inner.Context(), end) // also when the caller never reads the end
	return &clientStream{ClientStream: inner, ctx: ctx, done: func(err error) {
		end()
		if errors.Is(err, io.EOF) {
			err = nil
		}
		m.metrics.observe(status.Code(err), time.Since(start))
	}}, nil
}

type clientStream struct {
	grpc.ClientStream
	ctx  context.Context // the caller's: the stream's own is cancelled at its end, whoever ended it
	done func(error)
	once sync.Once
}

func (s *clientStream) RecvMsg(message any) error {
	err := s.ClientStream.RecvMsg(message)
	if err == nil {
		return nil
	}
	s.once.Do(func() { s.done(err) })
	if errors.Is(err, io.EOF) {
		return err
	}
	return callError(s.ctx, err)
}

// SendMsg gives io.EOF when the server has ended the stream: RecvMsg then tells why.
func (s *clientStream) SendMsg(message any) error {
	err := s.ClientStream.SendMsg(message)
	if errors.Is(err, io.EOF) {
		return err
	}
	return callError(s.ctx, err)
}

func (s *clientStream) Header() (metadata.MD, error) {
	header, err := s.ClientStream.Header()
	return header, callError(s.ctx, err)
}

func (s *clientStream) CloseSend() error { return callError(s.ctx, s.ClientStream.CloseSend()) }
