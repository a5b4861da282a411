package masterdata

import (
	"context"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/outbox"
	"github.com/waybill-dev/waybill/internal/shard"
	"github.com/waybill-dev/waybill/services/masterdata/internal/domain"
	"github.com/waybill-dev/waybill/services/masterdata/internal/store"
)

// taken is what came of entries.
type taken struct {
	events []outbox.Event
	// came names what has changed, for those that wait for it.
	came []string
	// changed and same were taken, aside were not.
	changed, same, aside int
	// woken are those that may settle now.
	woken int64
}

func (t *taken) add(other taken) {
	t.events, t.came = append(t.events, other.events...), append(t.came, other.came...)
	t.changed, t.same, t.aside, t.woken = t.changed+other.changed, t.same+other.same, t.aside+other.aside, t.woken+other.woken
}

// takeAll takes entries of all kinds: customers, then items, then prices, so that what is named comes before what names it. Then what
// waits for any of them is due.
func (s *Service) takeAll(
	ctx context.Context, tx database.Transaction, entries map[domain.MasterKind][]entry, now time.Time,
) (taken, error) {
	var all taken
	for _, take := range []func() (taken, error){
		func() (taken, error) { return take(ctx, tx, s, accountMaster, entries[domain.MasterAccount], now) },
		func() (taken, error) { return take(ctx, tx, s, itemMaster, entries[domain.MasterItem], now) },
		func() (taken, error) { return take(ctx, tx, s, priceMaster, entries[domain.MasterPrice], now) },
		func() (taken, error) {
			found, known, err := present(ctx, tx, domain.MasterUnknown, entries[domain.MasterUnknown])
			if err != nil {
				return taken{}, err
			}
			_, refused := s.sound(found, nil) // each has a flaw
			return s.settle(ctx, tx, domain.MasterUnknown, found, known, refused, now)
		},
	} {
		one, err := take()
		if err != nil {
			return taken{}, err
		}
		all.add(one)
	}
	var err error
	if all.woken, err = store.WakeSetAsideEntries(ctx, tx, all.came, now); err != nil {
		return taken{}, err
	}
	return all, outbox.Add(ctx, tx, all.events...)
}

// take stores those entries of a kind that can be, by the same decision as the upsert of that kind, and sets the others aside.
func take[T domain.Master[T], M proto.Message](
	ctx context.Context, tx database.Transaction, s *Service, k master[T, M], entries []entry, now time.Time,
) (taken, error) {
	entries, known, err := present(ctx, tx, k.form, entries)
	if err != nil || len(entries) == 0 {
		return taken{}, err
	}
	stored, err := k.lock(ctx, tx, lockable(k, entries))
	if err != nil {
		return taken{}, err
	}
	wanted, refused := s.sound(entries, func(told proto.Message, kept []string) proto.Message {
		return mergeWith(k, stored, told, kept)
	})
	set := make([]T, 0, len(wanted))
	keyOf := make(map[string]string, len(wanted)) // from the entity's key to the entry's
	for _, one := range entries {                 // in their order: of two that want the same code the first has it
		if message, sound := wanted[one.Key]; sound {
			entity := k.fromProto(message.(M))
			set, keyOf[entity.Normal().Key()] = append(set, entity), one.Key
		}
	}
	check, err := k.refer(ctx, tx, set, stored)
	if err != nil {
		return taken{}, err
	}
	plan, faults, err := domain.Sift(stored, set, check, now)
	if err != nil {
		return taken{}, err
	}
	for _, entity := range set {
		if fields := faults[entity.Normal().Key()]; fields != nil {
			refusal := refusalOf(&fault.Error{Fields: fields})
			refusal.WaitsFor, refusal.MayPass = entity.Awaits(fields)
			refused[keyOf[entity.Normal().Key()]] = refusal
		}
	}
	if len(plan.Changed) > 0 {
		if err := k.save(ctx, tx, plan.Changed); err != nil {
			return taken{}, err
		}
	}
	result, err := s.settle(ctx, tx, k.form, entries, known, refused, now)
	result.events = append(events(k.kind, plan.Changed), result.events...)
	result.came = k.came(plan.Changed, stored)
	result.changed = len(plan.Changed)
	result.same -= result.changed
	return result, err
}

// came names what has changed.
func came[T domain.Master[T]](changed []T, stored map[string]T) []string {
	var settled []string
	for _, entity := range changed {
		var was *T
		if before, known := stored[entity.Key()]; known {
			was = &before
		}
		settled = append(settled, entity.Settles(was)...)
	}
	return settled
}

// lockable are entities with the keys of those entries that can be looked for.
func lockable[T domain.Master[T], M proto.Message](k master[T, M], entries []entry) []T {
	set := make([]T, 0, len(entries))
	for _, one := range entries {
		if one.message == nil {
			continue
		}
		if entity := k.fromProto(one.message.(M)).Normal(); !strings.ContainsRune(entity.Key(), 0) {
			set = append(set, entity)
		}
	}
	return set
}

