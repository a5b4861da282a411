package operations

import (
	"context"
	"path"
	"slices"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	backofficev1 "github.com/waybill-dev/waybill/gen/waybill/backoffice/v1"
	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	operationsv1 "github.com/waybill-dev/waybill/gen/waybill/operations/v1"
	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/services/operations/internal/domain"
)

// recorder stands for all services: it takes down what it is asked and answers with nothing, or as told.
type recorder struct {
	asked   []string
	answers map[string]proto.Message
}

func (r *recorder) Invoke(_ context.Context, method string, request, reply any, _ ...grpc.CallOption) error {
	name := path.Base(method)
	text, err := (proto.MarshalOptions{}).Marshal(request.(proto.Message))
	if err != nil {
		return err
	}
	r.asked = append(r.asked, name+" "+string(text))
	if answer := r.answers[name]; answer != nil {
		proto.Merge(reply.(proto.Message), answer)
	}
	return nil
}

func (r *recorder) NewStream(context.Context, *grpc.StreamDesc, string, ...grpc.CallOption) (grpc.ClientStream, error) {
	return nil, fault.New(fault.Internal, "NO_STREAMS", "nothing is streamed")
}

func (w *world) withRecorder() *recorder {
	r := &recorder{answers: map[string]proto.Message{"RecordCount": &inventoryv1.RecordCountResponse{
		Outcomes: []*inventoryv1.StockCountOutcome{{Applied: true}},
	}}}
	w.service.orders = orderv1.NewOrderServiceClient(r)
	w.service.fulfillments = fulfillmentv1.NewFulfillmentServiceClient(r)
	w.service.stock = inventoryv1.NewInventoryServiceClient(r)
	w.service.billing = billingv1.NewBillingServiceClient(r)
	w.service.backoffice = backofficev1.NewBackofficeServiceClient(r)
	w.service.masters = masterdatav1.NewMasterFeedServiceClient(r)
	return r
}

// Each action that fits an exception asks the owning service for the command that it names, once, with the reason.
func TestActionsAskTheOwningService(t *testing.T) {
	order, shipment, exception := newID(id.Order), newID(id.Shipment), newID(id.FulfillmentException)
	orderException := func(reason string) proto.Message {
		return &orderv1.OrderExceptionOpened{ExceptionId: newID(id.Exception), OrderId: order, Reason: reason, ProcessId: "P-1", ShipmentId: shipment}
	}
	frozen := &inventoryv1.StockFrozen{StockKey: "A@N1", Sku: "A", NodeId: "N1", Missing: 3}
	for name, one := range map[string]struct {
		told   proto.Message
		action domain.Action
		input  map[string]string
		// asks are the commands, each with a text that must be in it.
		asks [][2]string
	}{
		"a hold is lifted":            {held(order), domain.Accept, nil, [][2]string{{"ReleaseHold", order}}},
		"a held order is cancelled":   {held(order), domain.Cancel, nil, [][2]string{{"CancelOrder", order}}},
		"a process goes on":           {orderException("PROCESS_STUCK"), domain.Retry, nil, [][2]string{{"RetryProcess", "P-1"}}},
		"a stuck order is cancelled":  {orderException("PROCESS_STUCK"), domain.Cancel, nil, [][2]string{{"CancelOrder", order}}},
		"a surprise is billed":        {orderException("UNEXPECTED_SHIPMENT"), domain.Accept, nil, [][2]string{{"AbsorbUnplanned", shipment}}},
		"a surprise is recovered":     {orderException("UNEXPECTED_SHIPMENT"), domain.Cancel, nil, [][2]string{{"RecoverShipment", shipment}}},
		"no node is left":             {orderException("SOURCING_EXHAUSTED"), domain.Cancel, nil, [][2]string{{"CancelOrder", order}}},
		"frozen stock is counted":     {frozen, domain.ReplaceInput, map[string]string{"counted": "7"}, [][2]string{{"StartCount", "A"}, {"RecordCount", "7"}}},
		"a report is seen":            {reported(exception, order), domain.Skip, nil, [][2]string{{"ResolveFulfillmentException", exception}}},
		"a stopped account is served": {stopped("P1"), domain.Accept, nil, [][2]string{{"LiftPaymentStop", "P1"}}},
		"a stopped account stays so":  {stopped("P1"), domain.Skip, nil, nil},
		"a master is tried again":     {setAside("mse_1"), domain.Retry, nil, [][2]string{{"RetrySetAsideMasters", "mse_1"}}},
		"a master is given up":        {setAside("mse_1"), domain.Skip, nil, [][2]string{{"DropSetAsideMaster", "mse_1"}}},
		"a document is sent again":    {refused(order), domain.Retry, nil, [][2]string{{"RetryPosts", order + "/0"}}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			r := w.withRecorder()
			w.tell(one.told)
			open := w.exceptions(&operationsv1.ListExceptionsRequest{})
			if len(open) != 1 {
				t.Fatalf("open: %v", open)
			}
			action := operationsv1.ExceptionAction(operationsv1.ExceptionAction_value["EXCEPTION_ACTION_"+string(one.action)])
			if !slices.Contains(open[0].GetActions(), action) {
				t.Fatalf("%s is not offered: %v", one.action, open[0].GetActions())
			}
			request := &operationsv1.ResolveExceptionRequest{
				RequestId: "r1", ExceptionId: open[0].GetExceptionId(), Action: action, Reason: "it must be", Actor: "ann", Input: one.input,
			}
			ok[*operationsv1.ResolveExceptionResponse](t)(w.operator.ResolveException(t.Context(), request))
			if len(r.asked) != len(one.asks) {
				t.Fatalf("asked %q, want %v", r.asked, one.asks)
			}
			for i, want := range one.asks {
				if method, rest, _ := strings.Cut(r.asked[i], " "); method != want[0] || !strings.Contains(rest, want[1]) {
					t.Errorf("asked %q, want %v", r.asked[i], want)
				}
			}
		})
	}
}

