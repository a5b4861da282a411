package wms_test

import (
	"testing"
	"time"

	commonv1 "github.com/waybill-dev/waybill/gen/waybill/common/v1"
	"github.com/waybill-dev/waybill/services/connector/wms"
)

// slow is a warehouse that takes for ever to pick.
var slow = wms.Config{AcknowledgeDelay: wms.None, PickDelay: time.Hour, ShipDelay: wms.None}

func TestCancelBeforeThePick(t *testing.T) {
	w := newWorld(t, slow)
	one := order(1)
	w.send(one)
	w.until(one.GetFulfillmentId(), "acknowledgement")
	w.cancel(one.GetFulfillmentId(), one.GetFulfillmentId())
	w.until(one.GetFulfillmentId(), "acknowledgement", "cancellation", "true")
	w.idle()
	w.send(one)
	w.idle()
	w.cancel(one.GetFulfillmentId()) // asked again, it says the same again
	w.until(one.GetFulfillmentId(), "acknowledgement", "cancellation", "true", "cancellation", "true")
}

func TestCancelAfterThePick(t *testing.T) {
	w := newWorld(t, quick)
	tried := make(chan struct{}, 100)
	w.ledger.behave(func(l *ledger) {
		l.refuse = func(kind, _ string) *commonv1.Refusal {
			if kind != "shipment" {
				return nil
			}
			tried <- struct{}{}
			return &commonv1.Refusal{Reason: "UNKNOWN_FULFILLMENT"}
		}
	})
	one := order(1)
	w.send(one)
	<-tried // it is picked, and its shipment is not recorded
	w.cancel(one.GetFulfillmentId())
	w.until(one.GetFulfillmentId(), "acknowledgement", "pick", "cancellation", "false")
	w.ledger.behave(func(l *ledger) { l.refuse = newLedger().refuse })
	w.until(one.GetFulfillmentId(), "acknowledgement", "pick", "cancellation", "false", "shipment")
	w.idle()
	w.cancel(one.GetFulfillmentId())
	w.until(one.GetFulfillmentId(), "acknowledgement", "pick", "cancellation", "false", "shipment", "cancellation", "false")
}

// A request to stop that overtakes its order stops it before it arrives.
func TestCancelBeforeTheOrder(t *testing.T) {
	w := newWorld(t, quick)
	one := order(1)
	w.cancel(one.GetFulfillmentId())
	w.send(one)
	w.until(one.GetFulfillmentId(), "cancellation", "true")
	w.idle()
	w.until(one.GetFulfillmentId(), "cancellation", "true")
}

// A request to stop that arrives while the pick is being reported wins: nothing is shipped.
func TestCancelDuringThePickReport(t *testing.T) {
	w := newWorld(t, quick)
	one := order(1)
	reached, release := make(chan struct{}), make(chan struct{})
	w.ledger.behave(func(l *ledger) {
		l.fail = func(kind string) error {
			if kind == "pick" {
				close(reached)
				<-release
			}
			return nil
		}
	})
	w.send(one)
	<-reached
	w.cancel(one.GetFulfillmentId())
	close(release)
	w.until(one.GetFulfillmentId(), "acknowledgement", "pick", "cancellation", "true")
	w.idle()
	w.until(one.GetFulfillmentId(), "acknowledgement", "pick", "cancellation", "true")
}
