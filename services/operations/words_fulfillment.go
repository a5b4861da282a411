package operations

import (
	"cmp"

	"google.golang.org/protobuf/proto"

	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
)

// fulfillmentWords tell the events of orders to warehouses, and of what about them needs a person.
func fulfillmentWords() []telling {
	return []telling{
		after(tells(func(e *fulfillmentv1.FulfillmentCreated) string {
			f := e.GetFulfillment()
			return place(f) + " is to ship " + list(f.GetLines(), func(line *fulfillmentv1.FulfillmentLine) string {
				return amountOf(line.GetRequested(), line.GetScale(), line.GetBaseUnit(), line.GetSku())
			}) + asInstructed(f.GetInstructions())
		}), &orderv1.OrderAccepted{}, func(e *fulfillmentv1.FulfillmentCreated) string { return e.GetFulfillment().GetOrderId() }),
		afterCreated(tells(func(*fulfillmentv1.FulfillmentSent) string { return "It was handed to the warehouse" }),
			(*fulfillmentv1.FulfillmentSent).GetFulfillmentId),
		afterCreated(tells(func(*fulfillmentv1.FulfillmentAcknowledged) string { return "The warehouse confirmed it" }),
			(*fulfillmentv1.FulfillmentAcknowledged).GetFulfillmentId),
		afterCreated(tells(func(e *fulfillmentv1.FulfillmentRejected) string {
			return because(place(e.GetFulfillment())+" will not ship it, or not the rest", e.GetReason())
		}), (*fulfillmentv1.FulfillmentRejected).GetFulfillmentId),
		afterCreated(tells(func(e *fulfillmentv1.FulfillmentPicked) string {
			return place(e.GetFulfillment()) + " has picked " + list(e.GetFulfillment().GetLines(), func(line *fulfillmentv1.FulfillmentLine) string {
				if line.GetPicked() == 0 {
					return ""
				}
				return amountOf(line.GetPicked(), line.GetScale(), line.GetBaseUnit(), line.GetSku())
			}) + " so far"
		}), (*fulfillmentv1.FulfillmentPicked).GetFulfillmentId),
		afterCreated(tells(func(e *fulfillmentv1.FulfillmentShorted) string {
			return place(e.GetFulfillment()) + " could not find " + list(e.GetShorted(), func(short *fulfillmentv1.ShortedLine) string {
				scale, unit := measure(e.GetFulfillment(), short.GetLineNumber())
				return amountOf(short.GetQuantity(), scale, unit, short.GetSku())
			})
		}), (*fulfillmentv1.FulfillmentShorted).GetFulfillmentId),
		afterCreated(tells(func(e *fulfillmentv1.FulfillmentCancelled) string { return place(e.GetFulfillment()) + " stopped it" }),
			(*fulfillmentv1.FulfillmentCancelled).GetFulfillmentId),
		afterCreated(tells(func(e *fulfillmentv1.FulfillmentCancelRefused) string {
			return because("The warehouse would not stop it", e.GetReason())
		}), (*fulfillmentv1.FulfillmentCancelRefused).GetFulfillmentId),
		afterCreated(tells(func(e *fulfillmentv1.FulfillmentClosed) string { return place(e.GetFulfillment()) + " is done with it" }),
			(*fulfillmentv1.FulfillmentClosed).GetFulfillmentId),
		tells(func(e *fulfillmentv1.FulfillmentExceptionOpened) string {
			return because("A shipment needs a person, "+e.GetException().GetKind(), e.GetException().GetMessage())
		}),
		after(tells(func(e *fulfillmentv1.FulfillmentExceptionResolved) string {
			return because("What needed a person about a shipment is over", e.GetException().GetResolution())
		}), &fulfillmentv1.FulfillmentExceptionOpened{}, (*fulfillmentv1.FulfillmentExceptionResolved).GetExceptionId),
	}
}

func afterCreated[M proto.Message](told telling, aggregate func(M) string) telling {
	return after(told, &fulfillmentv1.FulfillmentCreated{}, aggregate)
}

// place is the warehouse of an order to one.
func place(f *fulfillmentv1.Fulfillment) string { return cmp.Or(f.GetNodeId(), "The office") }

// asInstructed says how goods are to travel, where that is known.
func asInstructed(how *fulfillmentv1.ShippingInstructions) string {
	if how.GetCarrier() == "" {
		return ""
	}
	return at(" by "+way(how.GetCarrier(), how.GetServiceLevel()), "to arrive on", how.GetArrivesOn())
}

// measure is the scale and unit of a line.
func measure(f *fulfillmentv1.Fulfillment, number int32) (scale int32, unit string) {
	for _, line := range f.GetLines() {
		if line.GetLineNumber() == number {
			return line.GetScale(), line.GetBaseUnit()
		}
	}
	return 0, ""
}

// shipmentWords tell the events of shipments.
func shipmentWords() []telling {
	return []telling{
		tells(func(e *fulfillmentv1.ShipmentManifested) string {
			return at("A shipment was packed and announced to the carrier", "by", e.GetShipment().GetNodeId())
		}),
		tells(func(e *fulfillmentv1.ShipmentVoided) string {
			return because("A shipment was given up before it left", e.GetReason())
		}),
		after(tells(shipped), &fulfillmentv1.FulfillmentCreated{},
			func(e *fulfillmentv1.ShipmentShipped) string { return e.GetShipment().GetFulfillmentId() }),
		afterShipped(tells(func(e *fulfillmentv1.ShipmentInTransit) string {
			return because(at("The shipment is on its way", "at", e.GetLocation()), e.GetMilestone())
		}), (*fulfillmentv1.ShipmentInTransit).GetShipmentId),
		afterShipped(tells(func(e *fulfillmentv1.ShipmentDelivered) string {
			return because(at("The shipment was delivered", "at", e.GetLocation()), e.GetProofOfDelivery())
		}), (*fulfillmentv1.ShipmentDelivered).GetShipmentId),
		afterShipped(tells(func(e *fulfillmentv1.ShipmentLost) string {
			return at("The carrier has lost the shipment", "at", e.GetLocation())
		}), (*fulfillmentv1.ShipmentLost).GetShipmentId),
		afterShipped(tells(func(e *fulfillmentv1.ShipmentReturnedToSender) string {
			return at("The shipment comes back undelivered", "from", e.GetLocation())
		}), (*fulfillmentv1.ShipmentReturnedToSender).GetShipmentId),
		afterShipped(tells(func(e *fulfillmentv1.ShipmentCarrierAssigned) string {
			return at("The carrier of the shipment is "+e.GetCarrier(), "with number", e.GetTrackingNumber())
		}), (*fulfillmentv1.ShipmentCarrierAssigned).GetShipmentId),
	}
}

func afterShipped[M proto.Message](told telling, aggregate func(M) string) telling {
	return after(told, &fulfillmentv1.ShipmentShipped{}, aggregate)
}

func shipped(e *fulfillmentv1.ShipmentShipped) string {
	s := e.GetShipment()
	goods := list(s.GetLines(), func(line *fulfillmentv1.ShipmentLine) string {
		text := amountOf(line.GetQuantity(), line.GetScale(), line.GetBaseUnit(), line.GetSku())
		if line.GetUnplanned() {
			text += " (not asked for)"
		}
		return text
	})
	switch {
	case s.GetAbsorbsShipmentId() != "":
		return "What had left beyond the order was added to it: " + goods
	case s.GetNodeId() == "":
		return "Delivered without a warehouse: " + goods
	}
	return at(at(goods+" left "+s.GetNodeId(), "with", s.GetCarrier()), "as", s.GetTrackingNumber())
}