func reported(exception, order string) proto.Message {
	return &fulfillmentv1.FulfillmentExceptionOpened{ExceptionId: exception, OrderId: order, Exception: &fulfillmentv1.FulfillmentException{
		Kind: "REPORT_REFUSED", Reason: "LINE_UNKNOWN", NodeId: "N1",
	}}
}

func stopped(account string) proto.Message {
	return &billingv1.AccountStopped{AccountId: account, Reason: "CAPTURE_DECLINED"}
}

// A payment whose outcome is not known, or that was declined after the goods had gone, is an exception until it is not.
func TestPaymentsThatDoNotCome(t *testing.T) {
	order, intent := newID(id.Order), newID(id.Intent)
	about := &billingv1.PaymentIntent{PaymentIntentId: intent, OrderId: order, AccountId: "P1"}
	unknown := &billingv1.PaymentUnknown{PaymentIntentId: intent, PaymentIntent: about}
	atCapture := &billingv1.PaymentDeclined{PaymentIntentId: intent, PaymentIntent: about, InvoiceId: "inv_1", DeclineCode: "card_expired"}
	atRefund := &billingv1.PaymentDeclined{PaymentIntentId: intent, PaymentIntent: about, CreditMemoId: "cm_1", DeclineCode: "closed"}
	for name, one := range map[string]struct {
		told  []proto.Message
		class string
		over  proto.Message
	}{
		"reserved after all":    {[]proto.Message{unknown}, "PAYMENT_UNKNOWN", &billingv1.PaymentAuthorized{PaymentIntentId: intent, PaymentIntent: about}},
		"given up":              {[]proto.Message{unknown}, "PAYMENT_UNKNOWN", &billingv1.PaymentVoided{PaymentIntentId: intent, PaymentIntent: about}},
		"declined then":         {[]proto.Message{unknown}, "PAYMENT_UNKNOWN", &billingv1.PaymentDeclined{PaymentIntentId: intent, PaymentIntent: about}},
		"captured later":        {[]proto.Message{unknown, atCapture}, "PAYMENT_DECLINED", &billingv1.PaymentCaptured{PaymentIntentId: intent, InvoiceId: "inv_1"}},
		"paid in another way":   {[]proto.Message{atCapture}, "PAYMENT_DECLINED", &billingv1.InvoicePaid{InvoiceId: "inv_1"}},
		"refunded later":        {[]proto.Message{atRefund}, "PAYMENT_DECLINED", &billingv1.PaymentRefunded{PaymentIntentId: intent, CreditMemoId: "cm_1"}},
		"the account is served": {[]proto.Message{stopped("P1")}, "ACCOUNT_STOPPED", &billingv1.AccountStopLifted{AccountId: "P1"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.tell(one.told...)
			open := w.exceptions(&operationsv1.ListExceptionsRequest{})
			if len(open) != 1 || open[0].GetClass() != one.class || open[0].GetQueue() != "finance" {
				t.Fatalf("open: %v", open)
			}
			w.tell(one.over)
			if left := w.exceptions(&operationsv1.ListExceptionsRequest{}); len(left) != 0 {
				t.Errorf("still open: %v", left)
			}
		})
	}
	w := newWorld(t)
	w.tell(&billingv1.PaymentDeclined{PaymentIntentId: intent, PaymentIntent: about}, &billingv1.AccountStopped{AccountId: "P2", Reason: "TERMS_CHANGED"})
	if open := w.exceptions(&operationsv1.ListExceptionsRequest{}); len(open) != 0 {
		t.Errorf("decisions are no exceptions: %v", open)
	}
}

