// Package access reaches a running Waybill: over REST as a partner does, and over gRPC as its operator.
package access

import (
	"context"
	"fmt"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/waybill-dev/waybill/cmd/waybill/internal/restclient"
	backofficev1 "github.com/waybill-dev/waybill/gen/waybill/backoffice/v1"
	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	erpv1 "github.com/waybill-dev/waybill/gen/waybill/connector/erp/v1"
	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	operationsv1 "github.com/waybill-dev/waybill/gen/waybill/operations/v1"
	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	outsidev1 "github.com/waybill-dev/waybill/gen/waybill/outside/v1"
	sandboxv1 "github.com/waybill-dev/waybill/gen/waybill/sandbox/v1"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/rpc"
)

// operator is how the commands of this binary call themselves; the contract's policies know the name.
const operator = "operator"

// Access is a way in.
type Access struct {
	REST       *restclient.Client
	Order      orderv1.OrderServiceClient
	Inventory  inventoryv1.InventoryServiceClient
	Billing    billingv1.BillingServiceClient
	MasterData masterdatav1.MasterDataServiceClient
	MasterFeed masterdatav1.MasterFeedServiceClient
	Operations operationsv1.OperationsServiceClient
	Books      operationsv1.ReconciliationServiceClient
	Letters    operationsv1.DeadLetterServiceClient
	Replay     operationsv1.ReplayServiceClient
	Rebuild    operationsv1.RebuildServiceClient
	Outside    outsidev1.OutsideServiceClient
	Sandbox    sandboxv1.SandboxServiceClient
	SandboxERP sandboxv1.SandboxErpServiceClient
	BackOffice backofficev1.BackofficeServiceClient
	ERP        erpv1.ErpServiceClient

	conn *grpc.ClientConn
}

// Open makes a way in to a Waybill whose roles all answer on one RPC address, on this machine.
func Open(rest, rpcAddress string, concurrency int) (*Access, error) {
	conn, err := rpc.Dial(rpc.ClientConfig{Addr: rpcAddress, Caller: operator}, grpc.WithChainUnaryInterceptor(inWords))
	if err != nil {
		return nil, fmt.Errorf("reach %s: %w", rpcAddress, err)
	}
	return &Access{
		REST: restclient.New(rest, concurrency), Order: orderv1.NewOrderServiceClient(conn),
		Inventory: inventoryv1.NewInventoryServiceClient(conn), Billing: billingv1.NewBillingServiceClient(conn),
		MasterData: masterdatav1.NewMasterDataServiceClient(conn), MasterFeed: masterdatav1.NewMasterFeedServiceClient(conn),
		Operations: operationsv1.NewOperationsServiceClient(conn), Letters: operationsv1.NewDeadLetterServiceClient(conn),
		Books:   operationsv1.NewReconciliationServiceClient(conn),
		Replay:  operationsv1.NewReplayServiceClient(conn),
		Rebuild: operationsv1.NewRebuildServiceClient(conn),
		Outside: outsidev1.NewOutsideServiceClient(conn), Sandbox: sandboxv1.NewSandboxServiceClient(conn),
		SandboxERP: sandboxv1.NewSandboxErpServiceClient(conn),
		BackOffice: backofficev1.NewBackofficeServiceClient(conn), ERP: erpv1.NewErpServiceClient(conn), conn: conn,
	}, nil
}

// Close ends the connections.
func (a *Access) Close() { _ = a.conn.Close() }

// inWords makes of what a call fails with the fault alone: what gRPC says of it besides is no help to whoever reads it. Where nobody
// answers it says what to do about that.
func inWords(
	ctx context.Context, method string, request, reply any, conn *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption,
) error {
	err := invoke(ctx, method, request, reply, conn, opts...)
	if err == nil || status.Code(err) == codes.Canceled {
		return err
	}
	told, ok := fault.As(rpc.FaultOf(err))
	switch {
	case !ok:
		return err
	case told.Reason == reasonNobody:
		return fault.New(told.Kind, told.Reason, "no Waybill answers at %s; waybill up starts one, and a flag or WAYBILL_ADDRESS says where it is",
			conn.Target())
	}
	return told
}

// reasonNobody is the reason of a call that nobody answered, and not that of any service.
const reasonNobody = "UNAVAILABLE"
