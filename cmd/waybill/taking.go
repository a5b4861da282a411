package main

import "github.com/waybill-dev/waybill/services/order"

// takingOption says how orders are taken.
type takingOption struct {
	HoldAbove     int64    `env:"HOLD_ABOVE" default:"10000" help:"Value, in whole units of its currency, above which an order is held while the ERP does not confirm the customer's terms; below 0: none is."`
	Portals       []string `env:"PORTALS" default:"portal" help:"Channels whose portals are told of an order before it is confirmed, if they can be told in time."`
	PortalsInsist []string `env:"PORTALS_INSIST" help:"Channels without whose portal's answer an order is not confirmed."`
}

func (o takingOption) config() order.Config {
	return order.Config{HoldAbove: o.HoldAbove, Portals: o.Portals, Insisting: o.PortalsInsist}
}
