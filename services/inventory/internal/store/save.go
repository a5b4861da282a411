package store

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/services/inventory/internal/domain"
)

// Save collects what has changed on a shelf, one statement per table. Balances come first: where another set was faster,
// nothing else is written for nothing.
func Save(ctx context.Context, writes *database.Pipeline, changes domain.Changes, now time.Time) error {
	s := saving{ctx: ctx, writes: writes, queries: New(writes), now: now}
	for _, save := range []func() error{
		func() error { return s.balances(changes.Balances) },
		func() error { return s.refreshed(changes.Refreshed) },
		func() error { return s.lots(changes.Lots) },
		func() error { return s.reservations(changes.New) },
		func() error { return s.sequences(changes.Reservations) },
		func() error { return s.newClaims(changes.NewClaims) },
		func() error { return s.changedClaims(changes.ChangedClaims) },
		func() error { return s.waiting(changes.Demand) },
		func() error { return s.states(changes.States) },
		func() error { return s.soft(changes.SoftGone, changes.SoftKept) },
		func() error { return s.quotaMoves(changes.QuotaMoves) },
		func() error { return s.movements(changes.Ledger) },
		func() error { return s.handlings(changes.Handlings) },
		func() error { return s.cancellations(changes.Cancellations) },
		func() error { return s.deferred(changes.Deferred) },
		func() error { return s.posted(changes.Posted) },
	} {
		if err := save(); err != nil {
			return err
		}
	}
	return nil
}

// errNotNew: a reservation that was looked for and not found is there, or stands in the set twice.
var errNotNew = errors.New("a key twice, or one that was not looked for")

type saving struct {
	ctx     context.Context
	writes  *database.Pipeline
	queries *Queries
	now     time.Time
}

func (s saving) reservations(decided []domain.Decided) error {
	if len(decided) == 0 {
		return nil
	}
	set := InsertReservationsParams{CreatedAt: s.now}
	for _, one := range decided {
		outcome, err := encodeOutcome(one.Outcome)
		if err != nil {
			return err
		}
		set.Ids = append(set.Ids, one.ID)
		set.Keys = append(set.Keys, one.Key)
		set.OrderIds = append(set.OrderIds, string(one.Order))
		set.Priorities = append(set.Priorities, int64(one.Priority))
		set.Excluded = append(set.Excluded, joinNodes(one.Excluded))
		set.Refused = append(set.Refused, one.Outcome.Refusal != nil)
		set.Sequences = append(set.Sequences, one.Sequence)
		set.Outcomes = append(set.Outcomes, outcome)
		set.Channels = append(set.Channels, string(one.Channel))
		set.States = append(set.States, string(one.State))
		set.ExpiresAt = append(set.ExpiresAt, storedTime(one.ExpiresAt))
		set.NeededAt = append(set.NeededAt, storedTime(one.NeededAt))
		set.PartnerIds = append(set.PartnerIds, one.Partner)
	}
	return s.writes.Exactly(len(decided), errNotNew, func() error { return s.queries.InsertReservations(s.ctx, set) })
}

func (s saving) sequences(reservations []*domain.Reservation) error {
	if len(reservations) == 0 {
		return nil
	}
	var set UpdateReservationsParams
	for _, reservation := range reservations {
		set.Ids = append(set.Ids, reservation.ID)
		set.Sequences = append(set.Sequences, reservation.Sequence)
	}
	return s.queries.UpdateReservations(s.ctx, set)
}

func (s saving) newClaims(claims []*domain.Claim) error {
	if len(claims) == 0 {
		return nil
	}
	n := len(claims)
	set := InsertClaimsParams{
		ReservationIds: make([]uuid.UUID, n), LineNumbers: make([]int64, n), NodeIds: make([]string, n),
		Skus: make([]string, n), Quantities: make([]int64, n), Remaining: make([]int64, n), Consumed: make([]int64, n),
		GivenBack: make([]int64, n), Picked: make([]int64, n), Held: make([]int64, n),
	}
	for i, claim := range claims {
		set.ReservationIds[i] = claim.Reservation().ID
		set.LineNumbers[i], set.NodeIds[i], set.Skus[i] = int64(claim.Line), string(claim.Node), string(claim.SKU)
		set.Quantities[i], set.Remaining[i], set.Consumed[i] = claim.Quantity, claim.Remaining, claim.Consumed
		set.GivenBack[i], set.Picked[i], set.Held[i] = claim.GivenBack, claim.Picked, claim.Held
	}
	return s.queries.InsertClaims(s.ctx, set)
}

