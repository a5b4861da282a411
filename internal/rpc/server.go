package rpc

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"time"

	"buf.build/go/protovalidate"
	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/reflection"

	"github.com/waybill-dev/waybill/internal/observe"
)

const (
	// MaxMessageBytes bounds a message in both directions, on both sides: sets of orders need more than gRPC's 4 MiB.
	MaxMessageBytes = 16 << 20

	// keepaliveTime is after how long without traffic a peer is asked whether it lives, keepaliveTimeout how long it
	// has for the answer. Servers take questions twice as often as our clients ask them.
	keepaliveTime    = 30 * time.Second
	keepaliveTimeout = 10 * time.Second

	defaultStopTimeout = 15 * time.Second
	defaultBodyTime    = 30 * time.Second

	defaultMaxCalls = 4096
)

// ServerConfig says how a server listens. The zero value serves plain text on loopback.
type ServerConfig struct {
	// TLS is how callers prove who they are. Nil: plain text, refused unless the listener is local to the machine.
	TLS *TLS
	// Log takes calls: good ones at Debug, refused ones at Info, our own failures at Warn and Error. Nil: nobody does.
	Log *slog.Logger
	// Registerer takes the metrics. Nil: none are shown.
	Registerer prometheus.Registerer
	// Tracer makes a span of each call. Nil: none.
	Tracer *observe.Tracer
	// StopTimeout is how long calls under way have to end when the server stops. Default 15 s.
	StopTimeout time.Duration
	// BodyTime is how long a request of the Connect door may take to come. Default 30 s.
	BodyTime time.Duration
	// MaxCalls bounds the calls of each method that are under way; more are refused with ReasonBusy (Exhausted) and the time to wait.
	// It counts by method, so that calls that wait for others leave these their room. Default 4096.
	MaxCalls int
}

// Server is a gRPC server that enforces the contract. Services register on it, then it serves once.
type Server struct {
	grpc        *grpc.Server
	health      *health.Server
	validator   protovalidate.Validator
	log         *slog.Logger
	collectors  *collectors
	levels      *levels
	secured     bool
	tls         *TLS
	stopTimeout time.Duration
	bodyTime    time.Duration
	maxCalls    int64
	stopping    context.Context // ends streams when the server stops: they have no end of their own
	stop        context.CancelFunc

	methods    map[string]*method      // by full name; complete before the first call
	registered map[string]registration // by the service's full name
	services   []string
	breaches   []error
}

// NewServer makes a server with health and reflection. It fails when the TLS files do not serve.
func NewServer(config ServerConfig) (*Server, error) {
	validator, err := protovalidate.New()
	if err != nil {
		return nil, fmt.Errorf("rpc server: %w", err)
	}
	transport := insecure.NewCredentials()
	if config.TLS != nil {
		if transport, err = config.TLS.serverCredentials(); err != nil {
			return nil, fmt.Errorf("rpc server: %w", err)
		}
	}
	s := &Server{
		health:      health.NewServer(),
		validator:   validator,
		log:         config.Log,
		collectors:  newCollectors(config.Registerer, "server"),
		levels:      newLevels(config.Registerer),
		secured:     config.TLS != nil,
		tls:         config.TLS,
		stopTimeout: config.StopTimeout, bodyTime: config.BodyTime,
		maxCalls:   int64(config.MaxCalls),
		methods:    map[string]*method{},
		registered: map[string]registration{},
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.stopTimeout <= 0 {
		s.stopTimeout = defaultStopTimeout
	}
	if s.bodyTime <= 0 {
		s.bodyTime = defaultBodyTime
	}
	if s.maxCalls <= 0 {
		s.maxCalls = defaultMaxCalls
	}
	s.stopping, s.stop = context.WithCancel(context.Background())
	s.grpc = grpc.NewServer(append(traceServer(config.Tracer),
		grpc.Creds(transport),
		grpc.UnaryInterceptor(s.unary),
		grpc.StreamInterceptor(s.stream),
		grpc.MaxRecvMsgSize(MaxMessageBytes),
		grpc.MaxSendMsgSize(MaxMessageBytes),
		grpc.KeepaliveParams(keepalive.ServerParameters{Time: keepaliveTime, Timeout: keepaliveTimeout}),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: keepaliveTime / 2, PermitWithoutStream: true}),
		grpc.WaitForHandlers(true),
	)...)
	healthv1.RegisterHealthServer(s.grpc, s.health)
	return s, nil
}

// RegisterService adds a service of the contract. It makes Server a grpc.ServiceRegistrar for the generated code; what
// is wrong with the service, such as an RPC without a policy, comes out when the server starts.
func (s *Server) RegisterService(desc *grpc.ServiceDesc, implementation any) {
	for _, one := range desc.Methods {
		s.add(desc.ServiceName, one.MethodName)
	}
	for _, one := range desc.Streams {
		s.add(desc.ServiceName, one.StreamName)
	}
	s.services = append(s.services, desc.ServiceName)
	s.registered[desc.ServiceName] = registration{desc, implementation}
	s.grpc.RegisterService(desc, implementation)
}

func (s *Server) add(service, name string) {
	full := "/" + service + "/" + name
	m, err := newMethod(full, s.collectors, s.levels)
	if err != nil {
		s.breaches = append(s.breaches, err)
		return
	}
	s.methods[full] = m
}

// Health is where a role says that it is not ready: SetServingStatus with the full name of its service. All services
// that are registered serve from the start of the server on.
func (s *Server) Health() *health.Server { return s.health }

// Serve answers calls until ctx ends, then stops gracefully: health says so, no new calls are taken, streams are ended,
// other calls have the stop timeout. It returns nil after such a stop. It refuses to start when an RPC has no valid
// policy, or when it would speak plain text to the network; the listener is closed then.
func (s *Server) Serve(ctx context.Context, listener net.Listener) error {
	if err := s.ready(listener); err != nil {
		return errors.Join(fmt.Errorf("rpc server: %w", err), listener.Close())
	}
	reflection.Register(s.grpc)
	for _, service := range s.services {
		s.health.SetServingStatus(service, healthv1.HealthCheckResponse_SERVING)
	}
	stopped := make(chan struct{})
	release := context.AfterFunc(ctx, func() {
		defer close(stopped)
		s.shutDown()
	})
	err := s.grpc.Serve(listener)
	if release() { // ctx goes on: the listener failed
		s.shutDown()
		return fmt.Errorf("rpc server: %w", err)
	}
	<-stopped
	return nil
}

func (s *Server) ready(listener net.Listener) error {
	if len(s.breaches) > 0 {
		return errors.Join(s.breaches...)
	}
	if !s.secured && !localAddress(listener.Addr()) {
		return fmt.Errorf("%s: %w", listener.Addr(), errPlaintext)
	}
	return nil
}

func (s *Server) shutDown() {
	s.health.Shutdown()
	s.stop()
	hard := time.AfterFunc(s.stopTimeout, s.grpc.Stop)
	defer hard.Stop()
	s.grpc.GracefulStop()
}

// serviceLabel is the short name of a service: "inventory" of "waybill.inventory.v1.InventoryService", "connector.wms" of
// "waybill.connector.wms.v1.WarehouseService".
func serviceLabel(service string) string {
	parts := strings.Split(service, ".")
	if len(parts) < 4 {
		return service
	}
	return strings.Join(parts[1:len(parts)-2], ".")
}
