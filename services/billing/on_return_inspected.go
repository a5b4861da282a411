package billing

import (
	"cmp"
	"context"
	"fmt"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"

	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/inbox"
	"github.com/waybill-dev/waybill/services/billing/internal/domain"
	"github.com/waybill-dev/waybill/services/billing/internal/store"
)

// returnMessage is a return with the id of the event that told of it.
type returnMessage struct {
	creditedReturn
	event string
}

// onReturnInspected credits what inspections decide to credit, and services when they are authorised. A return says how
// much of each line is to be credited from its beginning: what is credited already is taken off, so it is once however
// often it is told. A line whose invoice is not issued yet waits, alone; a line that was never billed is not credited.
func (s *Service) onReturnInspected(ctx context.Context, tx database.Transaction, batch []inbox.Message) error {
	var returns []returnMessage
	for _, message := range batch {
		document := returnOf(message.Payload)
		if document == nil {
			continue
		}
		read, err := returnFromProto(document)
		if err != nil {
			return inbox.Blame(err, message.ID)
		}
		if len(read.lines) > 0 {
			returns = append(returns, returnMessage{read, message.ID})
		}
	}
	if len(returns) == 0 {
		return nil
	}
	counter, err := openReturns(ctx, tx, returns)
	if err != nil {
		return err
	}
	var memos []*domain.Memo
	for _, one := range returns {
		memo, err := counter.credit(one.creditedReturn)
		if err != nil {
			return inbox.Blame(fmt.Errorf("return %s: %w", one.id, err), one.event)
		}
		if memo != nil {
			memos = append(memos, memo)
		}
	}
	if err := store.KeepReturnCredits(ctx, tx, counter.changed); err != nil {
		return err
	}
	return counter.file(ctx, tx, s, memos)
}

// returnOf is the return that an event carries; nil for events that decide nothing about credit.
func returnOf(payload proto.Message) *fulfillmentv1.Return {
	switch event := payload.(type) {
	case *fulfillmentv1.ReturnInspected:
		return event.GetReturnDocument()
	case *fulfillmentv1.ReturnAuthorized: // services
		return event.GetReturnDocument()
	case *fulfillmentv1.ReturnClosed:
		return event.GetReturnDocument()
	}
	return nil
}

// returnsDesk is what crediting returns needs of the books.
type returnsDesk struct {
	*creditDesk
	// credited is how much of each line is credited; changed is what of it is to be stored.
	credited, changed map[store.ReturnLine]int64
	// invoiced is where shipment lines are invoiced; seen are the shipments that have come.
	invoiced map[string]store.Invoiced
	seen     map[uuid.UUID]bool
}

func openReturns(ctx context.Context, tx database.Transaction, returns []returnMessage) (*returnsDesk, error) {
	var ids, shipments []uuid.UUID
	var lines []string
	var accounts []domain.AccountID
	for _, one := range returns {
		ids = append(ids, one.id)
		if one.account != "" {
			accounts = append(accounts, one.account)
		}
		for _, line := range one.lines {
			if line.shipmentLine != "" {
				lines = append(lines, line.shipmentLine)
				shipments = append(shipments, line.shipment)
			}
		}
	}
	desk := &returnsDesk{changed: map[store.ReturnLine]int64{}}
	var err error
	if desk.credited, err = store.ReturnCredits(ctx, tx, ids); err != nil {
		return nil, err
	}
	if desk.invoiced, err = store.InvoicedAt(ctx, tx, lines); err != nil {
		return nil, err
	}
	if desk.seen, err = store.SeenShipments(ctx, tx, shipments); err != nil {
		return nil, err
	}
	invoices := make([]uuid.UUID, 0, len(desk.invoiced))
	for _, at := range desk.invoiced {
		invoices = append(invoices, at.Invoice)
	}
	desk.creditDesk, err = openDesk(ctx, tx, invoices, accounts)
	return desk, err
}

// credit drafts the memo of what is new of a return; nil when nothing is.
func (d *returnsDesk) credit(one creditedReturn) (*domain.Memo, error) {
	memo, err := d.head(one)
	if err != nil {
		return nil, err
	}
	for _, line := range one.lines {
		key := store.ReturnLine{Return: one.id, Position: line.position}
		want := line.want
		if want.Quantity = line.credited - d.credited[key]; want.Quantity <= 0 {
			continue
		}
		if line.shipmentLine != "" {
			at, billed := d.invoiced[line.shipmentLine]
			if !billed && !d.seen[line.shipment] {
				return nil, fault.New(fault.Unavailable, domain.ReasonInvoiceUnknown, "the shipment has not come yet")
			}
			d.note(key, line.credited)
			if !billed {
				continue // unplanned: it was never billed
			}
			want.Invoice, want.Position = at.Invoice, at.Position
			want.Item = d.describe(d.book.Invoice(at.Invoice), at.Position)
		}
		if _, err := d.book.Credit(memo, want); err != nil {
			return nil, err
		}
		d.note(key, line.credited)
	}
	if memo == nil || len(memo.Lines) == 0 {
		return nil, nil
	}
	return memo, nil
}

func (d *returnsDesk) note(line store.ReturnLine, credited int64) {
	d.credited[line], d.changed[line] = credited, credited
}

// head begins the memo of a return: that of the first invoice which it credits, else of its account. It is nil when the
// return needs none.
func (d *returnsDesk) head(one creditedReturn) (*domain.Memo, error) {
	var memo *domain.Memo
	free := false
	for _, line := range one.lines {
		if at, billed := d.invoiced[line.shipmentLine]; billed {
			memo = memoOf(d.book.Invoice(at.Invoice))
			break
		}
		free = free || line.shipmentLine == ""
	}
	if memo == nil {
		if !free {
			return nil, nil
		}
		var err error
		if memo, err = d.memoFor(one.account, one.currency); err != nil {
			return nil, err
		}
		memo.Order = one.order
	}
	memo.Return, memo.Partner, memo.Reason = one.id, cmp.Or(one.partner, memo.Partner), cmp.Or(one.reason, "RETURN")
	return memo, nil
}
