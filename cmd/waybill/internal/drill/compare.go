package drill

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	erpv1 "github.com/waybill-dev/waybill/gen/waybill/connector/erp/v1"
	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	sandboxv1 "github.com/waybill-dev/waybill/gen/waybill/sandbox/v1"
	"github.com/waybill-dev/waybill/internal/reconcile"
)

// document is what the ERP must have.
type document struct {
	id, orderID string
	totalMinor  int64
	// notToShip is what a closure says will not be shipped.
	notToShip int64
}

func orderDocument(order *orderv1.Order) document {
	return document{
		id: order.GetOrderId() + "/" + strconv.Itoa(int(order.GetRevision())), orderID: order.GetOrderId(),
		totalMinor: order.GetNetTotal().GetMinorUnits(),
	}
}

// closureDocument is what the ERP must have of an order of which so much will not be shipped, when it has ended.
func closureDocument(order string, notToShip int64) document {
	return document{id: reconcile.Closure(order), orderID: order, notToShip: notToShip}
}

// breaks are the documents of which the ERP's copy is not as ours.
type breaks struct {
	missing   []string // ours, and the ERP does not have them
	twice     []string // sent to the ERP more than once
	different []string // another total, or unknown to us
	unordered []string // posted before what comes before them of their order
}

func (b *breaks) none() bool {
	return len(b.missing)+len(b.twice)+len(b.different)+len(b.unordered) == 0
}

func (b *breaks) String() string {
	text := fmt.Sprintf("%d missing, %d twice, %d different, %d out of order",
		len(b.missing), len(b.twice), len(b.different), len(b.unordered))
	for _, some := range [][]string{b.missing, b.twice, b.different, b.unordered} {
		if len(some) > 0 {
			text += ", such as " + some[0]
		}
	}
	return text
}

// compare compares what the ERP must have with what it has, as it counts itself.
func compare(ours []document, theirs []*erpv1.Posting) *breaks {
	found, postings := &breaks{}, make(map[string]*erpv1.Posting, len(theirs))
	for _, posting := range theirs {
		postings[posting.GetDocumentId()] = posting
		if posting.GetTimesSent() > 1 {
			found.twice = append(found.twice, posting.GetDocumentId())
		}
	}
	byOrder := map[string][]*erpv1.Posting{}
	for _, one := range ours {
		posting := postings[one.id]
		delete(postings, one.id)
		switch {
		case posting == nil:
			found.missing = append(found.missing, one.id)
			continue
		case posting.GetTotal().GetMinorUnits() != one.totalMinor || posting.GetNotToShip() != one.notToShip:
			found.different = append(found.different, one.id)
		}
		byOrder[one.orderID] = append(byOrder[one.orderID], posting)
	}
	for unknown := range postings {
		found.different = append(found.different, unknown)
	}
	for _, of := range byOrder {
		slices.SortFunc(of, func(a, b *erpv1.Posting) int { return cmp.Compare(place(a), place(b)) })
		for i := range of[1:] {
			if !of[i].GetPostedAt().AsTime().Before(of[i+1].GetPostedAt().AsTime()) {
				found.unordered = append(found.unordered, of[i+1].GetDocumentId())
			}
		}
	}
	return found
}

// place is that of a document among those of its order: its versions one after the other, then the invoices, then the closure.
func place(posting *erpv1.Posting) int {
	order, version, isOrder := strings.Cut(posting.GetDocumentId(), "/")
	switch {
	case !isOrder:
		return 1 << 30
	case posting.GetDocumentId() == reconcile.Closure(order):
		return 1 << 31
	}
	n, _ := strconv.Atoi(version)
	return n
}

// postings are all that the ERP has. It is read slower than it allows, as everybody has to.
func (s *system) postings(ctx context.Context) ([]*erpv1.Posting, error) {
	var all []*erpv1.Posting
	for token := ""; ; {
		page, err := s.ERP.ListPostings(ctx, &erpv1.ListPostingsRequest{PageSize: 1000, PageToken: token})
		if err != nil {
			return nil, err
		}
		all = append(all, page.GetPostings()...)
		if token = page.GetNextPageToken(); token == "" {
			return all, nil
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(readPause):
		}
	}
}

