package order

import (
	"context"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
)

// nearInventory, nearBilling and nearFulfillment are the fake peers called without a wire.
type nearInventory struct {
	inventoryv1.InventoryServiceClient
	fake *fakeInventory
}

func (n nearInventory) Reserve(
	ctx context.Context, req *inventoryv1.ReserveRequest, _ ...grpc.CallOption,
) (*inventoryv1.ReserveResponse, error) {
	return n.fake.Reserve(ctx, req)
}

func (n nearInventory) CancelReservation(
	ctx context.Context, req *inventoryv1.CancelReservationRequest, _ ...grpc.CallOption,
) (*inventoryv1.CancelReservationResponse, error) {
	return n.fake.CancelReservation(ctx, req)
}

type nearBilling struct {
	billingv1.BillingServiceClient
	fake *fakeBilling
}

func (n nearBilling) ClaimCredit(
	ctx context.Context, req *billingv1.ClaimCreditRequest, _ ...grpc.CallOption,
) (*billingv1.ClaimCreditResponse, error) {
	wire, err := proto.Marshal(req) // it carries its order as raw bytes
	if err != nil {
		return nil, err
	}
	read := &billingv1.ClaimCreditRequest{}
	if err := proto.Unmarshal(wire, read); err != nil {
		return nil, err
	}
	return n.fake.ClaimCredit(ctx, read)
}

func (n nearBilling) ReleaseCredit(
	ctx context.Context, req *billingv1.ReleaseCreditRequest, _ ...grpc.CallOption,
) (*billingv1.ReleaseCreditResponse, error) {
	return n.fake.ReleaseCredit(ctx, req)
}

type nearFulfillment struct {
	fulfillmentv1.FulfillmentServiceClient
	fake *fakeFulfillment
}

func (n nearFulfillment) CreateFulfillment(
	ctx context.Context, req *fulfillmentv1.CreateFulfillmentRequest, _ ...grpc.CallOption,
) (*fulfillmentv1.CreateFulfillmentResponse, error) {
	return n.fake.CreateFulfillment(ctx, req)
}

func (n nearFulfillment) CancelFulfillment(
	ctx context.Context, req *fulfillmentv1.CancelFulfillmentRequest, _ ...grpc.CallOption,
) (*fulfillmentv1.CancelFulfillmentResponse, error) {
	return n.fake.CancelFulfillment(ctx, req)
}
