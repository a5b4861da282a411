package fulfillment_test

import (
	"fmt"
	"strconv"
	"sync"
	"testing"

	"pgregory.net/rapid"

	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	"github.com/waybill-dev/waybill/internal/fault"
)

// deed is one step of a random story about the returns of one shipment.
type deed struct {
	what            string
	line            int
	quantity, spare int64
	again           bool
}

// stories draws what happens: requests, decisions, withdrawals, receipts and inspections, some of them twice.
var stories = rapid.SliceOfN(rapid.Custom(func(r *rapid.T) deed {
	return deed{
		what: rapid.SampledFrom([]string{"request", "request", "authorize", "void", "cancel", "close", "receive", "blind", "inspect", "credit"}).Draw(r, "what"),
		line: rapid.IntRange(0, 1).Draw(r, "line"), quantity: rapid.Int64Range(1, 5).Draw(r, "quantity"),
		spare: rapid.Int64Range(0, 2).Draw(r, "spare"), again: rapid.Bool().Draw(r, "again"),
	}
}), 12, 12)

// L3 and the partition of what came back hold on a real database after each step, with steps that come twice and at the same
// moment.
func TestRandomReturnsKeepL3OnARealDatabase(t *testing.T) {
	w := newInbound(t)
	for seed := range 6 {
		lines := w.left(fmt.Sprint("s", seed), 6, 4)
		known := []string{"ret_00000000-0000-7000-8000-000000000001"}
		for i, d := range stories.Example(seed) {
			key := fmt.Sprint(seed, "/", i)
			target := known[(i*7+int(d.quantity))%len(known)]
			made := make([]string, 2)
			var group sync.WaitGroup
			for n := range made {
				if n == 0 || d.again {
					group.Go(func() { made[n] = w.act(d, key, target, lines[d.line]) })
				}
			}
			group.Wait()
			if d.again && made[0] != made[1] {
				t.Fatalf("seed %d: %+v made %v: a repeat is another return", seed, d, made)
			}
			if made[0] != "" {
				known = append(known, made[0])
			}
			if w.sound(); t.Failed() {
				t.Fatalf("seed %d, step %d: %+v", seed, i, d)
			}
		}
	}
}

// act does one deed and gives the return that it made, if any. Refusals are part of the story; anything else is not.
func (w *world) act(d deed, key, target, line string) (made string) {
	ctx := operator(w.t)
	var err error
	switch d.what {
	case "request":
		var reply *fulfillmentv1.RequestReturnResponse
		req := returnRequest(key, line, strconv.FormatInt(d.quantity, 10))
		req.ForReview = d.spare == 0
		reply, err = w.service.RequestReturn(ctx, req)
		made = reply.GetReturnDocument().GetReturnId()
	case "authorize":
		_, err = w.service.AuthorizeReturn(ctx, &fulfillmentv1.AuthorizeReturnRequest{ReturnId: target, RequestId: key})
	case "void":
		_, err = w.service.VoidReturn(ctx, &fulfillmentv1.VoidReturnRequest{
			ReturnId: target, RequestId: key, Reason: "kept", Lines: []*fulfillmentv1.VoidReturnLine{{Position: 1, Quantity: strconv.FormatInt(d.quantity, 10)}},
		})
	case "cancel":
		_, err = w.service.CancelReturn(ctx, &fulfillmentv1.CancelReturnRequest{ReturnId: target, RequestId: key, Reason: "kept"})
	case "close":
		_, err = w.service.CloseReturn(ctx, &fulfillmentv1.CloseReturnRequest{ReturnId: target, RequestId: key, Reason: "done"})
	case "receive":
		w.receiveBack(&fulfillmentv1.ReturnReceiptReport{ReturnId: target, Document: "d" + strconv.FormatInt(d.spare, 10),
			Lines: []*fulfillmentv1.ReturnReceiptLine{{Position: 1, Received: d.quantity}}})
	case "blind":
		made = w.receiveBack(&fulfillmentv1.ReturnReceiptReport{NodeId: "YORK", Document: key,
			Lines: []*fulfillmentv1.ReturnReceiptLine{{ShipmentLineId: line, Received: d.quantity}}})[0].GetReturnId()
	case "inspect":
		w.inspect(target, &fulfillmentv1.InspectionLine{
			Position: 1, Restocked: d.quantity, OnHold: d.spare, Withheld: d.spare, WithheldReason: "broken",
			FromHold: &fulfillmentv1.HoldDecision{Scrapped: d.spare / 2},
		})
	case "credit":
		if reply, missing := w.service.GetReturn(ctx, &fulfillmentv1.GetReturnRequest{ReturnId: target}); missing == nil {
			w.memo(reply.GetReturnDocument())
		}
	}
	if _, refused := fault.As(err); err != nil && !refused {
		w.t.Errorf("%s: %v", d.what, err)
	}
	return made
}
