package main

import "github.com/waybill-dev/waybill/services/order"

// takingOption says how orders are taken.
type takingOption struct {
	HoldAbove int64 `env:"HOLD_ABOVE" default:"10000" help:"Value, in whole units of its currency, above which an order is held while the ERP does not confirm the customer's terms; below 0: none is."`
}

func (o takingOption) config() order.Config {
	return order.Config{HoldAbove: o.HoldAbove}
}
