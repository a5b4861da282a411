package rpc

import (
	"cmp"
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
	defaultSilentTime  = 10 * time.Second
	defaultIdleTime    = 2 * time.Minute
	defaultReceiveTime = 30 * time.Second

	// MaxCallsUnderWay is the default of ServerConfig.MaxCalls.
	MaxCallsUnderWay = 4096
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
	// SilentTime is how long a client may take to begin: with a handshake, and over Connect with the header of each request. Default
	// 10 s.
	SilentTime time.Duration
	// IdleTime is how long a connection of a Connect client may wait for its next request. Default 2 min. Those of gRPC clients are asked
	// whether they live instead.
	IdleTime time.Duration
	// ReceiveTime is how long a request over Connect may take to come, before the deadline of its method begins. Default 30 s.
	ReceiveTime time.Duration
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
	silentTime  time.Duration
	idleTime    time.Duration
	receiveTime time.Duration
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
		stopTimeout: cmp.Or(max(config.StopTimeout, 0), defaultStopTimeout),
		silentTime:  cmp.Or(max(config.SilentTime, 0), defaultSilentTime),
		idleTime:    cmp.Or(max(config.IdleTime, 0), defaultIdleTime),
		receiveTime: cmp.Or(max(config.ReceiveTime, 0), defaultReceiveTime),
		maxCalls:    cmp.Or(max(int64(config.MaxCalls), 0), MaxCallsUnderWay),
		methods:     map[string]*method{},
		registered:  map[string]registration{},
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	s.stopping, s.stop = context.WithCancel(context.Background())
	s.grpc = grpc.NewServer(append(traceServer(config.Tracer),
		grpc.Creds(transport),
		grpc.UnaryInterceptor(s.unary),
		grpc.StreamInterceptor(s.stream),
		grpc.MaxRecvMsgSize(MaxMessageBytes),
		grpc.MaxSendMsgSize(MaxMessageBytes),
		grpc.ConnectionTimeout(s.silentTime),
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
