package planted

const (
	inventoryDomain   = "services/inventory/internal/domain"
	orderDomain       = "services/order/internal/domain"
	fulfillmentDomain = "services/fulfillment/internal/domain"
	billingDomain     = "services/billing/internal/domain"
	masterdataDomain  = "services/masterdata/internal/domain"

	anyInventory   = "TestInvariantsHoldWhateverHappens"
	anyOrder       = "TestAnyOrderOfFacts"
	anyFulfillment = "TestAnythingKeepsTheRules"
)

var defects = []defect{
	{
		Rule: "I1 a promise leaves less available", File: inventoryDomain + "/stock.go",
		Good:    "return b.OnHand - b.QualityHold - b.Damaged - b.Reserved }",
		Bad:     "return b.OnHand - b.QualityHold - b.Damaged }",
		Package: inventoryDomain, Test: anyInventory, Draws: 400,
	},
	{
		Rule: "I2 no more is picked than promised", File: inventoryDomain + "/cancel.go",
		Good:    "s.promise(at, claim.of.Channel, -quantity)\n\ts.setPicked(claim, min(claim.Picked, claim.Remaining))",
		Bad:     "s.promise(at, claim.of.Channel, -quantity)",
		Package: inventoryDomain, Test: anyInventory, Draws: 400,
	},
	{
		Rule: "I3 a balance is the fold of its movements", File: inventoryDomain + "/ledger.go",
		Good:    "\ts.bucket(m.To, m.Quantity)\n",
		Bad:     "",
		Package: inventoryDomain, Test: anyInventory, Draws: 400,
	},
	{
		Rule: "R6 what is given back for the time being lends its age", File: inventoryDomain + "/cancel.go",
		Good:    "\tclaim.LendsAge = claim.LendsAge || lendsAge\n",
		Bad:     "\t_ = lendsAge\n",
		Package: inventoryDomain, Test: "TestWhichAgeIsKept", Draws: 1,
	},
	{
		Rule: "R6 age is kept through a hold", File: orderDomain + "/facts.go",
		Good:    "o.lend(number, node, moved-bare)",
		Bad:     "o.giveBack(\"\", number, node, moved-bare)",
		Package: orderDomain, Test: "TestAUnitThatLostItsPromiseAtTheWarehouseIsSourcedAnew", Draws: 1,
	},
	{
		Rule: "nothing is left out of the ERP's masters because of what is not taken itself", File: masterdataDomain + "/sift.go",
		Good:    "goes = goes && !left",
		Bad:     "goes = goes || left",
		Package: masterdataDomain, Test: "TestSiftCountsPayersThatAreLeftOut", Draws: 1,
	},
	{
		Rule: "a master that comes again as it was set aside begins nothing anew", File: masterdataDomain + "/set_aside.go",
		Good:    "if !news && !again {",
		Bad:     "if !news && again {",
		Package: masterdataDomain, Test: "TestAnEntrysWay", Draws: 1,
	},
	{
		Rule: "a code that is given up settles who waits for it", File: masterdataDomain + "/awaits.go",
		Good:    "if !kept[code.Key()] {",
		Bad:     "if kept[code.Key()] {",
		Package: masterdataDomain, Test: "TestWhatIsAwaitedIsWhatSettles", Draws: 1,
	},
	{
		Rule: "a late plan changes nothing", File: inventoryDomain + "/plan.go",
		Good:    "p.Version < stored.Version",
		Bad:     "p.Version < 0",
		Package: inventoryDomain, Test: "TestALatePlanChangesNothing", Draws: 1,
	},
	{
		Rule: "I4 reserved is the sum of the promises", File: inventoryDomain + "/cancel.go",
		Good:    "s.promise(at, claim.of.Channel, -quantity)\n",
		Bad:     "_ = at\n",
		Package: inventoryDomain, Test: anyInventory, Draws: 400,
	},
	{
		Rule: "a quota counts what its channel has reserved", File: inventoryDomain + "/serve.go",
		Good:    "s.promise(at, reservation.Channel, quantity)",
		Bad:     "at.reserve(quantity)",
		Package: inventoryDomain, Test: anyInventory, Draws: 400,
	},
	{
		Rule: "R3 a hold is taken over only before its time is over", File: inventoryDomain + "/soft.go",
		Good:    "r.ExpiresAt.After(now)",
		Bad:     "!r.ExpiresAt.Before(now)",
		Package: inventoryDomain, Test: "TestTTLExpiresDuringPayment", Draws: 1,
	},
	{
		Rule: "nothing of a hold waits", File: inventoryDomain + "/ship.go",
		Good:    "if claim.of.State == Soft {",
		Bad:     "if false {",
		Package: inventoryDomain, Test: anyInventory, Draws: 400,
	},
	{
		Rule: "ATP is the minimum over all later times", File: inventoryDomain + "/atp.go",
		Good:    "least = min(least, c(at))",
		Bad:     "least = c(at)",
		Package: inventoryDomain, Test: "TestAPromiseNeverStarvesALaterCommittedDemand", Draws: 400,
	},
	{
		Rule: "parts of a promise leave a later demand its stock", File: inventoryDomain + "/ctp.go",
		Good:    "from.After(part.AvailableAt)",
		Bad:     "false",
		Package: inventoryDomain, Test: "TestTheEarliestDateIsPromised", Draws: 4000,
	},
	{
		Rule: "R1 each unit of a promise ends once", File: inventoryDomain + "/ship.go",
		Good:    "claim.GivenBack -= part\n",
		Bad:     "",
		Package: inventoryDomain, Test: anyInventory, Draws: 400,
	},
	{
		Rule: "L1 each unit of a line is in one bucket", File: orderDomain + "/facts.go",
		Good:    "line.Open += moved - stopped\n\t\tline.Cancelled += stopped",
		Bad:     "line.Open += moved\n\t\tline.Cancelled += stopped",
		Package: orderDomain, Test: anyOrder,
	},
	{
		Rule: "P1 the parts of a charge add up to it", File: orderDomain + "/charges.go",
		Good:    "for at, part := range money.Allocate(one.Amount, nets) {",
		Bad:     "for at, part := range money.Allocate(one.Amount, nets[:max(1, len(nets)-1)]) {",
		Package: orderDomain, Test: "TestChargesAreTheSumOfTheirParts",
	},
	{
		Rule: "L2 nothing is invoiced before it is shipped", File: orderDomain + "/facts.go",
		Good:    "moved := min(part.Quantity, line.Shipped-line.Invoiced)\n",
		Bad:     "moved := part.Quantity\n",
		Package: orderDomain, Test: anyOrder,
	},
	{
		Rule: "fulfilment counters do not depend on the order of arrival", File: fulfillmentDomain + "/pick.go",
		Good:    "line.Picked = max(line.Picked, min(report.Picked, line.Requested))",
		Bad:     "line.Picked = min(report.Picked, line.Requested)",
		Package: fulfillmentDomain, Test: "TestReportsInAnyOrderGiveTheSameState",
	},
	{
		Rule: "B4 the parts of a line add up to the line rounded once", File: billingDomain + "/invoice.go",
		Good:    "added.Net, to.Net = whole-to.Net, whole\n",
		Bad:     "if added.Net, err = order.net(line, shipped.Quantity); err != nil {\n\t\t\treturn 0, err\n\t\t}\n\t\tto.Net = whole\n",
		Package: billingDomain, Test: "TestPartsAddUp",
	},
	{
		Rule: "E the exposure is the sum of the claims", File: billingDomain + "/claim.go",
		Good:    "credit.move(change{openOrders: requested - given})",
		Bad:     "credit.move(change{openOrders: requested})",
		Package: billingDomain, Test: "TestExposureIsTheSumOfClaims",
	},
	{
		Rule: "B4 the parts of a charge add up to it", File: billingDomain + "/charge.go",
		Good:    "min(done, line.Quantity), line.Quantity",
		Bad:     "min(done, line.Quantity)-1, line.Quantity",
		Package: billingDomain, Test: "TestChargesOfPartialShipmentsAddUpToTheWhole",
	},
	{
		Rule: "B3 no more is settled than is owed", File: billingDomain + "/settle.go",
		Good:    "amount > invoice.BalanceDue()",
		Bad:     "amount > invoice.Total()",
		Package: billingDomain, Test: "TestCreditOfASettledInvoiceIsUnapplied",
	},
	{
		Rule: "L3 no more is credited than was invoiced", File: billingDomain + "/credit_line.go",
		Good:    "\tfrom.Credited.Quantity += l.Quantity\n",
		Bad:     "",
		Package: billingDomain, Test: "TestCreditsOfAnInvoiceGiveBackExactlyWhatItSays",
	},
	{
		Rule: "all credits of a line give back its taxes exactly", File: billingDomain + "/credit_line.go",
		Good:    "money.Share(tax.Amount-tax.Credited, part, whole, mode)",
		Bad:     "money.Share(tax.Amount, part, whole, mode)",
		Package: billingDomain, Test: "TestCreditsOfAnInvoiceGiveBackExactlyWhatItSays",
	},
	{
		Rule: "B2 a journal balances in the base currency", File: billingDomain + "/journal.go",
		Good:    "for i, part := range money.Allocate(base, right) {",
		Bad:     "for i, part := range money.Allocate(base-1, right) {",
		Package: billingDomain, Test: "TestCreditsOfAnInvoiceGiveBackExactlyWhatItSays",
	},
}
