package order

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"

	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/services/order/internal/domain"
	"github.com/waybill-dev/waybill/services/order/internal/process"
	"github.com/waybill-dev/waybill/services/order/internal/store"
)

// TestHistories is TestDisorder without a database and without goroutines: what comes after what is drawn, down to the time
// between a call and the storing of its answer. So a history that ends wrong does so each time, and many can be looked at.
func TestHistories(t *testing.T) {
	t.Parallel()
	for seed := range uint64(400) {
		h := newHistory(t, rand.New(rand.NewPCG(seed, 7)))
		for range 250 {
			h.step()
		}
		h.end()
		if t.Failed() {
			t.Fatalf("seed %d:\n%s", seed, strings.Join(h.told, "\n"))
		}
	}
}

// history is orders and their processes in memory, between the fake peers of a world.
type history struct {
	*world
	chance  func(n int) int
	now     time.Time
	backend backend

	names     []uuid.UUID
	orders    map[uuid.UUID]*domain.Order
	processes map[uuid.UUID]*process.Process
	hands     []*process.Work // called and not settled
	skus      map[uuid.UUID][]string
	// amendments are the orders as they would be, added the items of their new lines, by process.
	amendments map[uuid.UUID]*snapshot
	added      map[uuid.UUID][]string
	told       []string
}

func newHistory(t *testing.T, random *rand.Rand) *history {
	t.Helper()
	h := &history{
		world:  &world{t: t, troubles: &troubles{}, events: &events{}},
		chance: random.IntN, now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
		orders: map[uuid.UUID]*domain.Order{}, processes: map[uuid.UUID]*process.Process{}, skus: map[uuid.UUID][]string{},
		amendments: map[uuid.UUID]*snapshot{}, added: map[uuid.UUID][]string{},
	}
	h.fakes()
	h.troubles.set(func(string) trouble { return []trouble{none, none, none, notDone, replyLost}[h.chance(5)] })
	h.billing.refuse = func(*billingv1.CreditClaim) string { return []string{"", "", "", "CREDIT_LIMIT"}[h.chance(4)] }
	h.backend = backend{&Service{
		inventory: nearInventory{fake: h.inventory}, billing: nearBilling{fake: h.billing},
		fulfillment: nearFulfillment{fake: h.fulfillment}, clock: func() time.Time { return h.now },
	}}
	return h
}

func (h *history) note(format string, args ...any) {
	h.told = append(h.told, fmt.Sprintf(format, args...))
}

func (h *history) item() string { return fmt.Sprintf("ITEM-%d", 1+h.chance(3)) }
func (h *history) node() string { return h.inventory.nodes[h.chance(3)] }

// step lets one thing happen.
func (h *history) step() {
	switch h.chance(20) {
	case 0, 1:
		h.submit([]domain.Policy{domain.ShipPartial, domain.ShipPartial, domain.ShipComplete, domain.FillOrKill}[h.chance(4)])
	case 2:
		sku, node, quantity := h.item(), h.node(), 1+h.chance(10)
		h.note("%d of %s come to %s", quantity, sku, node)
		h.inventory.AddStock(sku, node, int64(quantity))
	case 3:
		sku, node := h.item(), h.node()
		h.note("one of %s is not in %s", sku, node)
		h.inventory.Revoke(sku, node, 1)
	case 4:
		h.cancelOne()
	case 5, 6:
		h.someWarehouse(h.chance)
	case 7:
		h.fulfillment.stopAtOnce = h.chance(2) == 0
	case 8:
		h.amendOne()
	case 9, 10, 11:
		h.hearOne()
	case 12, 13, 14, 15:
		h.call()
	default:
		h.settleOne()
	}
}

// end lets everything come to its end, and everybody must agree on it.
func (h *history) end() {
	h.troubles.set(nil)
	h.rest()
	for range 6 {
		for i := range 3 {
			h.inventory.AddStock(fmt.Sprintf("ITEM-%d", i+1), h.node(), 1000)
		}
		h.rest()
		h.shipAll()
		h.rest()
	}
	held, claimed := map[spot]int64{}, map[spot]int64{}
	for _, name := range h.names {
		o := h.orders[name]
		h.verifyOrder(store.Stored{Order: o, Status: o.Status(), Moving: o.Moving()}, held, claimed)
		switch o.Status() {
		case domain.StatusInvoiced, domain.StatusCancelled, domain.StatusRejected, domain.StatusHeld:
		default:
			h.t.Errorf("order ended as %s: %s", o.Status(), shown(o))
		}
	}
	h.agree(held, claimed)
}

