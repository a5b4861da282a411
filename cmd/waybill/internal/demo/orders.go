package demo

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	commonv1 "github.com/waybill-dev/waybill/gen/waybill/common/v1"
	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
)

// story is what an order is meant to go through.
type story int

const (
	ordinary     story = iota
	creditHold         // its customer's limit is too low; released or cancelled by a person
	cancelLate         // cancelled as soon as it is accepted: some of it may be with a warehouse already
	cancelEarly        // may not ship before tomorrow, and is cancelled before
	backorder          // wants more of a scarce item than there is
	shipComplete       // the same, and wants everything together
	fillOrKill         // the same, and wants everything now or nothing
	mixedUnits         // wants cases, at a price agreed for it
)

// storyOf deals the stories out evenly.
func storyOf(i int) story {
	switch {
	case i%40 == 0:
		return creditHold
	case i%25 == 1:
		return cancelLate
	case i%50 == 2:
		return cancelEarly
	case i%30 == 3:
		return backorder
	case i%60 == 4:
		return shipComplete
	case i%60 == 5:
		return fillOrKill
	case i%20 == 6:
		return mixedUnits
	}
	return ordinary
}

// planned is an order before it is submitted.
type planned struct {
	story   story
	request *orderv1.SubmitOrderRequest
}

// planOrders makes the same orders for the same seed.
func planOrders(n int, now time.Time) []planned {
	random := rand.New(rand.NewPCG(2011, 12))
	orders := make([]planned, 0, n)
	for i := range n {
		orders = append(orders, planOrder(random, i, now))
	}
	return orders
}

func planOrder(random *rand.Rand, i int, now time.Time) planned {
	number := fmt.Sprintf("PO-%05d", i+1)
	request := &orderv1.SubmitOrderRequest{
		RequestId: "demo-" + number, PartnerId: "DEMO", Channel: "web", ExternalOrderId: number,
		AccountId: account(random.IntN(accounts - poorAccounts)), CurrencyCode: currency,
		ShipTo: &commonv1.Address{Name: "Goods in", Lines: []string{fmt.Sprintf("%d High Street", 1+i%200)}, City: "York", CountryCode: "GB"},
		Wait:   durationpb.New(5 * time.Second),
	}
	for range 1 + random.IntN(9) {
		request.Lines = append(request.Lines, line(random.IntN(items-scarceItems), 1+random.IntN(10)))
	}
	what := storyOf(i)
	scarceLine := line(items-scarceItems+random.IntN(scarceItems), 10+random.IntN(20))
	switch what {
	case ordinary, cancelLate:
	case creditHold:
		request.AccountId = account(accounts - 1 - random.IntN(poorAccounts))
	case cancelEarly:
		request.NotBefore = now.AddDate(0, 0, 1).UTC().Format(time.DateOnly)
	case backorder:
		request.Lines = append(request.Lines, scarceLine)
	case shipComplete:
		request.Lines = append(request.Lines, scarceLine)
		request.FulfillmentPolicy = orderv1.FulfillmentPolicy_FULFILLMENT_POLICY_SHIP_COMPLETE
	case fillOrKill:
		scarceLine.Quantity.Value = "100000"
		request.Lines = append(request.Lines, scarceLine)
		request.FulfillmentPolicy = orderv1.FulfillmentPolicy_FULFILLMENT_POLICY_FILL_OR_KILL
	case mixedUnits:
		request.Lines[0].Quantity.Unit = "CS"
		request.Lines[0].UnitPrice = "99.999"
	}
	return planned{what, request}
}

func line(item, quantity int) *orderv1.SubmitOrderLine {
	return &orderv1.SubmitOrderLine{Sku: sku(item), Quantity: &commonv1.Quantity{Value: strconv.Itoa(quantity)}}
}