// invoices are all that were issued.
func (s *system) invoices(ctx context.Context) ([]document, error) {
	var all []document
	for token := ""; ; {
		page := &billingv1.ListInvoicesResponse{}
		if err := s.REST.Get(ctx, "/v1/invoices?pageSize=500&pageToken="+token, page); err != nil {
			return nil, err
		}
		for _, invoice := range page.GetInvoices() {
			if invoice.GetIssuedAt() != nil {
				all = append(all, document{
					id: invoice.GetInvoiceId(), orderID: invoice.GetOrderId(), totalMinor: invoice.GetTotal().GetMinorUnits(),
				})
			}
		}
		if token = page.GetNextPageToken(); token == "" {
			return all, nil
		}
	}
}

const (
	// drainPatience is how long the ERP may get nothing more before what it does not have counts as missing.
	drainPatience = time.Minute
	drainLook     = 2 * time.Second
	// readPause is between two calls with which a drill reads what the ERP has.
	readPause = time.Second / 4
)

// outcome is what came of all orders.
type outcome struct {
	documents int // that the ERP must have
	breaks    *breaks
	// usage is what the ERP had counted when it had all, before it was read.
	usage   *sandboxv1.Usage
	drained time.Time
}

// agree waits until the ERP has all that it must have of these orders, as long as it gets more of it, and compares.
func (s *system) agree(ctx context.Context, fates []fate) (*outcome, error) {
	var told []document
	ships := map[string]bool{}
	for i := range fates {
		told = append(told, fates[i].documents...)
		if fates[i].ships && fates[i].orderID != "" {
			ships[fates[i].orderID] = true
		}
	}
	var came *outcome
	for before, since := -1, time.Now(); ; {
		again, err := s.look(ctx, told, ships)
		if err != nil {
			return nil, err
		}
		if came != nil {
			again.usage = came.usage // ours are not among its calls
		}
		came = again
		switch left := len(came.breaks.missing); {
		case left == 0 || left == before && time.Since(since) > drainPatience:
			return came, nil
		case left != before:
			before, since = left, time.Now()
		}
	}
}

// look waits until nothing moves and compares.
func (s *system) look(ctx context.Context, told []document, ships map[string]bool) (*outcome, error) {
	invoices, drained, err := s.rest(ctx, ships)
	if err != nil {
		return nil, err
	}
	usage, err := s.usage(ctx)
	if err != nil {
		return nil, err
	}
	theirs, err := s.postings(ctx)
	if err != nil {
		return nil, err
	}
	found := compare(slices.Concat(told, invoices), theirs)
	for _, order := range uninvoiced(ships, invoices) {
		found.missing = append(found.missing, "the invoice of "+order)
	}
	return &outcome{len(told) + len(invoices), found, usage, drained}, nil
}

// rest waits until the orders that ship are invoiced and nothing waits for the ERP, or nothing moves any more, and gives the invoices.
func (s *system) rest(ctx context.Context, ships map[string]bool) (invoices []document, at time.Time, err error) {
	before := -1
	for {
		queue, err := s.BackOffice.GetQueue(ctx, queueRequest)
		if err != nil {
			return nil, at, err
		}
		left := int(queue.GetWaiting())
		if left == 0 || time.Since(at) > drainPatience {
			if invoices, err = s.invoices(ctx); err != nil {
				return nil, at, err
			}
			left += len(uninvoiced(ships, invoices))
		}
		switch {
		case left != before:
			before, at = left, time.Now()
		case left == 0 || time.Since(at) > drainPatience:
			return invoices, at, nil // twice the same: nothing is on its way to the queue
		}
		select {
		case <-ctx.Done():
			return nil, at, ctx.Err()
		case <-time.After(drainLook):
		}
	}
}

// uninvoiced are the orders that have no invoice.
func uninvoiced(orders map[string]bool, invoices []document) []string {
	left := maps.Clone(orders)
	for _, invoice := range invoices {
		delete(left, invoice.orderID)
	}
	return slices.Collect(maps.Keys(left))
}
