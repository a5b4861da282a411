package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/waybill-dev/waybill/services/order/internal/domain"
	"github.com/waybill-dev/waybill/services/order/internal/process"
)

// Filter says which orders are meant; a zero field does not restrict.
type Filter struct {
	Partner, Channel, ExternalID, Account string
	State                                 domain.State
	Status                                domain.Status
	Hold                                  domain.HoldType
	ReceivedFrom, ReceivedBefore          time.Time
	// Nothing: none are.
	Nothing bool
}

// where is the condition of the filter on sales_order o and order_state s. It is put together from constants; values
// are parameters.
func (f Filter) where() (condition string, args []any) {
	parts := []string{"o.order_id = s.order_id"}
	add := func(text string, value any) {
		args = append(args, value)
		parts = append(parts, fmt.Sprintf(text, len(args)))
	}
	for _, one := range []struct{ text, value string }{
		{"o.partner_id = $%d", f.Partner}, {"o.channel = $%d", f.Channel}, {"o.external_order_id = $%d", f.ExternalID},
		{"o.account_id = $%d", f.Account}, {"s.state = $%d", string(f.State)}, {"s.status = $%d", string(f.Status)},
	} {
		if one.value != "" {
			add(one.text, one.value)
		}
	}
	if f.Hold != "" {
		// The status narrows it by its index.
		parts = append(parts, "s.status = 'HELD'")
		add("s.progress @> $%d::jsonb", fmt.Sprintf(`{"holds": [{"type": %q}]}`, f.Hold))
	}
	if !f.ReceivedFrom.IsZero() {
		add("s.received_at >= $%d", f.ReceivedFrom)
	}
	if !f.ReceivedBefore.IsZero() {
		add("s.received_at < $%d", f.ReceivedBefore)
	}
	if f.Nothing {
		parts = append(parts, "false")
	}
	return strings.Join(parts, " AND "), args
}

// Listed is an order of a list, and how many lines it has.
type Listed struct {
	ID    uuid.UUID
	Lines int
}

// ListOrders gives the newest orders of the filter before an id.
func ListOrders(ctx context.Context, db DBTX, filter Filter, before uuid.UUID, limit int) ([]Listed, error) {
	where, args := filter.where()
	args = append(args, before, limit)
	rows, err := db.Query(ctx, fmt.Sprintf(
		`SELECT s.order_id, jsonb_array_length(s.lines) FROM order_state AS s, sales_order AS o
		WHERE %s AND s.order_id < $%d ORDER BY s.order_id DESC LIMIT $%d`,
		where, len(args)-1, len(args)), args...)
	if err != nil {
		return nil, fmt.Errorf("list orders: %w", err)
	}
	listed, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Listed])
	if err != nil {
		return nil, fmt.Errorf("list orders: %w", err)
	}
	return listed, nil
}

// Counts says how many orders there are.
type Counts struct {
	ByStatus []StatusCount
	// Moving are the orders at which somebody is at work.
	Moving int64
}

// StatusCount is how many orders have one status.
type StatusCount struct {
	Status domain.Status
	Orders int64
}

// CountOrders counts the orders of the filter.
func CountOrders(ctx context.Context, db DBTX, filter Filter) (Counts, error) {
	where, args := filter.where()
	rows, err := db.Query(ctx, fmt.Sprintf(
		`SELECT s.status, count(*) FROM order_state AS s, sales_order AS o WHERE %s GROUP BY s.status ORDER BY s.status`, where), args...)
	if err != nil {
		return Counts{}, fmt.Errorf("count orders: %w", err)
	}
	counts := Counts{}
	counts.ByStatus, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (one StatusCount, err error) {
		var status string
		err = row.Scan(&status, &one.Orders)
		one.Status = domain.Status(status)
		return one, err
	})
	if err != nil {
		return Counts{}, fmt.Errorf("count orders: %w", err)
	}
	// A process that has something to call is work too, whatever the order looks like; a timer is not.
	args = append(args, string(process.Release.Name))
	err = db.QueryRow(ctx, fmt.Sprintf(
		`SELECT count(*) FROM order_state AS s, sales_order AS o
		WHERE %s AND (s.moving OR s.order_id IN
			(SELECT p.order_id FROM process AS p WHERE p.kind <> $%d OR p.steps <> '[]'::jsonb))`, where, len(args)),
		args...).Scan(&counts.Moving)
	if err != nil {
		return Counts{}, fmt.Errorf("count moving orders: %w", err)
	}
	return counts, nil
}