func (h *history) rest() {
	for h.hearOne() || h.call() || h.settleOne() {
	}
}

func (h *history) submit(policy domain.Policy) {
	o := &domain.Order{State: domain.Received, Policy: policy, ReceivedAt: h.now}
	for i := range o.ID { // drawn, so that processes, whose ids follow from it, come in the same order each time
		o.ID[i] = byte(h.chance(256))
	}
	for range 2 {
		quantity := int64(1 + h.chance(6))
		o.Lines = append(o.Lines, domain.Line{Ordered: quantity, Open: quantity})
		h.skus[o.ID] = append(h.skus[o.ID], h.item())
	}
	o.Lines = append(o.Lines, domain.Line{Service: true, Ordered: 1, Open: 1})
	h.skus[o.ID] = append(h.skus[o.ID], "FREIGHT")
	h.names = append(h.names, o.ID)
	h.start(process.Accept(o, h.now))
	h.orders[o.ID] = o
}

func (h *history) start(started ...*process.Process) {
	for _, p := range started {
		h.processes[p.ID] = p
	}
}

// change changes an order and starts what follows.
func (h *history) change(name uuid.UUID, book func(o *domain.Order)) {
	order := h.orders[name].Clone()
	book(order)
	h.start(process.Plan(order, h.now)...)
	h.keep(order)
}

// keep stores an order, with the lines that it has taken.
func (h *history) keep(o *domain.Order) {
	for _, decided := range o.Errands.Decided {
		if decided.Refusal == "" {
			h.skus[o.ID] = append(h.skus[o.ID], h.added[process.AmendmentID(o.ID, decided.Number)]...)
		}
	}
	if err := o.Verify(); err != nil {
		h.t.Error(err)
	}
	h.orders[o.ID] = o.Clone()
}

func (h *history) cancelOne() {
	if len(h.names) == 0 {
		return
	}
	var wants []domain.CancelWant
	if h.chance(2) == 0 {
		wants = []domain.CancelWant{{Line: int32(1 + h.chance(2)), Quantity: 1}}
	}
	name := h.names[h.chance(len(h.names))]
	h.change(name, func(o *domain.Order) { _, _ = o.Cancel(wants, "a", "r", h.now) })
	h.note("cancelled %v: %s", wants, shown(h.orders[name]))
}

// amendOne changes a line of an order, its price perhaps, and may add one.
func (h *history) amendOne() {
	if len(h.names) == 0 {
		return
	}
	o := h.orders[h.names[h.chance(len(h.names))]].Clone()
	number, wanted := int32(1+h.chance(2)), int64(h.chance(9))
	before := o.Line(number).Wanted()
	amendment := &domain.Amendment{
		Revision: o.Revision + 1, Lines: []domain.LineWant{{Line: number, More: max(wanted-before, 0), Less: max(before-wanted, 0)}},
	}
	if h.chance(4) == 0 {
		amendment.Lines[0].PriceBefore = "1"
	}
	var skus []string
	if h.chance(3) == 0 {
		quantity := int64(1 + h.chance(4))
		amendment.Added, skus = []domain.Line{{Ordered: quantity, Open: quantity}}, []string{h.item()}
	}
	switch {
	case o.MayAmend(amendment) != nil:
		return
	case o.State == domain.Held:
		if _, err := o.Amend(amendment, h.now); err != nil {
			h.t.Error(err)
		}
		h.skus[o.ID] = append(h.skus[o.ID], skus...)
	default:
		next := o.Clone()
		next.Line(number).Ordered += amendment.Lines[0].More
		next.Lines = append(next.Lines, amendment.Added...)
		p, err := process.Amend(o, amendment, h.now)
		if err != nil {
			return // another one is being decided
		}
		h.amendments[p.ID], h.added[p.ID] = paperOf(next, append(slices.Clone(h.skus[o.ID]), skus...), amendment.Revision), skus
		h.start(p)
	}
	h.start(process.Plan(o, h.now)...)
	h.keep(o)
	h.note("amended by %+v: %s", amendment, shown(o))
}

