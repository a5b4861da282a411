package audit

import (
	"strconv"

	"pgregory.net/rapid"

	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
)

// someShipment is what left a warehouse.
func (m *machine) someShipment(r *rapid.T) *fulfillmentv1.Shipment {
	reply, err := m.fulfillment.ListShipments(m.ctx, &fulfillmentv1.ListShipmentsRequest{PageSize: 10})
	if allowed(r, err); err != nil || len(reply.GetShipments()) == 0 {
		r.Skip("nothing has left yet")
	}
	return rapid.SampledFrom(reply.GetShipments()).Draw(r, "shipment")
}

func (m *machine) RequestReturn(r *rapid.T) {
	shipment := m.someShipment(r)
	line := rapid.SampledFrom(shipment.GetLines()).Draw(r, "line")
	reply, err := m.fulfillment.RequestReturn(m.ctx, &fulfillmentv1.RequestReturnRequest{
		RequestId: m.key(), PartnerId: "P", RmaNumber: m.key(), NodeId: rapid.SampledFrom(nodes).Draw(r, "node"), Reason: "too many",
		Lines: []*fulfillmentv1.RequestReturnLine{{
			ShipmentLineId: line.GetShipmentLineId(), Quantity: strconv.FormatInt(rapid.Int64Range(1, line.GetQuantity()).Draw(r, "quantity"), 10),
			RestockingFeeBp: rapid.SampledFrom([]int32{0, 0, 1500}).Draw(r, "fee"),
		}},
	})
	if allowed(r, err); err == nil {
		m.returns = append(m.returns, reply.GetReturnDocument().GetReturnId())
	}
}

func (m *machine) someReturn(r *rapid.T) *fulfillmentv1.Return {
	if len(m.returns) == 0 {
		r.Skip("nothing comes back")
	}
	reply, err := m.fulfillment.GetReturn(m.ctx, &fulfillmentv1.GetReturnRequest{ReturnId: rapid.SampledFrom(m.returns).Draw(r, "return")})
	if err != nil {
		r.Fatalf("%v", err)
	}
	return reply.GetReturnDocument()
}

// ReturnArrives reports what came back so far: sometimes more than was authorised, sometimes less than was told before.
func (m *machine) ReturnArrives(r *rapid.T) {
	one := m.someReturn(r)
	line := rapid.SampledFrom(one.GetLines()).Draw(r, "line")
	reply, err := m.fulfillment.RecordReturnReceipt(m.ctx, &fulfillmentv1.RecordReturnReceiptRequest{
		Reports: []*fulfillmentv1.ReturnReceiptReport{{
			ReturnId: one.GetReturnId(), NodeId: one.GetNodeId(), Document: rapid.SampledFrom([]string{"D1", "D2"}).Draw(r, "document"),
			Lines: []*fulfillmentv1.ReturnReceiptLine{{
				Position: line.GetPosition(), Received: rapid.Int64Range(0, line.GetAuthorized()+1).Draw(r, "received"),
			}},
		}},
	})
	allowed(r, err)
	for _, outcome := range reply.GetOutcomes() {
		if refusal := outcome.GetRefusal(); refusal != nil && !line.GetService() {
			r.Fatalf("a fact was refused: %v", refusal)
		}
	}
}

// Inspect reports what became of what came back, from the beginning; more than has arrived is refused.
func (m *machine) Inspect(r *rapid.T) {
	one := m.someReturn(r)
	line := rapid.SampledFrom(one.GetLines()).Draw(r, "line")
	left := line.GetReceived()
	part := func(name string) int64 {
		quantity := rapid.Int64Range(0, max(left, 0)).Draw(r, name)
		left -= quantity
		return quantity
	}
	_, err := m.fulfillment.RecordInspection(m.ctx, &fulfillmentv1.RecordInspectionRequest{
		Reports: []*fulfillmentv1.InspectionReport{{
			ReturnId: one.GetReturnId(), Lines: []*fulfillmentv1.InspectionLine{{
				Position: line.GetPosition(), Restocked: part("restocked"), Damaged: part("damaged"), Scrapped: part("scrapped"),
				OnHold: part("on hold"), ReturnedToVendor: part("to the vendor"),
			}},
		}},
	})
	allowed(r, err)
}

// Receive reports what a supplier sent, announced or not, and the same document again with more.
func (m *machine) Receive(r *rapid.T) {
	received := rapid.Int64Range(0, 30).Draw(r, "received")
	number := rapid.SampledFrom([]string{"ASN-1", "ASN-2"}).Draw(r, "asn")
	if rapid.Bool().Draw(r, "announced") {
		_, err := m.fulfillment.AnnounceReceipt(m.ctx, &fulfillmentv1.AnnounceReceiptRequest{
			RequestId: m.key(), SupplierId: "SUP-" + m.prefix, AsnNumber: number, NodeId: nodes[0],
			Lines: []*fulfillmentv1.AnnounceReceiptLine{{
				Sku: rapid.SampledFrom(skus[:3]).Draw(r, "sku"), Quantity: strconv.Itoa(rapid.IntRange(1, 30).Draw(r, "expected")),
			}},
		})
		allowed(r, err)
	}
	_, err := m.fulfillment.RecordReceipt(m.ctx, &fulfillmentv1.RecordReceiptRequest{Reports: []*fulfillmentv1.ReceiptReport{{
		SupplierId: "SUP-" + m.prefix, AsnNumber: number, NodeId: nodes[0], Document: rapid.SampledFrom([]string{"D1", "D2"}).Draw(r, "document"),
		Lines: []*fulfillmentv1.ReceiptReportLine{{
			Sku: rapid.SampledFrom(skus[:3]).Draw(r, "sku"), Received: received, Damaged: rapid.Int64Range(0, received/4).Draw(r, "damaged"),
			OnHold: rapid.Int64Range(0, received/4).Draw(r, "on hold"),
		}},
	}}})
	allowed(r, err)
}
