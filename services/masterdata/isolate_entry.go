package masterdata

import (
	"context"
	"log/slog"

	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/shard"
	"github.com/waybill-dev/waybill/services/masterdata/internal/domain"
)

// maxPoison is how many entries of one page may each fail their transaction. With more of them it is not about entries.
const maxPoison = 10

// isDefect reports whether a transaction failed in a way that it would fail again.
func isDefect(ctx context.Context, err error) bool {
	return err != nil && ctx.Err() == nil && fault.KindOf(err) == fault.Internal
}

// isolate finds the entries with which a transaction fails, by halves: what does not fail is taken on the way. It fails where another
// thing than an entry is the matter.
func (in *intake) isolate(
	ctx context.Context, leases shard.Leases, entries map[domain.MasterKind][]entry, failure error,
) (map[*entry]bool, error) {
	var all []*entry
	for _, kind := range []domain.MasterKind{domain.MasterAccount, domain.MasterItem, domain.MasterPrice, domain.MasterUnknown} {
		for n := range entries[kind] {
			all = append(all, &entries[kind][n])
		}
	}
	poison := map[*entry]bool{}
	if err := in.halve(ctx, leases, all, poison); err != nil {
		return nil, err
	}
	if len(poison) == 0 || len(poison) > maxPoison {
		return nil, failure
	}
	for one := range poison {
		in.log.ErrorContext(ctx, "a master from the ERP cannot be stored", slog.String("kind", string(one.Kind)), slog.String("key", one.Key),
			slog.Any("error", failure))
	}
	return poison, nil
}

func (in *intake) halve(ctx context.Context, leases shard.Leases, set []*entry, poison map[*entry]bool) error {
	if len(set) == 1 {
		poison[set[0]] = true
		return nil
	}
	if len(poison) > maxPoison {
		return nil
	}
	for _, half := range [][]*entry{set[:len(set)/2], set[len(set)/2:]} {
		if len(half) == 0 {
			continue
		}
		part := map[domain.MasterKind][]entry{}
		for _, one := range half {
			part[one.Kind] = append(part[one.Kind], *one)
		}
		_, err := in.once(ctx, leases, part, nil)
		if isDefect(ctx, err) {
			err = in.halve(ctx, leases, half, poison)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// spoiled are the entries with those marked that cannot be stored.
func spoiled(entries map[domain.MasterKind][]entry, poison map[*entry]bool) map[domain.MasterKind][]entry {
	marked := make(map[domain.MasterKind][]entry, len(entries))
	for kind, list := range entries {
		for n := range list {
			one := list[n]
			if poison[&list[n]] {
				one.flaw = notStorable()
			}
			marked[kind] = append(marked[kind], one)
		}
	}
	return marked
}