// paperOf is an order as it is claimed for.
func paperOf(o *domain.Order, skus []string, revision int32) *snapshot {
	paper := &orderv1.PricedOrder{OrderId: id.Format(id.Order, o.ID), Revision: revision}
	for i := range o.Lines {
		paper.Lines = append(paper.Lines, &orderv1.PricedLine{
			LineNumber: int32(i + 1), Sku: skus[i], Quantity: o.Lines[i].Ordered, Service: o.Lines[i].Service,
		})
	}
	wire, err := proto.Marshal(paper)
	return &snapshot{wire: wire, revision: revision, err: err}
}

// call makes the calls of one process. What they brought is stored by settleOne.
func (h *history) call() bool {
	var idle []*process.Process
	for _, p := range h.processes {
		if p.Live() && !slices.ContainsFunc(h.hands, func(w *process.Work) bool { return w.Process.ID == p.ID }) {
			idle = append(idle, p)
		}
	}
	if len(idle) == 0 {
		return false
	}
	slices.SortFunc(idle, func(a, b *process.Process) int { return slices.Compare(a.ID[:], b.ID[:]) })
	p := idle[h.chance(len(idle))].Clone()
	o := h.orders[p.OrderID].Clone()
	work := &process.Work{Process: p, Order: o, Snapshot: paperOf(o, h.skus[o.ID], o.Revision)}
	if p.Kind == process.Amendment.Name {
		work.Snapshot = h.amendments[p.ID]
	}
	for i := range p.Steps {
		step := &p.Steps[i]
		step.Answer, step.Err = nil, nil
		action := process.ActionOf(p, step)
		if action == "" || (action == process.Reserve && step.Parts == nil && len(openGoods(o)) == 0) {
			continue
		}
		if step.Err = h.backend.Call(h.t.Context(), action, []process.Call{{Work: work, Step: step}}); step.Err != nil {
			step.Answer = nil
		}
		h.note("%s %v: %s %v", p.Key(step), step.Parts, answered(step.Answer), step.Err)
	}
	h.hands = append(h.hands, work)
	return true
}

func answered(answer *process.Answer) string {
	if answer == nil {
		return "no answer"
	}
	return fmt.Sprint(answer.Refusal, answer.Grant, answer.GivenBack)
}

// settleOne stores what calls have brought.
func (h *history) settleOne() bool {
	if len(h.hands) == 0 {
		return false
	}
	at := h.chance(len(h.hands))
	work := h.hands[at]
	h.hands = slices.Delete(h.hands, at, at+1)
	if row := h.processes[work.Process.ID]; row == nil || row.Version != work.Process.Version {
		return true
	}
	order := h.orders[work.Process.OrderID].Clone()
	if work.Quiet() {
		order = nil
	}
	outcome := process.Advance(work, order, h.now)
	if h.processes[work.Process.ID] = outcome.Process; outcome.Finished {
		delete(h.processes, work.Process.ID)
	}
	h.start(outcome.Started...)
	if order != nil && outcome.OrderChanged {
		h.keep(order)
	}
	h.note("settled %s %s: %s", work.Process.Kind, work.Process.ID, shown(h.orders[work.Process.OrderID]))
	return true
}

// hearOne delivers one event.
func (h *history) hearOne() bool {
	one, ok := h.events.take(h.chance)
	if !ok {
		return false
	}
	fact, err := h.backend.factOf(message(one))
	if err != nil {
		h.t.Error(err)
	}
	if fact.book != nil {
		h.change(fact.order, fact.book)
		h.note("heard %T %v: %s", one.payload, one.payload, shown(h.orders[fact.order]))
	}
	return true
}

func shown(o *domain.Order) string {
	text := fmt.Sprint(o.ID, " ", o.State, " ", o.Awaiting, o.Early)
	for i := range o.Lines {
		text += fmt.Sprintf("\n\t%d: %+v", i+1, o.Lines[i])
	}
	return text
}