func setAside(entry string) proto.Message {
	return &masterdatav1.MasterSetAside{
		EntryId: entry, Kind: masterdatav1.MasterKind_MASTER_KIND_PRICE, Key: "BASE|GBP|a", Reason: "UNKNOWN_ITEM", Message: "sku: there is no such item",
		Faults: []*masterdatav1.MasterFault{{Path: "sku", Reason: "UNKNOWN_ITEM", Message: "there is no such item"}}, Tries: 9,
	}
}

// A master that was not taken is an exception for who keeps them, until it is told to be settled: to have it tried again does not end it.
func TestMastersThatAreNotTaken(t *testing.T) {
	w := newWorld(t)
	w.withRecorder()
	w.tell(setAside("mse_1"))
	open := w.exceptions(&operationsv1.ListExceptionsRequest{Class: "MASTER_REFUSED"})
	if len(open) != 1 || open[0].GetQueue() != "master-data" || open[0].GetSubjectId() != "BASE|GBP|a" || open[0].GetReason() != "UNKNOWN_ITEM" {
		t.Fatalf("open: %v", open)
	}
	resolve := func(key string, action operationsv1.ExceptionAction) {
		t.Helper()
		ok[*operationsv1.ResolveExceptionResponse](t)(w.operator.ResolveException(t.Context(), &operationsv1.ResolveExceptionRequest{
			RequestId: key, ExceptionId: open[0].GetExceptionId(), Action: action, Reason: "the item is there now", Actor: "ann",
		}))
	}
	resolve("r1", operationsv1.ExceptionAction_EXCEPTION_ACTION_RETRY)
	if left := w.exceptions(&operationsv1.ListExceptionsRequest{}); len(left) != 1 {
		t.Fatalf("ended before it was taken: %v", left)
	}
	w.tell(&masterdatav1.MasterSettled{
		EntryId: "mse_1", Kind: masterdatav1.MasterKind_MASTER_KIND_PRICE, Key: "BASE|GBP|a", Settlement: masterdatav1.MasterSettlement_MASTER_SETTLEMENT_TAKEN,
	})
	if left := w.exceptions(&operationsv1.ListExceptionsRequest{}); len(left) != 0 {
		t.Errorf("still open: %v", left)
	}
	w.tell(setAside("mse_2"))
	open = w.exceptions(&operationsv1.ListExceptionsRequest{})
	resolve("r2", operationsv1.ExceptionAction_EXCEPTION_ACTION_SKIP)
	if left := w.exceptions(&operationsv1.ListExceptionsRequest{}); len(left) != 0 {
		t.Errorf("still open: %v", left)
	}
}
