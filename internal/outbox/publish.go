package outbox

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/waybill-dev/waybill/internal/bus"
)

// chain is the rows of one aggregate in order of sequence: each may go only when the one before it has arrived.
type chain []row

// chains groups rows by aggregate, in the order in which the aggregates first appear. Aggregates of two kinds with one
// id share a chain, which costs nothing but a little time.
func chains(rows []row) []chain {
	var all []chain
	at := make(map[string]int, len(rows))
	for _, r := range rows {
		i, known := at[r.aggregate]
		if !known {
			i = len(all)
			at[r.aggregate] = i
			all = append(all, nil)
		}
		all[i] = append(all[i], r)
	}
	for _, c := range all {
		slices.SortStableFunc(c, func(a, b row) int { return cmp.Compare(a.sequence, b.sequence) })
	}
	return all
}

// acknowledgement is the broker's answer under way: a bus.Ack.
type acknowledgement interface {
	Wait(ctx context.Context) (sequence uint64, err error)
}

// flight is an event on its way: the row at position next of a chain.
type flight struct {
	chain int
	ack   acknowledgement
}

// sent is what became of a page.
type sent struct {
	// acked are the rows that the broker has stored.
	acked []row
	// failed are the aggregates of which an event was not stored.
	failed []string
	// failure is the first error. silent tells that the broker did not answer, so that nothing more was sent.
	failure error
	silent  bool
}

func (s *sent) fail(r row, err error) {
	s.failed = append(s.failed, r.aggregate)
	if s.failure == nil {
		s.failure = err
	}
	s.silent = s.silent || !errors.Is(err, bus.ErrRefused) && !errors.Is(err, errBroken)
}

// publish sends the chains, up to window events side by side and each chain in order. An event that fails ends its
// chain. Once stopping says so, it sends nothing more and waits for what is on its way.
func publish(ctx context.Context, all []chain, window int, send func(row) (acknowledgement, error), stopping func() bool) sent {
	var result sent
	next := make([]int, len(all)) // the first row of each chain that is not acknowledged
	ready := make([]int, 0, len(all))
	for i := range all {
		ready = append(ready, i)
	}
	var flying []flight
	for len(ready) > 0 || len(flying) > 0 {
		for len(ready) > 0 && len(flying) < window && !result.silent && !stopping() {
			i := ready[0]
			ready = ready[1:]
			ack, err := send(all[i][next[i]])
			if err != nil {
				result.fail(all[i][next[i]], err)
				continue
			}
			flying = append(flying, flight{chain: i, ack: ack})
		}
		if len(flying) == 0 {
			break
		}
		// Acknowledgements come in about the order of sending: waiting for the oldest wastes little.
		oldest := flying[0]
		flying = flying[1:]
		first := all[oldest.chain][next[oldest.chain]]
		if _, err := oldest.ack.Wait(ctx); err != nil {
			result.fail(first, err)
			continue
		}
		result.acked = append(result.acked, first)
		next[oldest.chain]++
		if next[oldest.chain] < len(all[oldest.chain]) {
			ready = append(ready, oldest.chain)
		}
	}
	return result
}

// errBroken marks a row that cannot be read. It stays until a person looks at it, and what follows in its aggregate too.
var errBroken = errors.New("the row is broken")

func (r *Relay) send(row row) (acknowledgement, error) {
	if row.broken != nil {
		return nil, fmt.Errorf("outbox row %s of %s: %w: %w", row.id, row.aggregate, errBroken, row.broken)
	}
	span := r.follow(&row.event)
	ack, err := r.bus.Publish(bus.Subject(row.event.Type, row.shard), row.event)
	if span == nil || err != nil {
		return ack, err // nothing was sent: the next try has a span of its own
	}
	return tracedAck{ack, span}, nil
}
