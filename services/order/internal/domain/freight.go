package domain

import (
	"cmp"
	"slices"
	"time"
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

// FreightChoice is how an order's goods are to travel, as it was known when the order was accepted.
type FreightChoice struct {
	FreightOption
	At time.Time `json:"at,omitzero"`
	// Options is from how many it was chosen. Late: it arrives after the day that was asked for.
	Options int  `json:"options,omitempty"`
	Late    bool `json:"late,omitempty"`
	// Missing is why nothing was chosen; empty: something was.
	Missing string `json:"missing,omitempty"`
}

// ReasonNoOption is why nothing is chosen where nothing is offered.
const ReasonNoOption = "NO_OPTION"

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
