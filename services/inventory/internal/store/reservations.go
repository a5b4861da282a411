package store

import (
	"bytes"
	"cmp"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/waybill-dev/waybill/services/inventory/internal/domain"
)

// reservationsOf puts all reservations of the orders on the shelf and returns their claims.
func (l *loading) reservationsOf(orders []string) ([]*domain.Claim, error) {
	if len(orders) == 0 {
		return nil, nil
	}
	rows, err := l.queries.ReservationsByOrder(l.ctx, orders)
	if err != nil {
		return nil, err
	}
	headers := make([]ReservationsByIDRow, len(rows))
	for i, row := range rows {
		headers[i] = ReservationsByIDRow(row)
	}
	return l.put(headers)
}

// reservationsByKey does the same for the reservations of the keys. Of refused ones only the outcome is put.
func (l *loading) reservationsByKey(keys []string) ([]*domain.Claim, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	rows, err := l.queries.ReservationsByKey(l.ctx, keys)
	if err != nil {
		return nil, err
	}
	var headers []ReservationsByIDRow
	for _, row := range rows {
		if !row.Refused {
			headers = append(headers, ReservationsByIDRow{
				ID: row.ID, Key: row.Key, OrderID: row.OrderID, Priority: row.Priority, Excluded: row.Excluded,
				EventSequence: row.EventSequence, Channel: row.Channel, State: row.State, ExpiresAt: row.ExpiresAt,
				PartnerID: row.PartnerID,
			})
			continue
		}
		outcome, err := decodeOutcome(row.Outcome)
		if err != nil {
			return nil, err
		}
		l.shelf.PutOutcome(row.Key, outcome)
	}
	return l.put(headers)
}

// put loads the claims of reservations that are not on the shelf yet, and puts them there.
func (l *loading) put(headers []ReservationsByIDRow) ([]*domain.Claim, error) {
	headers = slices.DeleteFunc(headers, func(header ReservationsByIDRow) bool { return l.loaded[header.ID] })
	if len(headers) == 0 {
		return nil, nil
	}
	ids := make([]uuid.UUID, len(headers))
	for i, header := range headers {
		ids[i] = header.ID
		l.loaded[header.ID] = true
	}
	rows, err := l.queries.LoadClaims(l.ctx, ids)
	if err != nil {
		return nil, err
	}
	claims := make([]*domain.Claim, len(rows))
	of := make(map[uuid.UUID][]*domain.Claim, len(headers))
	for i, row := range rows {
		claims[i] = &domain.Claim{
			Line: int32(row.LineNumber), SKU: domain.SKU(row.Sku), Node: domain.NodeID(row.NodeID), Quantity: row.Quantity,
			Remaining: row.Remaining, Consumed: row.Consumed, GivenBack: row.GivenBack, Picked: row.Picked, Held: row.Held,
			LendsAge: row.LendsAge,
		}
		of[row.ReservationID] = append(of[row.ReservationID], claims[i])
	}
	for _, header := range headers {
		l.shelf.PutReservation(domain.Reservation{
			ID: header.ID, Key: header.Key, Order: domain.OrderID(header.OrderID), Priority: int32(header.Priority),
			Excluded: splitNodes(header.Excluded), Channel: domain.Channel(header.Channel), State: domain.State(header.State),
			ExpiresAt: header.ExpiresAt, Partner: header.PartnerID, Sequence: header.EventSequence, Claims: of[header.ID],
		})
	}
	return claims, nil
}

func joinNodes(nodes []domain.NodeID) string { return strings.Join(texts(nodes), ",") }

func splitNodes(text string) []domain.NodeID {
	if text == "" {
		return nil
	}
	parts := strings.Split(text, ",")
	nodes := make([]domain.NodeID, len(parts))
	for i, part := range parts {
		nodes[i] = domain.NodeID(part)
	}
	return nodes
}

func texts[Code ~string](codes []Code) []string {
	plain := make([]string, len(codes))
	for i, code := range codes {
		plain[i] = string(code)
	}
	return plain
}

// sorted orders a set and leaves each member in it once.
func sorted[T cmp.Ordered](set []T) []T {
	slices.Sort(set)
	return slices.Compact(set)
}

func columns(keys []domain.StockKey) (skus, nodes []string) {
	skus, nodes = make([]string, len(keys)), make([]string, len(keys))
	for i, key := range keys {
		skus[i], nodes[i] = string(key.SKU), string(key.Node)
	}
	return skus, nodes
}

func compareIDs(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) }
