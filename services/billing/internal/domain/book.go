package domain

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"github.com/waybill-dev/waybill/internal/money"
)

// Book is the part of the books that a set of requests touches, loaded and locked by one transaction. Its methods decide
// one request after the other, so that each sees what the ones before it did; afterwards the book says what has changed.
type Book struct {
	credits  map[AccountID]*Credit
	claims   map[string]*Claim
	orders   map[uuid.UUID]*KnownOrder
	releases map[string]*Release
	invoices map[uuid.UUID]*Invoice

	changedClaims   []*Claim
	changedOrders   []*KnownOrder
	newReleases     []*Release
	changedInvoices []*Invoice
	// creditedInvoices have lines of which more is credited.
	creditedInvoices []*Invoice
	replaced         []*Revision

	exchanged []*ExchangeDifference

	blocks        map[uuid.UUID]*Block
	changedBlocks []Block
	clearances    map[string]*Clearance
	newClearances []*Clearance
}

// KnownOrder is an order whose snapshot is kept.
type KnownOrder struct {
	*Order
	// Snapshot is the priced order as it came.
	Snapshot []byte
	// ClaimKey names the claim that counts for it.
	ClaimKey string
	// Weighing is by what its claim was weighed. It stays, whatever the account's terms say later.
	Weighing
	Progress Progress
	// Charged is what is invoiced of each charge so far, in the order of the charges.
	Charged []money.Minor
	// Before is what the active claim has replaced, when it is that of an amendment.
	Before *Revision

	snapshotChanged, progressChanged, listed bool
}

// NewBook makes a book of what was loaded.
func NewBook(credits []*Credit, claims []*Claim, orders []*KnownOrder, releases []*Release) *Book {
	b := &Book{
		credits: make(map[AccountID]*Credit, len(credits)), claims: make(map[string]*Claim, len(claims)),
		orders: make(map[uuid.UUID]*KnownOrder, len(orders)), releases: make(map[string]*Release, len(releases)),
	}
	for _, credit := range credits {
		b.credits[credit.Account] = credit
	}
	for _, claim := range claims {
		b.claims[claim.Key] = claim
	}
	for _, order := range orders {
		if order.Progress == nil {
			order.Progress = Progress{}
		}
		b.orders[order.ID] = order
	}
	for _, release := range releases {
		b.releases[release.Key] = release
	}
	return b
}

// Order is the known order, nil when its snapshot has not come.
func (b *Book) Order(id uuid.UUID) *KnownOrder { return b.orders[id] }

// BlockedCredits are the credit rows with blocked orders, in the order of the accounts.
func (b *Book) BlockedCredits() []*Credit {
	var blocked []*Credit
	for _, credit := range b.credits {
		if credit.Blocked > 0 {
			blocked = append(blocked, credit)
		}
	}
	slices.SortFunc(blocked, func(a, b *Credit) int { return cmp.Compare(a.Account, b.Account) })
	return blocked
}

// CreditsOf are the credit rows of accounts, of those that are here.
func (b *Book) CreditsOf(accounts []AccountID) []*Credit {
	var credits []*Credit
	for _, account := range accounts {
		if credit := b.credits[account]; credit != nil {
			credits = append(credits, credit)
		}
	}
	return credits
}

// ChangedCredits are the credit rows to store, in the order of the accounts, each with its version raised by one and a new
// event counted.
func (b *Book) ChangedCredits() []*Credit {
	var changed []*Credit
	for _, credit := range b.credits {
		if credit.changed {
			credit.changed = false
			credit.Version++
			credit.EventSequence++
			changed = append(changed, credit)
		}
	}
	slices.SortFunc(changed, func(a, b *Credit) int { return cmp.Compare(a.Account, b.Account) })
	return changed
}

// ChangedClaims are the claims to store: new ones, and those whose open amount has changed.
func (b *Book) ChangedClaims() []*Claim { return b.changedClaims }

// ChangedSnapshots are the orders whose snapshot is to be stored.
func (b *Book) ChangedSnapshots() []*KnownOrder {
	return b.ordersWhere(func(order *KnownOrder) bool { return order.snapshotChanged })
}

// ChangedProgress are the orders whose progress is to be stored.
func (b *Book) ChangedProgress() []*KnownOrder {
	return b.ordersWhere(func(order *KnownOrder) bool { return order.progressChanged })
}

// NewReleases are the releases to store.
func (b *Book) NewReleases() []*Release { return b.newReleases }

func (b *Book) ordersWhere(keep func(*KnownOrder) bool) []*KnownOrder {
	var kept []*KnownOrder
	for _, order := range b.changedOrders {
		if keep(order) {
			kept = append(kept, order)
		}
	}
	return kept
}

func (b *Book) changeOrder(order *KnownOrder) {
	if !order.listed {
		order.listed = true
		b.changedOrders = append(b.changedOrders, order)
	}
}

func (b *Book) changeClaim(claim *Claim) {
	if !claim.listed {
		claim.listed = true
		b.changedClaims = append(b.changedClaims, claim)
	}
}

// creditOf is the credit row of a document's account. That it is not there only a defect can cause.
func (b *Book) creditOf(document uuid.UUID, account AccountID) (*Credit, error) {
	if credit := b.credits[account]; credit != nil {
		return credit, nil
	}
	return nil, fmt.Errorf("document %s: no credit row of account %s", document, account)
}

// activeClaim is the claim that counts for the order; nil when there is none.
func (b *Book) activeClaim(order *KnownOrder) *Claim {
	if claim := b.claims[order.ClaimKey]; claim != nil && claim.Active {
		return claim
	}
	return nil
}

// reduce takes an amount off a claim and off the open orders of its account.
func (b *Book) reduce(claim *Claim, by money.Minor) error {
	if by == 0 {
		return nil
	}
	if err := b.credits[claim.Account].move(change{openOrders: -by}); err != nil {
		return err
	}
	claim.Open -= by
	b.changeClaim(claim)
	return nil
}
