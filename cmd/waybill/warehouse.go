package main

import (
	"time"

	"github.com/waybill-dev/waybill/services/connector/wms"
)

// warehouseOption says how the sandbox warehouse works.
type warehouseOption struct {
	AcknowledgeDelay time.Duration `env:"ACKNOWLEDGE_DELAY" default:"50ms" help:"From an order's arrival to its confirmation."`
	PickDelay        time.Duration `env:"PICK_DELAY" default:"200ms" help:"From the confirmation to the pick."`
	ShipDelay        time.Duration `env:"SHIP_DELAY" default:"200ms" help:"From the pick to the shipment."`
	ShortBP          int           `name:"short-bp" env:"SHORT_BP" default:"0" help:"Share of lines picked short, in parts per ten thousand."`
	OverBP           int           `name:"over-bp" env:"OVER_BP" default:"0" help:"Share of lines of which one unit too much is shipped, in parts per ten thousand."`
	RejectBP         int           `name:"reject-bp" env:"REJECT_BP" default:"0" help:"Share of orders that the warehouse does not take, in parts per ten thousand."`
	Manifest         bool          `env:"MANIFEST" help:"Announce what is packed before it leaves."`
	DeliverDelay     time.Duration `env:"DELIVER_DELAY" default:"0s" help:"From the shipment to its arrival; 0: nobody tells that it has arrived."`
	Lot              string        `env:"LOT" default:"SANDBOX" help:"The lot that is shipped of items with lots."`
}

func (o warehouseOption) config() wms.Config {
	delay := func(d time.Duration) time.Duration {
		if d == 0 {
			return wms.None
		}
		return d
	}
	return wms.Config{
		AcknowledgeDelay: delay(o.AcknowledgeDelay), PickDelay: delay(o.PickDelay), ShipDelay: delay(o.ShipDelay), ShortBP: o.ShortBP,
		OverBP: o.OverBP, RejectBP: o.RejectBP, Manifest: o.Manifest, DeliverDelay: o.DeliverDelay, Lot: o.Lot,
	}
}

// orShorting is a warehouse that picks one line in a hundred short, unless it was told how many.
func (o warehouseOption) orShorting() warehouseOption {
	if o.ShortBP == 0 {
		o.ShortBP = 100
	}
	return o
}
