package main

import (
	"errors"
	"time"

	"github.com/waybill-dev/waybill/services/order"
)

// takingOption says how orders are taken.
type takingOption struct {
	OutsideBudget time.Duration `env:"OUTSIDE_BUDGET" default:"200ms" help:"How long outside systems have to answer what is asked and told about an order before it is decided."`
	HoldAbove     int64         `env:"HOLD_ABOVE" default:"10000" help:"Value, in whole units of its currency, above which an order is held while the ERP does not confirm the customer's terms; below 0: none is."`
	Portals       []string      `env:"PORTALS" default:"portal" help:"Channels whose portals are told of an order before it is confirmed, if they can be told in time."`
	PortalsInsist []string      `env:"PORTALS_INSIST" help:"Channels without whose portal's answer an order is not confirmed."`
}

// Validate refuses a budget that is none.
func (o takingOption) Validate() error {
	if o.OutsideBudget <= 0 {
		return errors.New("the time for outside systems must be above 0")
	}
	return nil
}

func (o takingOption) config() order.Config {
	return order.Config{HoldAbove: o.HoldAbove, Budget: o.OutsideBudget, Portals: o.Portals, Insisting: o.PortalsInsist}
}
