package tms

import (
	"google.golang.org/grpc"

	tmsv1 "github.com/waybill-dev/waybill/gen/waybill/connector/tms/v1"
)

// Service answers from a table of carriers.
type Service struct {
	tmsv1.UnimplementedTmsServiceServer
	home string
}

// New makes the system. Home is the ISO 3166 code of the country from which goods leave; empty: GB.
func New(home string) *Service {
	if home == "" {
		home = "GB"
	}
	return &Service{home: home}
}

// Register offers the RPCs on a server.
func (s *Service) Register(registrar grpc.ServiceRegistrar) {
	tmsv1.RegisterTmsServiceServer(registrar, s)
}
