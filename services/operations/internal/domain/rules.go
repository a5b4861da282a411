package domain

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"time"
)

// Rule sends the exceptions that it fits to a queue. An empty condition fits all.
type Rule struct {
	Classes     []Class
	MinSeverity Severity
	Partners    []string
	Nodes       []string
	// Queue is whose work it is, Due how long they have.
	Queue string
	Due   time.Duration
	// Severity replaces that of the class; 0: it does not.
	Severity Severity
}

// Rules are tried in their order: the first that fits counts. The last one fits everything.
type Rules []Rule

// Route is where an exception goes.
type Route struct {
	Severity Severity
	Queue    string
	Due      time.Duration
}

// Route finds where a trouble goes.
func (r Rules) Route(t Trouble) Route {
	severity := t.Class.Severity()
	for _, rule := range r {
		if !rule.fits(t, severity) {
			continue
		}
		if rule.Severity != 0 {
			severity = rule.Severity
		}
		return Route{severity, rule.Queue, rule.Due}
	}
	return Route{severity, fallbackQueue, day}
}

func (r Rule) fits(t Trouble, severity Severity) bool {
	return severity >= r.MinSeverity &&
		(len(r.Classes) == 0 || slices.Contains(r.Classes, t.Class)) &&
		(len(r.Partners) == 0 || slices.Contains(r.Partners, t.Partner)) &&
		(len(r.Nodes) == 0 || slices.Contains(r.Nodes, t.Node))
}

func (r Rule) catchesAll() bool {
	return r.MinSeverity <= Low && len(r.Classes)+len(r.Partners)+len(r.Nodes) == 0
}

const (
	day           = 24 * time.Hour
	fallbackQueue = "operations"
	maxDue        = 365 * day
)

// DefaultRules are for who has none: money goes to finance, goods to the warehouse's people, masters to those who keep them, the rest
// to customer service or operations.
func DefaultRules() Rules {
	return Rules{
		{Classes: []Class{ProcessStuck, ShippedNotInvoiced}, Queue: fallbackQueue, Due: time.Hour},
		{Classes: []Class{HoldClass("CREDIT"), InvoiceDeferred, InvoiceDisputed, PaymentDeclined, PaymentUnknown, AccountStopped, MoneyDisagrees, ERPRefused}, Queue: "finance", Due: 4 * time.Hour},
		{Classes: []Class{HoldClass("FRAUD"), HoldClass("COMPLIANCE")}, Queue: "compliance", Due: 4 * time.Hour},
		{
			Classes: []Class{
				UnexpectedShipment, ShipmentFlawed, ShipmentLost, ReturnedToSender, MilestonesDiffer, ReportUnknown, ReportRefused,
				BlindReturn, ReceiptDiscrepancy, UnexpectedReturn, StockImpossible, FulfillmentRefused, StockDisagrees,
			},
			Queue: "warehouse", Due: 8 * time.Hour,
		},
		{Classes: []Class{MasterRefused}, Queue: "master-data", Due: 8 * time.Hour},
		{MinSeverity: High, Queue: fallbackQueue, Due: 4 * time.Hour},
		{Queue: "customer-service", Due: day},
	}
}

// Queues are the queues to which rules send exceptions, sorted.
func (r Rules) Queues() []string {
	queues := make([]string, 0, len(r))
	for _, rule := range r {
		queues = append(queues, rule.Queue)
	}
	slices.Sort(queues)
	return slices.Compact(queues)
}

var queueName = regexp.MustCompile(`^[a-z][a-z0-9-]{0,62}$`)

// Check names everything that is wrong with rules.
func (r Rules) Check() error {
	var wrong []error
	known := Classes()
	for i, rule := range r {
		report := func(format string, args ...any) {
			wrong = append(wrong, fmt.Errorf("rule %d: %w", i+1, fmt.Errorf(format, args...)))
		}
		if !queueName.MatchString(rule.Queue) {
			report("%q is no name of a queue: lower case letters, digits and dashes", rule.Queue)
		}
		if rule.Due <= 0 || rule.Due > maxDue {
			report("due is %v: more than nothing, at most 365 days", rule.Due)
		}
		for _, class := range rule.Classes {
			if !slices.Contains(known, class) {
				report("there is no class %q", class)
			}
		}
		if rule.catchesAll() != (i == len(r)-1) {
			report("the last rule, and no other, fits everything")
		}
	}
	if len(r) == 0 {
		wrong = append(wrong, errors.New("there are no rules"))
	}
	return errors.Join(wrong...)
}
