package fault

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	"github.com/waybill-dev/waybill/internal/database"
)

// restTime is how long everything may take to come to rest once nothing is broken any more. It is long: dead processes'
// leases end, events are delivered again, waits of outside systems pass, and the machine may be busy.
const restTime = 4 * time.Minute

// queues are the tables in which something waits to be done, by role, and what is in them.
var queues = []struct{ role, what, query string }{
	{"order", "orders moving", `SELECT count(*) FROM order_state WHERE moving`},
	{"billing", "invoices pending", `SELECT count(*) FROM invoice_pending`},
	{"billing", "credit memos pending", `SELECT count(*) FROM credit_memo_pending`},
	{"masterdata", "masters set aside", `SELECT count(*) FROM master_set_aside`},
}

var mechanics = []struct{ what, query string }{
	{"events untold", `SELECT count(*) FROM outbox`},
	{"states untold", `SELECT count(*) FROM outbox_state`},
	{"events parked", `SELECT count(*) FROM inbox_parked`},
	{"dead letters", `SELECT count(*) FROM inbox_dead_letter WHERE resolved_at IS NULL`},
}

// rest waits until nothing moves any more and every invariant holds.
func (s *system) rest() error {
	ctx, cancel := context.WithTimeout(s.t.Context(), restTime)
	defer cancel()
	var last error
	for {
		if last = s.still(ctx); last == nil {
			if output, err := s.command(restTime, "check", "--database-url", s.direct); err != nil {
				last = fmt.Errorf("check: %w\n%s", err, output)
			} else if last = s.still(ctx); last == nil {
				return nil
			}
		}
		select {
		case <-ctx.Done():
			stuck := s.stuck()
			return fmt.Errorf("not at rest after %s: %w\n%s\n%s", restTime, last, stuck, s.evidence(last.Error()+stuck))
		case <-time.After(500 * time.Millisecond):
		}
	}
}

// still is nil when no queue holds anything.
func (s *system) still(ctx context.Context) error {
	for _, queue := range queues {
		if err := s.empty(ctx, queue.role, queue.what, queue.query); err != nil {
			return err
		}
	}
	if err := s.mastersAgree(ctx); err != nil {
		return err
	}
	for _, role := range s.roles() {
		if s.replicas[role][0].bus == nil {
			continue
		}
		for _, one := range mechanics {
			if err := s.empty(ctx, role, one.what, one.query); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *system) empty(ctx context.Context, role, what, query string) error {
	n, err := s.count(ctx, role, query)
	if err == nil && n > 0 {
		return fmt.Errorf("%s: %d %s", role, n, what)
	}
	return err
}

func (s *system) count(ctx context.Context, role, query string) (n int64, err error) {
	err = s.read(ctx, role, func(conn *pgx.Conn) error { return conn.QueryRow(ctx, query).Scan(&n) })
	return n, err
}

// read looks into a role's database, past everything that is broken.
func (s *system) read(ctx context.Context, role string, look func(*pgx.Conn) error) error {
	url, err := database.ServiceURL(s.direct, role)
	if err != nil {
		return err
	}
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	return look(conn)
}

// stuck shows what does not move on.
func (s *system) stuck() string {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(s.t.Context()), time.Minute)
	defer cancel()
	var shown []string
	show := func(role, query string) {
		err := s.read(ctx, role, func(conn *pgx.Conn) error {
			rows, err := conn.Query(ctx, query)
			if err != nil {
				return err
			}
			found, err := pgx.CollectRows(rows, pgx.RowTo[string])
			for _, one := range found {
				shown = append(shown, role+": "+one)
			}
			return err
		})
		if err != nil {
			shown = append(shown, err.Error())
		}
	}
	show("order", `SELECT s.order_id::text || ' ' || s.status || ' ' || s.policy || ' ' || s.lines::text || ' ' || s.progress::text || ' ' ||
		coalesce(p.kind || ' ' || p.state || ' ' || p.steps::text, 'no process')
		FROM order_state AS s LEFT JOIN process AS p ON p.order_id = s.order_id WHERE s.moving LIMIT 5`)
	show("order", `SELECT 'exception ' || e::text FROM process_exception AS e LIMIT 5`)
	for _, role := range s.roles() {
		if s.replicas[role][0].bus == nil {
			continue
		}
		show(role, `SELECT 'untold ' || aggregate || ' ' || sequence::text || ' shard ' || shard::text FROM outbox LIMIT 3`)
		show(role, `SELECT 'parked ' || consumer || ' ' || aggregate || ' ' || sequence::text FROM inbox_parked LIMIT 3`)
		show(role, `SELECT 'dead letter ' || consumer || ' ' || type || ' ' || error FROM inbox_dead_letter LIMIT 3`)
	}
	return strings.Join(shown, "\n")
}

// final are the statuses in which nothing remains to be done.
var final = []orderv1.OrderStatus{
	orderv1.OrderStatus_ORDER_STATUS_REJECTED, orderv1.OrderStatus_ORDER_STATUS_CANCELLED,
	orderv1.OrderStatus_ORDER_STATUS_INVOICED, orderv1.OrderStatus_ORDER_STATUS_CLOSED,
}

// account compares the orders that there are with those that the traders know, and asks each what it waits for.
func (s *system) account(told *book) (summary string, err error) {
	ctx, cancel := context.WithTimeout(s.t.Context(), restTime)
	defer cancel()
	client := orderv1.NewOrderServiceClient(s.call("order", "operator"))
	found, counts := map[string]string{}, map[string]int{}
	request := &orderv1.ListOrdersRequest{Filter: &orderv1.OrderFilter{PartnerId: partner}, PageSize: 500}
	for {
		page := &orderv1.ListOrdersResponse{}
		err := insist(ctx, patience, func(ctx context.Context) (err error) {
			page, err = client.ListOrders(ctx, request)
			return err
		})
		if err != nil {
			return "", err
		}
		for _, order := range page.GetOrders() {
			number := order.GetExternalOrderId()
			if other, twice := found[number]; twice {
				return "", fmt.Errorf("order %s is there twice: %s and %s", number, other, order.GetOrderId())
			}
			found[number] = order.GetOrderId()
			cause := waitsFor(order)
			if cause == "" {
				return "", fmt.Errorf("order %s (%s, %s) waits for nothing: %v", number, order.GetOrderId(), order.GetStatus(), order)
			}
			counts[cause]++
		}
		if request.PageToken = page.GetNextPageToken(); request.PageToken == "" {
			break
		}
	}
	told.mu.Lock()
	defer told.mu.Unlock()
	for number, order := range told.orders {
		if found[number] != order {
			return "", fmt.Errorf("order %s was accepted as %s, and is %q", number, order, found[number])
		}
	}
	var parts []string
	for _, cause := range slices.Sorted(maps.Keys(counts)) {
		parts = append(parts, fmt.Sprintf("%s %d", cause, counts[cause]))
	}
	return fmt.Sprintf("%d orders: %s", len(found), strings.Join(parts, ", ")), nil
}

// waitsFor names why an order at rest is where it is; empty: nobody knows.
func waitsFor(order *orderv1.Order) string {
	switch {
	case slices.Contains(final, order.GetStatus()):
		return strings.ToLower(strings.TrimPrefix(order.GetStatus().String(), "ORDER_STATUS_"))
	case len(order.GetHolds()) > 0:
		return "held: " + strings.ToLower(strings.TrimPrefix(order.GetHolds()[0].GetType().String(), "HOLD_TYPE_"))
	}
	for _, line := range order.GetLines() {
		if waits := line.GetBackordered(); waits != "" && waits != "0" {
			return "waits for stock"
		}
	}
	return ""
}