// mergeWith is an entity as it is to be stored.
func mergeWith[T domain.Master[T], M proto.Message](
	k master[T, M], stored map[string]T, told proto.Message, kept []string,
) proto.Message {
	known, ok := stored[k.fromProto(told.(M)).Normal().Key()]
	if !ok {
		var none M
		known = k.fromProto(none.ProtoReflect().New().Interface().(M)) // with the defaults
	}
	return overlay(k.toProto(known), told, kept)
}

// sound gives what is to be stored of the entries that keep the contract's rules, by the entries' keys, and why the others are refused.
func (s *Service) sound(
	entries []entry, merge func(told proto.Message, kept []string) proto.Message,
) (wanted map[string]proto.Message, refused map[string]*domain.Refusal) {
	wanted, refused = make(map[string]proto.Message, len(entries)), map[string]*domain.Refusal{}
	for _, one := range entries {
		if one.flaw != nil {
			refused[one.Key] = one.flaw
			continue
		}
		merged := merge(one.message, one.Kept)
		if err := s.validator.Check(merged); err != nil {
			refused[one.Key] = refusalOf(err)
			continue
		}
		wanted[one.Key] = merged
	}
	return wanted, refused
}

// present leaves out what is to be tried again and is not set aside as it was any more, and gives what is set aside of the others.
func present(
	ctx context.Context, tx database.Transaction, kind domain.MasterKind, entries []entry,
) ([]entry, map[string]domain.SetAside, error) {
	if len(entries) == 0 {
		return nil, nil, nil
	}
	keys := make([]string, 0, len(entries))
	for _, one := range entries {
		keys = append(keys, one.Key)
	}
	known, err := store.FindSetAsideByKey(ctx, tx, kind, keys)
	if err != nil {
		return nil, nil, err
	}
	return slices.DeleteFunc(slices.Clone(entries), func(one entry) bool {
		aside, is := known[one.Key]
		return one.again && (!is || !aside.Same(one.Told))
	}), known, nil
}

// settle books what came of entries of one kind: it sets aside what was refused, and ends what was set aside and is no more.
func (s *Service) settle(
	ctx context.Context, tx database.Transaction, kind domain.MasterKind, entries []entry, known map[string]domain.SetAside,
	refused map[string]*domain.Refusal, now time.Time,
) (taken, error) {
	var result taken
	var kept []domain.SetAside
	var over []string
	for _, one := range entries {
		before, was := known[one.Key]
		switch why := refused[one.Key]; {
		case why != nil:
			result.aside++
			var last *domain.SetAside
			if was {
				last = &before
			}
			aside, changed := s.config.patience().Refuse(last, one.Told, *why, one.again, now)
			if changed {
				kept = append(kept, aside)
			}
			if changed && aside.Announced > before.Announced {
				result.events = append(result.events, asideEvent(&aside, now))
			}
		case was:
			result.same++
			over = append(over, one.Key)
			settlement := masterdatav1.MasterSettlement_MASTER_SETTLEMENT_REPLACED
			if before.Same(one.Told) {
				settlement = masterdatav1.MasterSettlement_MASTER_SETTLEMENT_TAKEN
			}
			result.events = append(result.events, settledEvents(&before, settlement, "", "", now)...)
		default:
			result.same++
		}
	}
	if err := store.SaveSetAsideEntries(ctx, tx, kept); err != nil {
		return taken{}, err
	}
	return result, store.DeleteSetAsideEntries(ctx, tx, kind, over)
}

func asideEvent(aside *domain.SetAside, now time.Time) outbox.Event {
	return entryEvent(aside, aside.Announced, now, &masterdatav1.MasterSetAside{
		EntryId: aside.EntryID, Kind: kindToProto(aside.Kind), Key: aside.Key, Reason: aside.Reason, Message: aside.Message,
		Faults: convertAll(aside.Faults, faultToProto), Tries: int32(aside.Tries),
	})
}

// settledEvents tell that an entry is set aside no more, where it was told that it is.
func settledEvents(
	before *domain.SetAside, settlement masterdatav1.MasterSettlement, actor, reason string, now time.Time,
) []outbox.Event {
	if before.Announced == 0 {
		return nil
	}
	return []outbox.Event{entryEvent(before, before.Announced+1, now, &masterdatav1.MasterSettled{
		EntryId: before.EntryID, Kind: kindToProto(before.Kind), Key: before.Key, Settlement: settlement, Actor: actor, Reason: reason,
	})}
}

func entryEvent(aside *domain.SetAside, sequence int64, now time.Time, payload proto.Message) outbox.Event {
	return outbox.Event{
		Aggregate: aside.EntryID, Sequence: sequence, Shard: shard.Of(aside.EntryID), Payload: payload, OccurredAt: now,
	}
}