func (s saving) changedClaims(claims []*domain.Claim) error {
	if len(claims) == 0 {
		return nil
	}
	var set UpdateClaimsParams
	for _, claim := range claims {
		set.ReservationIds = append(set.ReservationIds, claim.Reservation().ID)
		set.LineNumbers = append(set.LineNumbers, int64(claim.Line))
		set.NodeIds = append(set.NodeIds, string(claim.Node))
		set.Quantities = append(set.Quantities, claim.Quantity)
		set.Remaining = append(set.Remaining, claim.Remaining)
		set.Consumed = append(set.Consumed, claim.Consumed)
		set.GivenBack = append(set.GivenBack, claim.GivenBack)
		set.Picked = append(set.Picked, claim.Picked)
		set.Held = append(set.Held, claim.Held)
		set.LendsAge = append(set.LendsAge, claim.LendsAge)
	}
	return s.queries.UpdateClaims(s.ctx, set)
}

// waiting lets the queue follow the claims that wait.
func (s saving) waiting(claims []*domain.Claim) error {
	var kept SaveWaitingParams
	var gone DeleteWaitingParams
	for _, claim := range claims {
		rank := -int64(claim.Reservation().Priority)
		if claim.Remaining == 0 {
			gone.Skus = append(gone.Skus, string(claim.SKU))
			gone.Ranks = append(gone.Ranks, rank)
			gone.ReservationIds = append(gone.ReservationIds, claim.Reservation().ID)
			gone.LineNumbers = append(gone.LineNumbers, int64(claim.Line))
			continue
		}
		kept.Skus = append(kept.Skus, string(claim.SKU))
		kept.Ranks = append(kept.Ranks, rank)
		kept.ReservationIds = append(kept.ReservationIds, claim.Reservation().ID)
		kept.LineNumbers = append(kept.LineNumbers, int64(claim.Line))
		kept.Quantities = append(kept.Quantities, claim.Remaining)
	}
	if len(gone.Skus) > 0 {
		if err := s.queries.DeleteWaiting(s.ctx, gone); err != nil {
			return err
		}
	}
	if len(kept.Skus) > 0 {
		return s.queries.SaveWaiting(s.ctx, kept)
	}
	return nil
}

func (s saving) balances(balances []domain.Balance) error {
	if len(balances) == 0 {
		return nil
	}
	n := len(balances)
	set := SaveBalancesParams{
		Skus: make([]string, n), NodeIds: make([]string, n), OnHand: make([]int64, n), QualityHold: make([]int64, n),
		Damaged: make([]int64, n), Reserved: make([]int64, n), Picked: make([]int64, n), Frozen: make([]bool, n),
		Versions: make([]int64, n), Sequences: make([]int64, n), AsOf: make([]time.Time, n), Unverified: make([]int64, n),
		CountedTo: make([]time.Time, n),
	}
	for i, b := range balances {
		set.Skus[i], set.NodeIds[i], set.OnHand[i], set.QualityHold[i] = string(b.SKU), string(b.Node), b.OnHand, b.QualityHold
		set.Damaged[i], set.Reserved[i], set.Picked[i], set.Frozen[i] = b.Damaged, b.Reserved, b.Picked, b.Frozen
		set.Versions[i], set.Sequences[i], set.AsOf[i] = b.Version, b.Sequence, b.AsOf
		set.Unverified[i], set.CountedTo[i] = b.Unverified, b.CountedTo
	}
	return s.queries.SaveBalances(s.ctx, set)
}

