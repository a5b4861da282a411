package mesh

import (
	"cmp"
	"context"
	"time"

	backofficev1 "github.com/waybill-dev/waybill/gen/waybill/backoffice/v1"
	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	booksv1 "github.com/waybill-dev/waybill/gen/waybill/books/v1"
	channelv1 "github.com/waybill-dev/waybill/gen/waybill/connector/channel/v1"
	erpv1 "github.com/waybill-dev/waybill/gen/waybill/connector/erp/v1"
	paymentv1 "github.com/waybill-dev/waybill/gen/waybill/connector/payment/v1"
	taxv1 "github.com/waybill-dev/waybill/gen/waybill/connector/tax/v1"
	tmsv1 "github.com/waybill-dev/waybill/gen/waybill/connector/tms/v1"
	wmsv1 "github.com/waybill-dev/waybill/gen/waybill/connector/wms/v1"
	deliveryv1 "github.com/waybill-dev/waybill/gen/waybill/delivery/v1"
	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	"github.com/waybill-dev/waybill/internal/sandbox"
	"github.com/waybill-dev/waybill/services/backoffice"
	"github.com/waybill-dev/waybill/services/billing"
	"github.com/waybill-dev/waybill/services/connector/channel"
	"github.com/waybill-dev/waybill/services/connector/erp"
	"github.com/waybill-dev/waybill/services/connector/payment"
	"github.com/waybill-dev/waybill/services/connector/tax"
	"github.com/waybill-dev/waybill/services/connector/tms"
	"github.com/waybill-dev/waybill/services/connector/wms"
	"github.com/waybill-dev/waybill/services/fulfillment"
	"github.com/waybill-dev/waybill/services/gateway"
	"github.com/waybill-dev/waybill/services/inventory"
	"github.com/waybill-dev/waybill/services/masterdata"
	"github.com/waybill-dev/waybill/services/operations"
	"github.com/waybill-dev/waybill/services/order"
	"google.golang.org/grpc"
)

type runFunc = func(context.Context) error

func buildMasterData(p *process) (runFunc, error) {
	deps := masterdata.Deps{DB: p.db, Bus: p.bus, Clock: time.Now, Log: p.log, Registerer: p.metrics, Tracer: p.tracer}
	if p.reaches("connector-erp") {
		conn, err := p.dialOutside("connector-erp")
		if err != nil {
			return nil, err
		}
		deps.ERP = erpv1.NewErpServiceClient(conn)
	}
	service, err := masterdata.New(deps, p.config.ERP.masters())
	if err != nil {
		return nil, err
	}
	service.Register(p.server)
	return service.Run, nil
}

func buildInventory(p *process) (runFunc, error) {
	service, err := inventory.New(inventory.Deps{DB: p.db, Bus: p.bus, Clock: time.Now, Log: p.log},
		inventory.Config{Registerer: p.metrics, Tracer: p.tracer})
	if err != nil {
		return nil, err
	}
	service.Register(p.server)
	p.takes(service.Subscriptions())
	return service.Run, nil
}

func buildOrder(p *process) (runFunc, error) {
	conns, err := p.dialAll([]string{"inventory", "billing", "fulfillment"})
	if err != nil {
		return nil, err
	}
	deps := order.Deps{
		DB: p.db, Bus: p.bus, Inventory: inventoryv1.NewInventoryServiceClient(conns[0]),
		Billing: billingv1.NewBillingServiceClient(conns[1]), Fulfillment: fulfillmentv1.NewFulfillmentServiceClient(conns[2]),
		Clock: time.Now, Log: p.log, Registerer: p.metrics, Tracer: p.tracer,
	}
	for _, connector := range p.role.asks {
		if !p.reaches(connector) {
			continue
		}
		conn, err := p.dialOutside(connector)
		if err != nil {
			return nil, err
		}
		switch connector {
		case "connector-erp":
			deps.ERP = erpv1.NewErpServiceClient(conn)
		case "connector-tms":
			deps.TMS = tmsv1.NewTmsServiceClient(conn)
		case "connector-channel":
			deps.Portals = channelv1.NewChannelServiceClient(conn)
		}
	}
	service, err := order.New(deps, p.config.Order)
	if err != nil {
		return nil, err
	}
	service.Register(p.server)
	p.takes(service.Subscriptions())
	return service.Run, nil
}

func buildFulfillment(p *process) (runFunc, error) {
	conn, err := p.dialOutside("connector-wms")
	if err != nil {
		return nil, err
	}
	service, err := fulfillment.New(fulfillment.Deps{
		DB: p.db, Bus: p.bus, Warehouses: wmsv1.NewWarehouseServiceClient(conn), Clock: time.Now, Log: p.log,
		Registerer: p.metrics, Tracer: p.tracer,
	}, fulfillment.Config{CompanyPrefix: p.config.CompanyPrefix})
	if err != nil {
		return nil, err
	}
	service.Register(p.server)
	p.takes(service.Subscriptions())
	return service.Run, nil
}

func buildBilling(p *process) (runFunc, error) {
	conns, err := p.dialOutsideAll("connector-tax", "connector-payment")
	if err != nil {
		return nil, err
	}
	service, err := billing.New(billing.Deps{
		DB: p.db, Bus: p.bus, Tax: taxv1.NewTaxServiceClient(conns[0]),
		Payments: paymentv1.NewPaymentServiceClient(conns[1]), Clock: time.Now, Log: p.log, Registerer: p.metrics,
		Tracer: p.tracer,
	}, billing.Config{})
	if err != nil {
		return nil, err
	}
	service.Register(p.server)
	p.takes(service.Subscriptions())
	return service.Run, nil
}

