package tax

import (
	"google.golang.org/grpc"

	taxv1 "github.com/waybill-dev/waybill/gen/waybill/connector/tax/v1"
)

// Service answers from a tax table.
type Service struct {
	taxv1.UnimplementedTaxServiceServer
	rates map[string]map[string][]rate
}

// New makes the service. It fails when a rate of the table cannot be read.
func New(config Config) (*Service, error) {
	if config.Table == nil {
		config.Table = DefaultTable()
	}
	rates, err := config.Table.compile()
	if err != nil {
		return nil, err
	}
	return &Service{rates: rates}, nil
}

// Register offers the RPCs on a server.
func (s *Service) Register(registrar grpc.ServiceRegistrar) {
	taxv1.RegisterTaxServiceServer(registrar, s)
}
