package fault

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/anishathalye/porcupine"
)

// place names stock: an item in a place. Histories are checked place by place.
type place struct{ sku, node string }

// step is what a client asks of the stock in one place.
type step struct {
	at       place
	kind     kind
	quantity int64
	// promise is the reservation that is made, given back or shipped.
	promise string
}

type kind string

// What clients ask for. A reservation takes all or nothing, or what there is; a hold is a reservation for a time.
const (
	takeAll  kind = "reserve all"
	takeSome kind = "reserve some"
	giveBack kind = "give back"
	ship     kind = "ship"
	adjust   kind = "adjust"
	look     kind = "look"
)

// answer is what a client heard.
type answer struct {
	refused bool
	// quantity was set aside or given back.
	quantity         int64
	onHand, reserved int64 // of an adjustment and a look
}

// stock is the sequential model: what lies in one place, and for whom.
type stock struct {
	onHand   int64
	promised map[string]int64
}

func (s stock) reserved() int64 {
	var sum int64
	for _, quantity := range s.promised {
		sum += quantity
	}
	return sum
}

func (s stock) with(onHand int64, promise string, quantity int64) stock {
	next := stock{onHand: onHand, promised: maps.Clone(s.promised)}
	switch {
	case quantity > 0:
		next.promised[promise] = quantity
	case promise != "": // so that equal stocks are equal
		delete(next.promised, promise)
	}
	return next
}

// do is the model's step: what stock becomes, and whether the answer is the one that it must give.
func (s stock) do(asked step, heard answer) (possible bool, next stock) {
	free := s.onHand - s.reserved()
	switch asked.kind {
	case takeAll, takeSome:
		got := asked.quantity
		if free < got {
			got = max(free, 0)
			if asked.kind == takeAll {
				return heard.refused, s
			}
		}
		return !heard.refused && heard.quantity == got, s.with(s.onHand, asked.promise, got)
	case giveBack:
		got := min(s.promised[asked.promise], asked.quantity)
		return heard.quantity == got, s.with(s.onHand, asked.promise, s.promised[asked.promise]-got)
	case ship:
		left := max(s.promised[asked.promise]-asked.quantity, 0)
		return true, s.with(s.onHand-asked.quantity, asked.promise, left)
	case adjust:
		if asked.quantity < 0 && free < -asked.quantity {
			return heard.refused, s
		}
		next = s.with(s.onHand+asked.quantity, "", 0)
		return !heard.refused && heard.onHand == next.onHand && heard.reserved == next.reserved(), next
	default:
		return heard.onHand == s.onHand && heard.reserved == s.reserved(), s
	}
}

// model is what porcupine checks a history against.
var model = porcupine.Model{
	Partition: func(history []porcupine.Operation) [][]porcupine.Operation {
		byPlace := map[place][]porcupine.Operation{}
		for _, one := range history {
			at := one.Input.(step).at
			byPlace[at] = append(byPlace[at], one)
		}
		return slices.Collect(maps.Values(byPlace))
	},
	Init: func() any { return stock{promised: map[string]int64{}} },
	Step: func(state, input, output any) (bool, any) {
		possible, next := state.(stock).do(input.(step), output.(answer))
		return possible, next
	},
	Equal: func(a, b any) bool {
		one, other := a.(stock), b.(stock)
		return one.onHand == other.onHand && maps.Equal(one.promised, other.promised)
	},
	DescribeOperation: func(input, output any) string {
		asked, heard := input.(step), output.(answer)
		return fmt.Sprintf("%s %d %s → %+v", asked.kind, asked.quantity, asked.promise, heard)
	},
	DescribeState: func(state any) string {
		s := state.(stock)
		var parts []string
		for _, promise := range slices.Sorted(maps.Keys(s.promised)) {
			if s.promised[promise] > 0 {
				parts = append(parts, fmt.Sprintf("%s:%d", promise, s.promised[promise]))
			}
		}
		return fmt.Sprintf("%d on hand, %s", s.onHand, strings.Join(parts, " "))
	},
}
