package order

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"

	commonv1 "github.com/waybill-dev/waybill/gen/waybill/common/v1"
	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/money"
	"github.com/waybill-dev/waybill/internal/rpc"
	"github.com/waybill-dev/waybill/services/order/internal/domain"
	"github.com/waybill-dev/waybill/services/order/internal/store"
)

// maxLines is the most that an order has; the contract says so of a submission.
const maxLines = 10_000

// addition is what an amendment needs of the master data: the items of the order, and new lines with their prices, or why
// they have none.
type addition struct {
	catalog *domain.Catalog
	priced  *domain.Priced
	err     error
}

// priceAdded reads the master data for an amendment, outside of its transaction.
func (s *Service) priceAdded(ctx context.Context, order uuid.UUID, req *orderv1.AmendOrderRequest) (*addition, error) {
	documents, err := store.FindDocuments(ctx, s.db.Pool(), []uuid.UUID{order})
	if err != nil {
		return nil, database.Fault(ctx, err)
	}
	document, ok := documents[order]
	caller := rpc.IdentityFrom(ctx)
	if !ok || (caller.Partner != "" && caller.Partner != document.Key.Partner) {
		return nil, notFound()
	}
	priced, err := (&snapshot{wire: document.Snapshot}).order()
	if err != nil {
		return nil, err
	}
	ask := domain.Ask{
		AccountID: priced.GetAccountId(), Currency: priced.GetCurrencyCode(), Partner: priced.GetPartnerId(),
		Day: s.now().Format(time.DateOnly), ShipTo: domain.AskShipTo{Given: true},
		MayAgree: caller.Partner == "" || caller.Allows(scopeAgreedPrice),
	}
	for _, line := range req.GetAddedLines() {
		ask.Lines = append(ask.Lines, domain.AskLine{
			SKU: line.GetSku(), Quantity: line.GetQuantity().GetValue(), Unit: line.GetQuantity().GetUnit(), UnitPrice: line.GetUnitPrice(),
		})
	}
	known := domain.Ask{AccountID: ask.AccountID, Currency: ask.Currency}
	for _, line := range req.GetLines() {
		if at := int(line.GetLineNumber()) - 1; at < len(priced.GetLines()) {
			known.Lines = append(known.Lines, domain.AskLine{SKU: priced.GetLines()[at].GetSku()})
		}
	}
	fresh := &addition{}
	if fresh.catalog, err = s.catalogs.For(ctx, s.db.Pool(), []domain.Ask{ask, known}); err != nil {
		return nil, database.Fault(ctx, err)
	}
	if len(ask.Lines) > 0 {
		fresh.priced, fresh.err = domain.Price(ask, fresh.catalog)
		if fresh.err == nil {
			fresh.err = pricesDiffer(fresh.priced)
		}
		fresh.err = renamed(fresh.err, "lines[", "added_lines[")
	}
	return fresh, nil
}

// pricesDiffer refuses new lines whose price would have an order held: an order that is under way is not held for them.
func pricesDiffer(priced *domain.Priced) error {
	refusal := fault.New(fault.Invalid, domain.ReasonPriceDiffers, "a price differs from ours")
	for i := range priced.Lines {
		if differs := priced.Lines[i].Differs; differs != "" {
			refusal = refusal.WithField(fmt.Sprintf("lines[%d].unit_price", i), domain.ReasonPriceDiffers, differs)
		}
	}
	if len(refusal.Fields) == 0 {
		return nil
	}
	return refusal
}

// renamed puts the fields of a fault under another name.
func renamed(err error, from, to string) error {
	refusal, ok := fault.As(err)
	if !ok {
		return err
	}
	for i := range refusal.Fields {
		if rest, ok := strings.CutPrefix(refusal.Fields[i].Path, from); ok {
			refusal.Fields[i].Path = to + rest
		}
	}
	return refusal
}

// amendmentDraft is an amendment with the order as it would be, not priced yet.
type amendmentDraft struct {
	wanted *domain.Amendment
	next   *orderv1.PricedOrder
}

// draftAmendment reads what is wanted against the order as it is now.
func (h *held) draftAmendment(ctx context.Context, req *orderv1.AmendOrderRequest, fresh *addition) (*amendmentDraft, error) {
	if fresh.err != nil {
		return nil, fresh.err
	}
	d := &amendmentDraft{
		wanted: &domain.Amendment{Revision: h.order.Revision + 1, Actor: actorOf(ctx), Reason: req.GetReason()},
		next:   proto.CloneOf(h.priced),
	}
	seen := make(map[int32]bool, len(req.GetLines()))
	for i, line := range req.GetLines() {
		if seen[line.GetLineNumber()] {
			return nil, lineFault(i, "line_number", "LINE_TWICE", "stands twice")
		}
		seen[line.GetLineNumber()] = true
		if err := d.changeLine(ctx, h.order, i, line, fresh.catalog); err != nil {
			return nil, err
		}
	}
	if err := d.addLines(req.GetAddedLines(), fresh.priced); err != nil {
		return nil, err
	}
	if to := req.GetShipTo(); to != nil && !proto.Equal(to, h.priced.GetShipTo()) {
		d.wanted.Moved, d.next.ShipTo = true, to
	}
	if err := d.changeDay(h.order, req); err != nil {
		return nil, err
	}
	if w := d.wanted; len(w.Lines)+len(w.Added) == 0 && !w.Moved && w.NotBefore == nil {
		return nil, fault.New(fault.Invalid, "NOTHING_TO_CHANGE", "the order is as wanted already").
			WithField("lines", "NOTHING_TO_CHANGE", "nothing is to be changed")
	}
	return d, nil
}