func buildOperations(p *process) (runFunc, error) {
	conns, err := p.dialAll([]string{"order", "fulfillment", "inventory", "billing", "backoffice", "masterdata"})
	if err != nil {
		return nil, err
	}
	erpConn, err := p.dialOutside("connector-erp")
	if err != nil {
		return nil, err
	}
	shelves, err := p.dialBooks()
	if err != nil {
		return nil, err
	}
	deliveries, err := p.deliveries()
	if err != nil {
		return nil, err
	}
	service, err := operations.New(operations.Deps{
		DB: p.db, Bus: p.bus, Clock: time.Now, Log: p.log, Registerer: p.metrics, Tracer: p.tracer,
		Orders: orderv1.NewOrderServiceClient(conns[0]), Fulfillments: fulfillmentv1.NewFulfillmentServiceClient(conns[1]),
		Stock: inventoryv1.NewInventoryServiceClient(conns[2]), Billing: billingv1.NewBillingServiceClient(conns[3]),
		Backoffice: backofficev1.NewBackofficeServiceClient(conns[4]), Books: shelves, ERP: erpv1.NewErpServiceClient(erpConn),
		Masters:    masterdatav1.NewMasterFeedServiceClient(conns[5]),
		Deliveries: deliveries,
	}, p.config.Operations)
	if err != nil {
		return nil, err
	}
	service.Register(p.server)
	p.takes(service.Subscriptions())
	return service.Run, nil
}

// dialBooks connects with every role that has rules of its own tables, the role being built too. Outside systems are asked by their
// contracts.
func (p *process) dialBooks() (map[string]booksv1.BooksServiceClient, error) {
	found := map[string]booksv1.BooksServiceClient{}
	for _, role := range table() {
		if role.checks == nil {
			continue
		}
		conn, err := p.dial(role.name)
		if err != nil {
			return nil, err
		}
		found[role.name] = booksv1.NewBooksServiceClient(conn)
	}
	return found, nil
}

// deliveries are where every role that takes events tells of its dead letters.
func (p *process) deliveries() (map[string]deliveryv1.DeliveryServiceClient, error) {
	found := map[string]deliveryv1.DeliveryServiceClient{}
	for _, role := range table() {
		if !role.letters {
			continue
		}
		conn, err := p.dial(role.name)
		if err != nil {
			return nil, err
		}
		found[role.name] = deliveryv1.NewDeliveryServiceClient(conn)
	}
	return found, nil
}

func buildWarehouse(p *process) (runFunc, error) {
	conn, err := p.dial("fulfillment")
	if err != nil {
		return nil, err
	}
	box := p.box("wms", sandbox.Dials{})
	service, err := wms.New(wms.Deps{
		DB: p.db, Fulfillment: fulfillmentv1.NewFulfillmentServiceClient(box.Reports(conn)), Clock: time.Now, Log: p.log,
		Registerer: p.metrics,
	}, p.config.Warehouse)
	if err != nil {
		return nil, err
	}
	service.Register(box.Wrap(p.server))
	return service.Run, nil
}

func buildPayment(p *process) (runFunc, error) {
	payment.New(p.db).Register(p.box("payment", sandbox.Dials{}).Wrap(p.server))
	return nil, nil
}

func buildTax(p *process) (runFunc, error) {
	service, err := tax.New(tax.Config{})
	if err != nil {
		return nil, err
	}
	service.Register(p.box("tax", sandbox.Dials{}).Wrap(p.server))
	return nil, nil
}

func buildERP(p *process) (runFunc, error) {
	limit := int32(p.config.ERP.withDefaults().SandboxCallsPerSecond)
	service := erp.New(p.db, time.Now)
	service.Register(p.box("erp", sandbox.Dials{CallsPerSecond: limit}).Wrap(p.server))
	service.RegisterSandbox(p.server)
	return nil, nil
}

func buildTMS(p *process) (runFunc, error) {
	tms.New("").Register(p.box("tms", sandbox.Dials{}).Wrap(p.server))
	return nil, nil
}

func buildChannel(p *process) (runFunc, error) {
	channel.New(p.db, time.Now).Register(p.box("channel", sandbox.Dials{}).Wrap(p.server))
	return nil, nil
}

func buildBackoffice(p *process) (runFunc, error) {
	conn, err := p.dialOutside("connector-erp")
	if err != nil {
		return nil, err
	}
	service, err := backoffice.New(backoffice.Deps{
		DB: p.db, Bus: p.bus, ERP: erpv1.NewErpServiceClient(conn), Clock: time.Now, Log: p.log, Registerer: p.metrics, Tracer: p.tracer,
	}, p.config.ERP.queue())
	if err != nil {
		return nil, err
	}
	service.Register(p.server)
	p.takes(service.Subscriptions())
	return service.Run, nil
}

func buildGateway(p *process) (runFunc, error) {
	conns, err := p.dialAll([]string{"order", "inventory", "fulfillment", "billing", "masterdata", operationsRole}, gateway.DialOptions()...)
	if err != nil {
		return nil, err
	}
	config := gateway.DefaultConfig()
	config.Registerer = p.metrics
	config.MaxRequests = cmp.Or(p.config.RESTRequests, config.MaxRequests)
	handler, err := gateway.New(context.Background(), gateway.Connections{
		Order: conns[0], Inventory: conns[1], Fulfillment: conns[2], Billing: conns[3], MasterData: conns[4], Operations: conns[5],
	}, config)
	p.handler = handler
	return nil, err
}

// dialAll connects the role being built with several others.
func (p *process) dialAll(roles []string, opts ...grpc.DialOption) ([]grpc.ClientConnInterface, error) {
	conns := make([]grpc.ClientConnInterface, 0, len(roles))
	for _, to := range roles {
		conn, err := p.dial(to, opts...)
		if err != nil {
			return nil, err
		}
		conns = append(conns, conn)
	}
	return conns, nil
}
