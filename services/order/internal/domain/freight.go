package domain

import (
	"cmp"
	"slices"
	"time"
	"unicode/utf8"
)

// Notice says whether the portal of an order's channel was told that the order is about to be confirmed.
type Notice struct {
	At time.Time `json:"at,omitzero"`
	// Reference is the portal's own. Missing is why it was not told; empty: it was.
	Reference string `json:"reference,omitempty"`
	Missing   string `json:"missing,omitempty"`
}

// FreightOption is a way in which goods may travel. ArrivesOn is "YYYY-MM-DD".
type FreightOption struct {
	Carrier   string `json:"carrier,omitempty"`
	Service   string `json:"service,omitempty"`
	CostMinor int64  `json:"cost,omitempty"`
	ArrivesOn string `json:"arrives_on,omitempty"`
}

// maxFreightName is how long a carrier's or a service's name may be: what warehouses are told takes no more.
const maxFreightName = 32

// Usable reports whether a warehouse can be told of the option, and whether it can be compared with others.
func (o FreightOption) Usable() bool {
	return o.tellable() && isDay(o.ArrivesOn)
}

func (o FreightOption) tellable() bool {
	return o.Carrier != "" && utf8.RuneCountInString(o.Carrier) <= maxFreightName && utf8.RuneCountInString(o.Service) <= maxFreightName
}

func isDay(text string) bool {
	_, err := time.Parse(time.DateOnly, text)
	return err == nil
}

// FreightChoice is how an order's goods are to travel to the order's address, as it was known when the order was accepted or amended to go
// there.
type FreightChoice struct {
	FreightOption
	// LeavesOn is the first day on which the goods may leave, for which ArrivesOn was told; empty on choices of before it was kept.
	LeavesOn string    `json:"leaves_on,omitempty"`
	At       time.Time `json:"at,omitzero"`
	// Options is from how many it was chosen. Late: it arrives after the day that was asked for.
	Options int  `json:"options,omitempty"`
	Late    bool `json:"late,omitempty"`
	// Missing is why nothing was chosen; empty: something was.
	Missing string `json:"missing,omitempty"`
}

// Why nothing is chosen: nothing is offered, or the order goes elsewhere since and nobody was asked about that.
const (
	ReasonNoOption      = "NO_OPTION"
	ReasonShipToAmended = "SHIP_TO_AMENDED"
)

// ChooseFreight takes the cheapest option that arrives by a day ("YYYY-MM-DD"; empty: any), else the fastest. Which of two that are as good is
// taken does not hang on their order.
func ChooseFreight(options []FreightOption, by string) FreightChoice {
	if len(options) == 0 {
		return FreightChoice{Missing: ReasonNoOption}
	}
	late := func(o FreightOption) bool { return by != "" && o.ArrivesOn > by }
	name := func(a, b FreightOption) int {
		return cmp.Or(cmp.Compare(a.Carrier, b.Carrier), cmp.Compare(a.Service, b.Service))
	}
	best := slices.MinFunc(options, func(a, b FreightOption) int {
		cheaper, faster := cmp.Compare(a.CostMinor, b.CostMinor), cmp.Compare(a.ArrivesOn, b.ArrivesOn)
		switch {
		case late(a) && late(b):
			return cmp.Or(faster, cheaper, name(a, b))
		case late(a):
			return 1
		case late(b):
			return -1
		default:
			return cmp.Or(cheaper, faster, name(a, b))
		}
	})
	return FreightChoice{FreightOption: best, Options: len(options), Late: late(best)}
}

// Shipping is what a warehouse is told about how goods travel. What is empty is left to it.
type Shipping struct{ Carrier, Service, ArrivesOn string }

// Shipping is how goods travel that are handed over on a day for one of the order's places. The choice is for the order's own address
// (place 0), and holds for whichever warehouse ships. When they arrive is known only while they can leave on the day for which it was told.
func (o *Order) Shipping(place int, now time.Time) Shipping {
	chosen := &o.Freight
	if place != 0 || chosen.Missing != "" || !chosen.tellable() {
		return Shipping{}
	}
	to := Shipping{Carrier: chosen.Carrier, Service: chosen.Service}
	if isDay(chosen.ArrivesOn) && now.UTC().Format(time.DateOnly) <= chosen.LeavesOn {
		to.ArrivesOn = chosen.ArrivesOn
	}
	return to
}

// moveFreight forgets the choice of an order that goes elsewhere from now on.
func (o *Order) moveFreight(now time.Time) {
	if !o.Freight.At.IsZero() {
		o.Freight = FreightChoice{At: now, Missing: ReasonShipToAmended}
	}
}
