package fulfillment_test

import (
	"strings"
	"testing"
	"time"

	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
)

func TestReturnThatDoesNotComeExpires(t *testing.T) {
	w := newInbound(t, func(w *world) { w.config.Returns.ExpiryPoll = 10 * time.Millisecond })
	lines := w.left("a", 10, 10)
	late := returnRequest("k1", lines[0], "4")
	late.ExpiresOn = "2026-01-01"
	reply, err := w.service.RequestReturn(operator(t), late)
	if err != nil {
		t.Fatal(err)
	}
	expired := reply.GetReturnDocument().GetReturnId()
	w.eventually("the return has expired", func() bool {
		return w.getReturn(expired).GetState() == fulfillmentv1.ReturnState_RETURN_STATE_EXPIRED
	})
	kept := w.request(operator(t), "k2", lines[1], "4")
	if kept.GetExpiresOn() != time.Now().UTC().AddDate(0, 0, 30).Format(time.DateOnly) {
		t.Errorf("expires on %s", kept.GetExpiresOn())
	}
	w.request(operator(t), "k3", lines[0], "10")
	told, _ := w.toldOf(7, "fulfillment.return")
	if got := strings.Join(told[expired], " "); got != "requested authorized declined" {
		t.Errorf("told %s", got)
	}
	w.sound()
}
