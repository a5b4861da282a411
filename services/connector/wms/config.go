package wms

import (
	"cmp"
	"errors"
	"strings"
	"time"

	"github.com/waybill-dev/waybill/services/connector/wms/internal/domain"
)

// None as a delay means no delay, where zero means the default.
const None = time.Duration(-1)

// Config says how the warehouse works. The zero value of each field is its default.
type Config struct {
	// AcknowledgeDelay, PickDelay and ShipDelay are the times from an order's arrival to its confirmation, from there to the
	// pick, and from there to the shipment. 50 ms, 200 ms, 200 ms.
	AcknowledgeDelay, PickDelay, ShipDelay time.Duration
	// ShortBP is the share of lines of which half is not found, in parts per ten thousand. The order's id and the line's
	// number decide which. 0.
	ShortBP int
	// OverBP is the share of lines, found in full, of which one unit too much is shipped, in parts per ten thousand. 0.
	OverBP int
	// RejectBP is the share of orders that are not taken, in parts per ten thousand. 0.
	RejectBP int
	// Manifest: what is packed is announced halfway to the shipment. It is not.
	Manifest bool
	// DeliverDelay is the time from a shipment to its arrival. 0: nobody tells that it has arrived.
	DeliverDelay time.Duration
	// Lot is what is shipped of items with lots. SANDBOX.
	Lot string
	// ShortSKUs are items of which half is never found.
	ShortSKUs []string
	// CompanyPrefix is the GS1 company prefix of the codes on cartons, 7 to 10 digits. 9521234, of the range for examples.
	CompanyPrefix string
	// LinesPerCarton is how many lines fit a carton. 10.
	LinesPerCarton int
	// Carrier is the carrier's code on shipments for which none is asked for. SANDBOX.
	Carrier string
	// Batch is how many orders a round reports at most. 500.
	Batch int
	// Pace is the least time between two rounds, in which what is due is gathered. 50 ms.
	Pace time.Duration
	// Poll is how long an order that another replica took waits at most. 1 s.
	Poll time.Duration
	// Timeout is how long one report may take. 10 s.
	Timeout time.Duration
	// FirstDelay and MaxDelay bound the wait after a report that failed. It doubles from time to time, with jitter.
	// 200 ms, 15 s.
	FirstDelay, MaxDelay time.Duration
}

// maxSet is how many reports one call may hold, by the contract.
const maxSet = 1000

// withDefaults fills what is zero and refuses what cannot be.
func (c Config) withDefaults() (Config, error) {
	c.AcknowledgeDelay = cmp.Or(c.AcknowledgeDelay, 50*time.Millisecond)
	c.PickDelay = cmp.Or(c.PickDelay, 200*time.Millisecond)
	c.ShipDelay = cmp.Or(c.ShipDelay, 200*time.Millisecond)
	c.CompanyPrefix = cmp.Or(c.CompanyPrefix, "9521234")
	c.LinesPerCarton = cmp.Or(c.LinesPerCarton, 10)
	c.Carrier = cmp.Or(c.Carrier, "SANDBOX")
	c.Lot = cmp.Or(c.Lot, "SANDBOX")
	c.Batch = cmp.Or(c.Batch, 500)
	c.Pace = cmp.Or(c.Pace, 50*time.Millisecond)
	c.Poll = cmp.Or(c.Poll, time.Second)
	c.Timeout = cmp.Or(c.Timeout, 10*time.Second)
	c.FirstDelay = cmp.Or(c.FirstDelay, 200*time.Millisecond)
	c.MaxDelay = cmp.Or(c.MaxDelay, 15*time.Second)
	switch {
	case min(c.ShortBP, c.OverBP, c.RejectBP) < 0 || max(c.ShortBP, c.OverBP, c.RejectBP) > 10_000:
		return c, errors.New("wms: a share is 0 to 10000 parts per ten thousand")
	case c.DeliverDelay < 0:
		return c, errors.New("wms: nothing arrives before it has left")
	case len(c.CompanyPrefix) < 7 || len(c.CompanyPrefix) > 10 || strings.Trim(c.CompanyPrefix, "0123456789") != "":
		return c, errors.New("wms: a GS1 company prefix has 7 to 10 digits")
	case c.LinesPerCarton < 1:
		return c, errors.New("wms: a carton holds at least one line")
	case c.Batch < 1 || c.Batch > maxSet:
		return c, errors.New("wms: a round reports 1 to 1000 orders")
	case c.Poll < 0 || c.Timeout < 0 || c.FirstDelay < 0 || c.MaxDelay < c.FirstDelay:
		return c, errors.New("wms: a bound is negative, or the longest delay below the first")
	}
	return c, nil
}

func (c Config) delays() domain.Delays {
	return domain.Delays{
		Acknowledge: max(c.AcknowledgeDelay, 0), Pick: max(c.PickDelay, 0), Ship: max(c.ShipDelay, 0),
		Deliver: c.DeliverDelay, Manifest: c.Manifest,
	}
}

func (c Config) shelf() domain.Shelf {
	shelf := domain.Shelf{ShortBP: c.ShortBP, OverBP: c.OverBP, RejectBP: c.RejectBP, ShortSKUs: make(map[string]bool, len(c.ShortSKUs))}
	for _, sku := range c.ShortSKUs {
		shelf.ShortSKUs[strings.ToLower(sku)] = true
	}
	return shelf
}

func (c Config) packing() domain.Packing {
	return domain.Packing{CompanyPrefix: c.CompanyPrefix, LinesPerCarton: c.LinesPerCarton}
}
