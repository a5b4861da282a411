package order

import (
	"context"
	"fmt"
	"testing"

	"github.com/google/uuid"
	"google.golang.org/grpc"

	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	commonv1 "github.com/waybill-dev/waybill/gen/waybill/common/v1"
	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/databasetest"
)

// instantInventory, instantBilling and instantFulfillment say yes to everything at once.
type instantInventory struct {
	inventoryv1.UnimplementedInventoryServiceServer
}

func (instantInventory) Reserve(_ context.Context, req *inventoryv1.ReserveRequest) (*inventoryv1.ReserveResponse, error) {
	reply := &inventoryv1.ReserveResponse{}
	for _, want := range req.GetReservations() {
		got := &inventoryv1.Reservation{Key: want.GetKey(), OrderId: want.GetOrderId()}
		for _, line := range want.GetLines() {
			got.Lines = append(got.Lines, &inventoryv1.ReservationLine{
				LineNumber: line.GetLineNumber(), Sku: line.GetSku(),
				Allocations: []*inventoryv1.Allocation{{NodeId: "LEEDS", Quantity: line.GetQuantity()}},
			})
		}
		reply.Outcomes = append(reply.Outcomes, &inventoryv1.ReservationOutcome{
			Outcome: &inventoryv1.ReservationOutcome_Reservation{Reservation: got},
		})
	}
	return reply, nil
}

type instantBilling struct {
	billingv1.UnimplementedBillingServiceServer
}

func (instantBilling) ClaimCredit(_ context.Context, req *billingv1.ClaimCreditRequest) (*billingv1.ClaimCreditResponse, error) {
	reply := &billingv1.ClaimCreditResponse{}
	for range req.GetClaims() {
		reply.Outcomes = append(reply.Outcomes, &billingv1.CreditClaimOutcome{Outcome: &billingv1.CreditClaimOutcome_ClaimId{ClaimId: "c"}})
	}
	return reply, nil
}

type instantFulfillment struct {
	fulfillmentv1.UnimplementedFulfillmentServiceServer
}

func (instantFulfillment) CreateFulfillment(
	_ context.Context, req *fulfillmentv1.CreateFulfillmentRequest,
) (*fulfillmentv1.CreateFulfillmentResponse, error) {
	reply := &fulfillmentv1.CreateFulfillmentResponse{}
	for range req.GetFulfillments() {
		reply.Outcomes = append(reply.Outcomes, &fulfillmentv1.FulfillmentOutcome{
			Outcome: &fulfillmentv1.FulfillmentOutcome_FulfillmentId{FulfillmentId: "f"},
		})
	}
	return reply, nil
}

// BenchmarkSubmitAccepted is one order of five lines from 64 callers over gRPC until ACCEPTED is in the reply, with peers
// that answer at once and without a broker.
func BenchmarkSubmitAccepted(b *testing.B) {
	w := &world{t: b, clock: &clock{}}
	var err error
	if w.db, err = database.Open(b.Context(), databasetest.URL(b, Migrations)); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(w.db.Close)
	w.peers = serve(b, "order", func(on grpc.ServiceRegistrar) {
		inventoryv1.RegisterInventoryServiceServer(on, instantInventory{})
		billingv1.RegisterBillingServiceServer(on, instantBilling{})
		fulfillmentv1.RegisterFulfillmentServiceServer(on, instantFulfillment{})
	})
	w.masterData()
	w.start(nil)

	b.SetParallelism(32) // times GOMAXPROCS
	b.ReportAllocs()
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			name := uuid.NewString()
			req := &orderv1.SubmitOrderRequest{
				RequestId: name, ExternalOrderId: name, AccountId: "ACME", CurrencyCode: "GBP",
				ShipTo: &commonv1.Address{Name: "ACME Ltd", Lines: []string{"1 High Street"}, City: "Leeds", PostalCode: "LS1 1AA", CountryCode: "GB"},
			}
			for i := range 5 {
				req.Lines = append(req.Lines, &orderv1.SubmitOrderLine{
					Sku: fmt.Sprintf("ITEM-%d", i+1), Quantity: &commonv1.Quantity{Value: "2", Unit: "EA"},
				})
			}
			reply, err := w.client.SubmitOrder(context.Background(), req)
			if err != nil {
				b.Error(err)
				return
			}
			if state := reply.GetOrder().GetState(); state != orderv1.OrderState_ORDER_STATE_ACCEPTED {
				b.Errorf("state %v", state)
				return
			}
		}
	})
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "orders/s")
}
