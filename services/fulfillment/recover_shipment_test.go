package fulfillment_test

import (
	"testing"

	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
)

func TestRecoveredShipment(t *testing.T) {
	w := newInbound(t)
	one := w.create(order("a", 5, -1))
	shipped := w.ship(shipment(one, "w1", 8))[0].GetShipmentId() // three more than were asked for
	takeBack := func(key string, unplanned bool) (*fulfillmentv1.RecoverShipmentResponse, error) {
		return w.service.RecoverShipment(operator(t), &fulfillmentv1.RecoverShipmentRequest{
			ShipmentId: shipped, RequestId: key, UnplannedOnly: unplanned, Reason: "surplus",
		})
	}
	reply, err := takeBack("k1", true)
	if err != nil {
		t.Fatal(err)
	}
	surplus := reply.GetReturnDocument()
	if len(surplus.GetLines()) != 1 || surplus.GetLines()[0].GetAuthorized() != 3 || !surplus.GetLines()[0].GetUnbilled() {
		t.Errorf("recovered %v", surplus)
	}
	if again, err := takeBack("k1", true); err != nil || again.GetReturnDocument().GetReturnId() != surplus.GetReturnId() {
		t.Errorf("a repeat: %v, %v", again, err)
	}
	w.inspect(surplus.GetReturnId(), &fulfillmentv1.InspectionLine{Position: 1, Restocked: 3})
	if got := w.getReturn(surplus.GetReturnId()); got.GetState() != fulfillmentv1.ReturnState_RETURN_STATE_CLOSED || got.GetLines()[0].GetCredited() != 0 {
		t.Errorf("never invoiced, nothing is due: %v", got)
	}
	if reply, err = takeBack("k2", false); err != nil || reply.GetReturnDocument().GetLines()[0].GetAuthorized() != 5 {
		t.Errorf("the rest: %v, %v", reply, err)
	}
	_, err = takeBack("k3", false)
	wantFault(t, err, "NOT_RETURNABLE", "")
	w.sound()
}