// refreshed stores how fresh balances are; most transactions have nothing to say about that.
func (s saving) refreshed(balances []domain.Balance) error {
	if len(balances) == 0 {
		return nil
	}
	var set SaveFreshnessParams
	for _, b := range balances {
		set.Skus = append(set.Skus, string(b.SKU))
		set.NodeIds = append(set.NodeIds, string(b.Node))
		set.FreshUntils = append(set.FreshUntils, orForever(b.Freshness.Until))
		set.Stales = append(set.Stales, b.Stale)
		set.StaleUnits = append(set.StaleUnits, b.Freshness.Units)
		set.StaleBps = append(set.StaleBps, b.Freshness.BP)
	}
	return s.queries.SaveFreshness(s.ctx, set)
}

func (s saving) movements(ledger []domain.Posting) error {
	if len(ledger) == 0 {
		return nil
	}
	set := InsertMovementsParams{RecordedAt: s.now}
	for _, posting := range ledger {
		set.Skus = append(set.Skus, string(posting.SKU))
		set.NodeIds = append(set.NodeIds, string(posting.Node))
		set.Ids = append(set.Ids, posting.ID)
		set.FromBuckets = append(set.FromBuckets, string(posting.From))
		set.ToBuckets = append(set.ToBuckets, string(posting.To))
		set.Quantities = append(set.Quantities, posting.Quantity)
		set.Reasons = append(set.Reasons, posting.Reason)
		set.Documents = append(set.Documents, posting.Document)
		set.OccurredAt = append(set.OccurredAt, posting.OccurredAt)
		set.Lots = append(set.Lots, posting.Lot)
	}
	return s.queries.InsertMovements(s.ctx, set)
}

func (s saving) handlings(handlings []*domain.Handling) error {
	if len(handlings) == 0 {
		return nil
	}
	var set SaveHandlingsParams
	for _, handling := range handlings {
		set.OrderIds = append(set.OrderIds, string(handling.Order))
		set.FulfillmentIds = append(set.FulfillmentIds, handling.Fulfillment)
		set.NodeIds = append(set.NodeIds, string(handling.Node))
		set.Lines = append(set.Lines, encodeHandling(handling.Lines))
	}
	return s.queries.SaveHandlings(s.ctx, set)
}

func (s saving) cancellations(decided []domain.DecidedCancellation) error {
	if len(decided) == 0 {
		return nil
	}
	set := InsertCancellationsParams{CreatedAt: s.now}
	for _, one := range decided {
		outcome, err := encodeCancelled(one.Outcome)
		if err != nil {
			return err
		}
		set.Keys = append(set.Keys, one.Key)
		set.OrderIds = append(set.OrderIds, string(one.Order))
		set.Outcomes = append(set.Outcomes, outcome)
	}
	return s.writes.Exactly(len(decided), errNotNew, func() error { return s.queries.InsertCancellations(s.ctx, set) })
}

func (s saving) deferred(facts []*domain.Deferred) error {
	if len(facts) == 0 {
		return nil
	}
	set := InsertDeferredParams{RecordedAt: s.now}
	for _, fact := range facts {
		set.Skus = append(set.Skus, string(fact.SKU))
		set.NodeIds = append(set.NodeIds, string(fact.Node))
		set.Ids = append(set.Ids, fact.ID)
		set.Quantities = append(set.Quantities, fact.Quantity)
		set.Missing = append(set.Missing, fact.Missing)
		set.Documents = append(set.Documents, fact.Document)
		set.OccurredAt = append(set.OccurredAt, fact.OccurredAt)
		set.FromBuckets = append(set.FromBuckets, string(fact.From))
		set.ToBuckets = append(set.ToBuckets, string(fact.To))
		set.Lots = append(set.Lots, fact.Lot)
		set.Reasons = append(set.Reasons, fact.Reason)
		set.Counted = append(set.Counted, fact.Counted)
	}
	return s.queries.InsertDeferred(s.ctx, set)
}

func (s saving) posted(facts []*domain.Deferred) error {
	if len(facts) == 0 {
		return nil
	}
	set := PostDeferredParams{PostedAt: s.now}
	for _, fact := range facts {
		set.Skus = append(set.Skus, string(fact.SKU))
		set.NodeIds = append(set.NodeIds, string(fact.Node))
		set.Ids = append(set.Ids, fact.ID)
	}
	return s.queries.PostDeferred(s.ctx, set)
}
