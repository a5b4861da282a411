package domain

import (
	"github.com/google/uuid"

	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/money"
)

// Block says that an order is not to go on for want of credit, or that it was so. What has gone to a warehouse goes on.
type Block struct {
	Order   uuid.UUID
	Account AccountID
	Blocked bool
	// Reason and Message say why it was blocked last.
	Reason, Message string
	// Sequence counts what was told of it.
	Sequence int64
}

// Clearance is the outcome of a check before a release, kept for ever under its key.
type Clearance struct {
	Key     string
	Order   uuid.UUID
	Account AccountID
	// Reason and Message say why it was refused, on which exposure and limit; no reason: cleared.
	Reason, Message string
	Exposure, Limit money.Minor
	// Block is the sequence with which the refusal is told.
	Block int64
}

// ClearanceWant asks whether what is reserved for an order may go to a warehouse.
type ClearanceWant struct {
	Key    string
	Order  uuid.UUID
	Forced bool
}

// AddBlocks puts what is known of blocked orders into the book.
func (b *Book) AddBlocks(blocks []*Block) {
	if b.blocks == nil {
		b.blocks = make(map[uuid.UUID]*Block, len(blocks))
	}
	for _, block := range blocks {
		b.blocks[block.Order] = block
	}
}

// AddClearances puts known outcomes into the book.
func (b *Book) AddClearances(clearances []*Clearance) {
	b.clearances = make(map[string]*Clearance, len(clearances))
	for _, clearance := range clearances {
		b.clearances[clearance.Key] = clearance
	}
}

// ChangedBlocks are the blocks to store and to tell, each once for every step of its sequence.
func (b *Book) ChangedBlocks() []Block { return b.changedBlocks }

// NewClearances are the outcomes to store.
func (b *Book) NewClearances() []*Clearance { return b.newClearances }

// Clear decides one check before a release. The order counts in the exposure already, so that the exposure as it is must be
// within the terms. A key that is known gets its first outcome. A refused order is blocked until the account is within its
// terms again. Nothing is kept of an order that is not known: ORDER_UNKNOWN is no decision.
func (b *Book) Clear(want ClearanceWant) (*Clearance, error) {
	if known := b.clearances[want.Key]; known != nil {
		return known, nil
	}
	clearance := &Clearance{Key: want.Key, Order: want.Order}
	order := b.orders[want.Order]
	if order == nil || b.credits[order.Account] == nil {
		clearance.Reason, clearance.Message = ReasonOrderUnknown, "the order's claim has not come yet; try again"
		return clearance, nil
	}
	credit := b.credits[order.Account]
	clearance.Account, clearance.Exposure, clearance.Limit = order.Account, credit.Exposure(), credit.Limit
	if err := credit.within(clearance.Exposure); err != nil && !want.Forced {
		refusal, ok := fault.As(err)
		if !ok {
			return nil, err
		}
		clearance.Reason, clearance.Message = refusal.Reason, refusal.Message
		clearance.Block = b.block(credit, want.Order, refusal)
	}
	b.clearances[want.Key] = clearance
	b.newClearances = append(b.newClearances, clearance)
	return clearance, nil
}

// Within is the fault for which an account is outside of its terms; nil when it is within. Its oldest due date is to be known.
func (c *Credit) Within() error { return c.within(c.Exposure()) }

// BlockAll blocks orders of an account that is outside of its terms. Those that are blocked stay as they are.
func (b *Book) BlockAll(account AccountID, orders []*Block) {
	credit := b.credits[account]
	refusal, outside := fault.As(credit.Within())
	if !outside {
		return
	}
	b.AddBlocks(orders)
	for _, order := range orders {
		if !order.Blocked {
			b.block(credit, order.Order, refusal)
		}
	}
}

// block notes that an order is not to go on, and returns the sequence with which that is told.
func (b *Book) block(credit *Credit, order uuid.UUID, why *fault.Error) int64 {
	block := b.blocks[order]
	if block == nil {
		block = &Block{Order: order}
		b.AddBlocks([]*Block{block})
	}
	if !block.Blocked {
		credit.Blocked++
		credit.changed = true
	}
	block.Account, block.Blocked, block.Reason, block.Message = credit.Account, true, why.Reason, why.Message
	block.Sequence++
	b.changedBlocks = append(b.changedBlocks, *block)
	return block.Sequence
}

// FreeAll frees all blocked orders of an account that is within its terms again. They count in its exposure, so there is room
// for all of them.
func (b *Book) FreeAll(account AccountID, blocked []*Block) {
	credit := b.credits[account]
	for _, block := range blocked {
		block.Blocked = false
		block.Sequence++
		b.changedBlocks = append(b.changedBlocks, *block)
	}
	credit.Blocked = 0
	credit.changed = true
}

// Backlog notes how much of an order's lines waits for stock: what is not named stays as it was.
func (b *Book) Backlog(id uuid.UUID, waits map[int32]int64) error {
	order := b.orders[id]
	if order == nil {
		return nil
	}
	var fell money.Minor
	for number, quantity := range waits {
		line, to := order.Line(number), order.Progress[number]
		if line == nil || to.Backordered == quantity {
			continue
		}
		to.Backordered = quantity
		less, err := order.Progress.change(order.Order, line, order.Weighing, to)
		if err != nil {
			return err
		}
		fell += less
		order.progressChanged = true
		b.changeOrder(order)
	}
	if claim := b.activeClaim(order); claim != nil {
		return b.reduce(claim, fell)
	}
	return nil
}
