package order

import (
	"strings"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/internal/inbox"
	"github.com/waybill-dev/waybill/services/order/internal/domain"
	"github.com/waybill-dev/waybill/services/order/internal/store"
)

// verify compares what the order service believes with what its peers hold, and checks its own invariants. It is for
// when nothing is under way.
func (w *world) verify() {
	w.t.Helper()
	w.checkAll()
	held, claimed := map[spot]int64{}, map[spot]int64{}
	var after uuid.UUID
	for {
		page, err := store.PageOrders(w.t.Context(), w.db.Pool(), after, 500)
		if err != nil {
			w.t.Fatal(err)
		}
		if len(page) == 0 {
			break
		}
		for _, one := range page {
			after = one.Order.ID
			w.verifyOrder(one, held, claimed)
		}
	}
	w.agree(held, claimed)
}

// agree compares what orders hold with what the peers do.
func (w *world) agree(held, claimed map[spot]int64) {
	w.t.Helper()
	if diff := cmp.Diff(held, w.inventory.held(), cmp.AllowUnexported(spot{})); diff != "" {
		w.t.Errorf("stock: orders (-) and inventory (+) disagree:\n%s", diff)
	}
	if diff := cmp.Diff(claimed, w.billing.claimed(), cmp.AllowUnexported(spot{})); diff != "" {
		w.t.Errorf("credit: orders (-) and billing (+) disagree:\n%s", diff)
	}
}

func (w *world) verifyOrder(one store.Stored, held, claimed map[spot]int64) {
	o := one.Order
	if err := o.Verify(); err != nil {
		w.t.Error(err)
	}
	if one.Status != o.Status() || one.Moving != o.Moving() {
		w.t.Errorf("order %s: stored %s %v, derived %s %v", o.ID, one.Status, one.Moving, o.Status(), o.Moving())
	}
	if o.Amending != 0 || len(o.Extras) > 0 {
		w.t.Errorf("order %s: amending %d, extras %v", o.ID, o.Amending, o.Extras)
	}
	for _, part := range o.KeptParts() {
		held[spot{id.Format(id.Order, o.ID), part.Line, string(part.Node)}] += part.Quantity
	}
	if len(o.Awaiting)+len(o.Early) > 0 && o.Kept == nil {
		w.t.Errorf("order %s still awaits %v, early %v", o.ID, o.Awaiting, o.Early)
	}
	name := id.Format(id.Order, o.ID)
	for i := range o.Lines {
		line, number := &o.Lines[i], int32(i+1)
		if line.Unwanted != 0 || line.Unanswered != 0 || len(line.Surplus) > 0 {
			w.t.Errorf("order %s line %d: unwanted %d, unanswered %d, surplus %v", o.ID, number, line.Unwanted, line.Unanswered, line.Surplus)
		}
		if line.Asking != 0 || line.Ahead != 0 {
			w.t.Errorf("order %s line %d: asking %d, ahead %d", o.ID, number, line.Asking, line.Ahead)
		}
		if o.State != domain.Accepted {
			continue
		}
		if line.Remaining() > 0 {
			claimed[spot{order: name, line: number}] += line.Remaining()
		}
		if line.Service {
			continue
		}
		if line.Backordered > 0 {
			held[spot{name, number, ""}] += line.Backordered
		}
		for _, place := range line.At {
			if place.Reserved+place.Released > 0 {
				held[spot{name, number, string(place.Node)}] += place.Reserved + place.Released
			}
		}
	}
	if o.State == domain.Received || (!o.Finished() && o.Waits() == "" && !strings.HasPrefix(string(o.Status()), "ALLOCATED")) {
		w.t.Errorf("order %s was forgotten: %s %s", o.ID, o.State, o.Status())
	}
}

func message(one told) inbox.Message { return inbox.Message{ID: "e", Payload: one.payload} }

// dump shows what is under way.
func (w *world) dump() string {
	w.t.Helper()
	rows, err := w.db.Pool().Query(w.t.Context(), `SELECT p.kind || ' ' || p.state || ' v' || p.version::text || ' ' ||
		p.due_at::text || ' ' || p.steps::text || ' of ' || s.state || ' ' || s.lines::text || ' ' || s.progress::text
		FROM process AS p, order_state AS s WHERE s.order_id = p.order_id`)
	if err != nil {
		return err.Error()
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return err.Error()
	}
	return strings.Join(lines, "\n")
}
