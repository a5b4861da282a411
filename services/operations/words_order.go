package operations

import (
	"fmt"
	"strings"
	"time"

	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
)

// orderWords tell the events of orders.
func orderWords() []telling {
	return []telling{
		tells(func(e *orderv1.OrderReceived) string {
			order := e.GetOrder()
			return fmt.Sprintf("Order %s of customer %s was received by %s: %s, %s before tax", order.GetExternalOrderId(),
				order.GetAccountId(), order.GetChannel(), linesOf(len(order.GetLines())), sum(order.GetNetTotalMinor(), order.GetCurrencyCode()))
		}),
		tells(func(e *orderv1.OrderAccepted) string {
			return "The order was accepted" + onTerms(e.GetTerms()) + byFreight(e.GetFreight()) + toldPortal(e.GetPortalNotice())
		}),
		tells(func(e *orderv1.OrderRejected) string {
			return because("The order was rejected", list(e.GetReasons(), (*orderv1.Reason).GetMessage))
		}),
		tells(func(e *orderv1.OrderHeld) string {
			hold := e.GetHold()
			return because("The order was put on hold for "+plain(hold.GetType(), "HOLD_TYPE_"), hold.GetMessage())
		}),
		tells(func(e *orderv1.OrderHoldReleased) string {
			return because("The hold for "+plain(e.GetType(), "HOLD_TYPE_")+" was lifted", e.GetReason())
		}),
		tells(func(e *orderv1.OrderCancelled) string { return because("The order was cancelled", e.GetReason()) }),
		tells(func(e *orderv1.OrderLineCancelled) string {
			return because("Cancelled on "+lines(e.GetCancelled()), e.GetReason())
		}),
		tells(func(e *orderv1.OrderLineBackordered) string { return "Waiting for stock: " + lines(e.GetBackordered()) }),
		tells(func(e *orderv1.OrderLineAllocated) string {
			return "Stock was set aside for what had waited: " + lines(e.GetAllocated())
		}),
		tells(func(e *orderv1.OrderAmended) string {
			return because(fmt.Sprintf("The order was amended, revision %d, now %s before tax", e.GetOrder().GetRevision(),
				sum(e.GetOrder().GetNetTotalMinor(), e.GetOrder().GetCurrencyCode())), e.GetReason()) + byFreight(e.GetFreight())
		}),
		tells(func(e *orderv1.OrderCompleted) string {
			return "The order was completed: nothing of it remains" + notShipped(e.GetLines())
		}),
		tells(func(e *orderv1.OrderExceptionOpened) string {
			return because("The order needs a person, "+e.GetReason(), e.GetMessage())
		}),
		after(tells(func(*orderv1.OrderExceptionResolved) string { return "What needed a person on the order is over" }),
			&orderv1.OrderExceptionOpened{}, (*orderv1.OrderExceptionResolved).GetExceptionId),
	}
}

// notShipped names the lines of an order that has ended of which not all was shipped.
func notShipped(lines []*orderv1.LineBuckets) string {
	named := list(lines, func(line *orderv1.LineBuckets) string {
		if line.GetCancelled() == 0 {
			return ""
		}
		return fmt.Sprintf("line %d", line.GetLineNumber())
	})
	if named == "" {
		return ""
	}
	return "; not all was shipped of " + named
}

// lines names the lines of an order. Their quantities have no scale in these events, so they are left out.
func lines(parts []*orderv1.LineQuantity) string {
	seen := map[int32]bool{}
	return list(parts, func(part *orderv1.LineQuantity) string {
		if seen[part.GetLineNumber()] {
			return ""
		}
		seen[part.GetLineNumber()] = true
		return fmt.Sprintf("line %d", part.GetLineNumber())
	})
}

func linesOf(n int) string {
	if n == 1 {
		return "1 line"
	}
	return fmt.Sprintf("%d lines", n)
}

// onTerms says on which terms of the customer something was decided, where that is not a matter of course.
func onTerms(terms *orderv1.TermsCheck) string {
	var text string
	switch {
	case terms.GetBasis() == orderv1.TermsBasis_TERMS_BASIS_REFUSED:
		text = " on terms of the customer that the ERP has refused"
	case terms.GetBasis() != orderv1.TermsBasis_TERMS_BASIS_CACHED:
		return ""
	case terms.GetAge() == nil:
		text = " on terms of the customer that were never confirmed, as the ERP did not answer"
	default:
		text = fmt.Sprintf(" on terms of the customer that were %s old, as the ERP did not answer", age(terms.GetAge().AsDuration()))
	}
	return because(text, terms.GetReason())
}

// byFreight says how the goods are to travel.
func byFreight(freight *orderv1.FreightChoice) string {
	switch {
	case freight == nil:
		return ""
	case freight.GetReason() != "":
		return "; it is not known how the goods will travel: " + freight.GetReason()
	case freight.GetLate():
		return fmt.Sprintf("; the goods are to go by %s for %s and arrive on %s, later than asked for", way(freight.GetCarrier(), freight.GetService()), amount(freight.GetCost()), freight.GetArrivesOn())
	default:
		return fmt.Sprintf("; the goods are to go by %s for %s and arrive on %s", way(freight.GetCarrier(), freight.GetService()), amount(freight.GetCost()), freight.GetArrivesOn())
	}
}

// way is a carrier with its service.
func way(carrier, service string) string { return strings.TrimSpace(carrier + " " + service) }

// toldPortal says whether the portal knew of it before.
func toldPortal(notice *orderv1.PortalNotice) string {
	switch {
	case notice == nil:
		return ""
	case notice.GetReason() != "":
		return "; the customer's portal could not be told: " + notice.GetReason()
	default:
		return "; the customer's portal was told before"
	}
}

// age writes a time in the two units that matter.
func age(d time.Duration) string {
	switch {
	case d >= 48*time.Hour:
		return fmt.Sprintf("%d days", d/(24*time.Hour))
	case d >= time.Minute:
		return strings.TrimSuffix(d.Truncate(time.Minute).String(), "0s")
	default:
		return d.Truncate(time.Second).String()
	}
}