func lineFault(at int, field, reason, message string) error {
	return fault.New(fault.Invalid, reason, "line %d of the request: %s", at+1, message).
		WithField(fmt.Sprintf("lines[%d].%s", at, field), reason, message)
}

// changeLine reads what is wanted of a line. What is as wanted is left out.
func (d *amendmentDraft) changeLine(
	ctx context.Context, o *domain.Order, at int, asked *orderv1.AmendLine, catalog *domain.Catalog,
) error {
	line := o.Line(asked.GetLineNumber())
	if line == nil {
		return lineFault(at, "line_number", "LINE_UNKNOWN", "the order has no such line")
	}
	to, want := d.next.GetLines()[asked.GetLineNumber()-1], domain.LineWant{Line: asked.GetLineNumber()}
	if asked.GetQuantity() != nil {
		// The conversion is that of the day on which the line was priced.
		day := d.next.GetOrderedAt().AsTime().UTC().Format(time.DateOnly)
		base, err := catalog.BaseOf(to.GetSku(), asked.GetQuantity().GetValue(), asked.GetQuantity().GetUnit(), day)
		if err != nil {
			return atField(err, fmt.Sprintf("lines[%d].quantity.value", at))
		}
		want.More, want.Less = max(base-line.Wanted(), 0), max(line.Wanted()-base, 0)
		if want.More > 0 {
			to.Quantity += want.More
		}
		if want.More+want.Less > 0 {
			to.SentQuantity = asked.GetQuantity()
		}
	}
	if asked.GetUnitPrice() != "" {
		price, err := money.ParsePrice(asked.GetUnitPrice())
		if err != nil {
			return lineFault(at, "unit_price", domain.ReasonPriceInvalid, "no price")
		}
		if price.String() != to.GetUnitPrice() {
			if caller := rpc.IdentityFrom(ctx); caller.Partner != "" && !caller.Allows(scopeAgreedPrice) {
				return lineFault(at, "unit_price", domain.ReasonPriceDiffers,
					fmt.Sprintf("our price is %s per %s", to.GetUnitPrice(), to.GetPriceUnit()))
			}
			want.PriceBefore, to.UnitPrice, to.PriceSource = to.GetUnitPrice(), price.String(), domain.SourceAgreed
		}
	}
	if want.More+want.Less > 0 || want.PriceBefore != "" {
		d.wanted.Lines = append(d.wanted.Lines, want)
	}
	return nil
}

// addLines puts new lines after the last one.
func (d *amendmentDraft) addLines(asked []*orderv1.AddLine, priced *domain.Priced) error {
	if len(d.next.GetLines())+len(asked) > maxLines {
		return fault.New(fault.Invalid, "TOO_MANY_LINES", "an order has at most %d lines", maxLines).
			WithField("added_lines", "TOO_MANY_LINES", "too many lines")
	}
	for i, line := range asked {
		to := &orderv1.PricedLine{}
		fillLine(to, int32(len(d.next.GetLines())+1), &priced.Lines[i], line.GetQuantity(), line.GetExternalLineId())
		d.next.Lines = append(d.next.Lines, to)
	}
	if len(asked) > 0 {
		d.wanted.Added = openLines(priced)
	}
	return nil
}

func (d *amendmentDraft) changeDay(o *domain.Order, req *orderv1.AmendOrderRequest) error {
	if req.NotBefore == nil {
		return nil
	}
	var day time.Time
	if text := req.GetNotBefore(); text != "" {
		var err error
		if day, err = time.Parse(time.DateOnly, text); err != nil {
			return fault.New(fault.Invalid, "DATE_INVALID", "not_before is no date").
				WithField("not_before", "DATE_INVALID", "a day as YYYY-MM-DD is expected")
		}
	}
	if !day.Equal(o.NotBefore) {
		d.wanted.NotBefore = &day
	}
	return nil
}

// fillLine is a line as it was priced.
func fillLine(to *orderv1.PricedLine, number int32, from *domain.PricedLine, sent *commonv1.Quantity, external string) {
	to.LineNumber = number
	to.Sku, to.Description = string(from.Item.SKU), from.Item.Description
	to.Quantity, to.Scale, to.BaseUnit = from.Base, int32(from.Item.Scale), from.Item.BaseUnit
	to.SentQuantity, to.ExternalLineId = sent, external
	to.UnitPrice, to.PriceUnit, to.PriceSource = from.UnitPrice.String(), from.PriceUnit, from.Source
	to.PriceNumerator, to.PriceDenominator = from.Ratio.Num, from.Ratio.Den
	to.NetAmountMinor, to.TaxClass, to.Service = from.Net, from.Item.TaxClass, from.Item.Service
}
