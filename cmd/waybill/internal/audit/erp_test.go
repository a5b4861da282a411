package audit

import (
	"fmt"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	backofficev1 "github.com/waybill-dev/waybill/gen/waybill/backoffice/v1"
	commonv1 "github.com/waybill-dev/waybill/gen/waybill/common/v1"
	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	outsidev1 "github.com/waybill-dev/waybill/gen/waybill/outside/v1"
	sandboxv1 "github.com/waybill-dev/waybill/gen/waybill/sandbox/v1"
)

// While the ERP is away orders are accepted and completed, documents queue up, and everybody can see why. When it is back, with
// answers that get lost and calls that come twice, it has every document once.
func TestOrdersGoOnWhileTheERPIsAway(t *testing.T) {
	w := newWorld(t)
	w.turn(t, "erp", &sandboxv1.Dials{OutageUntil: timestamppb.New(time.Now().Add(time.Hour))})
	const orders = 12
	for i := range orders {
		must(t)(w.Order.SubmitOrder(t.Context(), &orderv1.SubmitOrderRequest{
			RequestId: fmt.Sprint("outage-", i), PartnerId: "P", Channel: "test", ExternalOrderId: fmt.Sprint("O-", i), AccountId: "RICH",
			CurrencyCode: "GBP", Lines: []*orderv1.SubmitOrderLine{{Sku: "FEE", Quantity: &commonv1.Quantity{Value: "2"}}},
		}))
	}
	office := backofficev1.NewBackofficeServiceClient(w.operator)
	eventually(t, "all orders are completed, and their documents wait", func() bool {
		counts, err := w.Order.CountOrders(t.Context(), &orderv1.CountOrdersRequest{})
		queue, other := office.GetQueue(t.Context(), &backofficev1.GetQueueRequest{})
		return err == nil && other == nil && counts.GetMoving() == 0 && queue.GetWaiting() >= 2*orders
	})
	eventually(t, "the guard says that the ERP is away", func() bool {
		for _, one := range w.connectors(t) {
			if one.GetConnector() == "connector-erp" {
				return one.GetState() == outsidev1.BreakerState_BREAKER_STATE_OPEN && one.GetHeldBack()+one.GetFailed() > 0
			}
		}
		return false
	})
	w.turn(t, "erp", &sandboxv1.Dials{LostReplyBp: 3000, DuplicateBp: 3000, ErrorBp: 1000, CallsPerSecond: 50, Seed: 1})
	eventually(t, "the queue is empty", func() bool {
		queue, err := office.GetQueue(t.Context(), &backofficev1.GetQueueRequest{})
		return err == nil && queue.GetWaiting() == 0 && queue.GetStuck() == 0
	})
	if err := w.sound(t.Context(), true); err != nil {
		t.Error(err)
	}
	usage, err := w.Sandbox.GetDials(t.Context(), &sandboxv1.GetDialsRequest{System: "erp"})
	if err != nil || usage.GetUsage().GetOverLimit() != 0 || usage.GetUsage().GetMostInASecond() > 50 {
		t.Errorf("the ERP counted %v %v", usage.GetUsage(), err)
	}
}

func (w *world) turn(t *testing.T, system string, dials *sandboxv1.Dials) {
	t.Helper()
	must(t)(w.Sandbox.SetDials(t.Context(), &sandboxv1.SetDialsRequest{System: system, Dials: dials}))
}

func (w *world) connectors(t *testing.T) []*outsidev1.Connector {
	t.Helper()
	reply, err := w.Outside.ListConnectors(t.Context(), &outsidev1.ListConnectorsRequest{})
	if err != nil {
		t.Fatal(err)
	}
	return reply.GetConnectors()
}
