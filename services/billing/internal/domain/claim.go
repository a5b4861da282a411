package domain

import (
	"fmt"

	"github.com/google/uuid"

	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/money"
)

// Outcome is what became of a claim. It never changes.
type Outcome string

const (
	// Granted means that the order counts in the exposure.
	Granted Outcome = "GRANTED"
	// Refused means that it does not, and that the same key is refused again.
	Refused Outcome = "REFUSED"
	// Undone means that the key was undone before the claim came. It is refused when it comes.
	Undone Outcome = "UNDONE"
)

// Why a claim is refused.
const (
	ReasonCreditLimit     = "CREDIT_LIMIT"
	ReasonCreditStop      = "CREDIT_STOP"
	ReasonCreditPastDue   = "CREDIT_PAST_DUE"
	ReasonUndone          = "UNDONE"
	ReasonAccountMismatch = "ACCOUNT_MISMATCH"
	ReasonSnapshotChanged = "SNAPSHOT_CHANGED"
)

// ReasonAccountUnknown says that the account's copy has not come yet: it is no decision, and the same key may be granted later.
const ReasonAccountUnknown = "ACCOUNT_UNKNOWN"

// Claim is a claim on credit, kept for ever under its key.
type Claim struct {
	Key     string
	ID      uuid.UUID
	Order   uuid.UUID
	Account AccountID
	Outcome Outcome
	// Reason and Message say why it was refused; Exposure and Limit are those on which that was decided.
	Reason, Message string
	Requested       money.Minor
	Exposure, Limit money.Minor
	// Replaced is the key of the claim of an earlier revision, which counts again when this one is undone.
	Replaced string
	// AtRelease: the account's credit is to be cleared before something of the order goes to a warehouse.
	AtRelease bool
	// Active: it is granted and neither undone nor replaced by another claim of the order.
	Active bool
	// Open is what of it counts in the open orders now.
	Open money.Minor

	listed bool
}

// ClaimWant is a request for credit.
type ClaimWant struct {
	Key      string
	ID       uuid.UUID // of the claim, when it is a new one
	Forced   bool
	Order    *Order
	Snapshot []byte
}

// Claims decides the claims of one call. One on an account that is not known here yet is refused with ACCOUNT_UNKNOWN, and
// nothing is kept of that: its key is decided when it comes again.
func (b *Book) Claims(wants []ClaimWant) ([]*Claim, error) {
	claims := make([]*Claim, 0, len(wants))
	for _, want := range wants {
		claim, err := b.claim(want)
		if err != nil {
			return nil, err
		}
		claims = append(claims, claim)
	}
	return claims, nil
}

// claim decides one claim. A key that is known gets its first outcome. The order counts once: a claim takes the place of
// the one that the order had.
func (b *Book) claim(want ClaimWant) (*Claim, error) {
	if known := b.claims[want.Key]; known != nil {
		return known, nil
	}
	credit := b.credits[want.Order.Account]
	if credit == nil {
		return &Claim{
			Key: want.Key, Order: want.Order.ID, Outcome: Refused, Reason: ReasonAccountUnknown,
			Message: "the account is not known here yet; try again",
		}, nil
	}
	claim := &Claim{
		Key: want.Key, ID: want.ID, Order: want.Order.ID, Account: want.Order.Account, Outcome: Granted,
		Exposure: credit.Exposure(), Limit: credit.Limit, AtRelease: credit.Checkpoint.atRelease(),
	}
	if err := b.decideClaim(claim, credit, want); err != nil {
		refusal, ok := fault.As(err)
		if !ok {
			return nil, err
		}
		claim.Outcome, claim.Reason, claim.Message = Refused, refusal.Reason, refusal.Message
	}
	b.claims[claim.Key] = claim
	b.changeClaim(claim)
	return claim, nil
}

// decideClaim grants the claim, or returns the fault for which it is refused.
func (b *Book) decideClaim(claim *Claim, credit *Credit, want ClaimWant) error {
	order := want.Order
	if order.LegalEntity != credit.LegalEntity || order.Currency != credit.Currency {
		return fault.New(fault.Precondition, ReasonAccountMismatch, "account %s is kept by %s in %s",
			credit.Account, credit.LegalEntity, credit.Currency)
	}
	if err := order.Check(); err != nil {
		return err
	}
	known := b.orders[order.ID]
	if known == nil {
		known = &KnownOrder{Order: order, Progress: Progress{}}
	}
	if err := known.mayBecome(order); err != nil {
		return err
	}
	requested, err := known.Progress.open(order, credit.Weighing)
	if err != nil {
		return tooLarge(credit.Account)
	}
	claim.Requested = requested
	before := b.activeClaim(known)
	var given money.Minor
	if before != nil {
		given = before.Open
	}
	err = credit.allow(requested-given, want.Forced || credit.Checkpoint == CheckRelease)
	if err != nil && !order.paysFor(err, before) {
		return err
	}
	if err := credit.move(change{openOrders: requested - given}); err != nil {
		return err
	}
	if before != nil {
		b.replace(before, claim, known, order)
	}
	claim.Active, claim.Open = true, requested
	known.Order, known.Snapshot, known.ClaimKey, known.Weighing = order, want.Snapshot, claim.Key, credit.Weighing
	b.changeSnapshot(known)
	b.orders[order.ID] = known
	return nil
}

// allow says whether the exposure may grow by an amount; forced: without asking for the terms.
func (c *Credit) allow(amount money.Minor, forced bool) error {
	after, err := money.Add(c.Exposure(), amount)
	switch {
	case err != nil:
		return tooLarge(c.Account)
	case forced:
		return nil
	}
	return c.within(after)
}

// within says whether an exposure is within the terms: E ≤ limit ∧ oldest past due ≤ max days ∧ ¬stop. The fault is the reason
// for which it is not.
func (c *Credit) within(exposure money.Minor) error {
	switch {
	case c.Stopped:
		return fault.New(fault.Precondition, ReasonCreditStop, "account %s is stopped", c.Account)
	case c.MaxDaysPastDue > 0 && c.DaysPastDue() > c.MaxDaysPastDue:
		return fault.New(fault.Precondition, ReasonCreditPastDue, "an invoice of account %s is %d days past due, more than %d",
			c.Account, c.DaysPastDue(), c.MaxDaysPastDue)
	case !c.Unlimited && exposure > c.Limit:
		return fault.New(fault.Precondition, ReasonCreditLimit, "the exposure of account %s would be %s, and its limit is %s",
			c.Account, c.amount(exposure), c.amount(c.Limit))
	}
	return nil
}

// amount is an amount of the account in words.
func (c *Credit) amount(minor money.Minor) string {
	text, err := money.FormatMinor(minor, c.Currency)
	if err != nil { // the account's currency is checked when its terms come
		return fmt.Sprintf("%d minor units of %s", minor, c.Currency)
	}
	return text + " " + c.Currency
}

// paysFor says whether a claim is granted over the limit: the order is accepted only once a provider has authorised its
// payment, which then lowers the exposure by as much. What an amendment adds is not authorised.
func (o *Order) paysFor(err error, before *Claim) bool {
	return o.Prepaid && before == nil && fault.ReasonOf(err) == ReasonCreditLimit
}
