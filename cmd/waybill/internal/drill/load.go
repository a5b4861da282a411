package drill

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/waybill-dev/waybill/cmd/waybill/internal/bench"
	"github.com/waybill-dev/waybill/cmd/waybill/internal/restclient"
	commonv1 "github.com/waybill-dev/waybill/gen/waybill/common/v1"
	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
)

// callersWait is how long a submission waits for the decision.
const callersWait = 10 * time.Second

// load submits orders at a rate, each at its time, whatever became of those before: a Waybill that is slow is not spared.
type load struct {
	system    *system
	catalogue bench.Catalogue
	perSecond float64
	// Every shipEvery-th order may go to the warehouse at once, the others next week; of those every amendEvery-th is amended once, and
	// another cancelEvery-th is cancelled. 0: none.
	shipEvery, amendEvery, cancelEvery int
	run                                string

	sent    int
	pending sync.WaitGroup
	mu      sync.Mutex
	fates   []fate
}

// fate is what became of one order.
type fate struct {
	phase    string
	took     time.Duration // from the moment at which it was due
	orderID  string
	accepted bool // told in the answer; else it was told that it is stored
	ships    bool
	// cancelled: it was accepted and then cancelled.
	cancelled bool
	// terms are those of the customer on which it was decided.
	terms *orderv1.TermsCheck
	// documents are what the ERP must have of the order, each with its total; what is invoiced apart.
	documents []document
	// refused is set when it was told to come again; err when it got no answer that may be.
	refused *orderv1.SubmitOrderRequest
	err     error
}

// send submits until done says so, which is asked before each order with how many were sent in this phase. It does not wait for the
// answers.
func (l *load) send(ctx context.Context, phase string, done func(sent int, since time.Duration) bool) {
	began := time.Now()
	for n := 0; ctx.Err() == nil && !done(n, time.Since(began)); n++ {
		due := began.Add(time.Duration(float64(n) / l.perSecond * float64(time.Second)))
		if wait := time.Until(due); wait > 0 {
			select {
			case <-ctx.Done():
				return
			case <-time.After(wait):
			}
		}
		l.sent++
		number := l.sent
		l.pending.Go(func() {
			one := l.submit(ctx, number, due)
			one.phase = phase
			l.mu.Lock()
			defer l.mu.Unlock()
			l.fates = append(l.fates, one)
		})
	}
}

// wait gives what became of all that was sent, once every order has its answer.
func (l *load) wait() []fate {
	l.pending.Wait()
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.fates)
}

func (l *load) submit(ctx context.Context, number int, due time.Time) fate {
	one := fate{ships: l.shipEvery > 0 && number%l.shipEvery == 0}
	request, reply := l.request(number, one.ships), &orderv1.SubmitOrderResponse{}
	err := l.system.REST.Try(ctx, "/v1/orders", request, reply)
	one.took = time.Since(due)
	if err != nil {
		if one.err = err; comesAgain(err) {
			one.err, one.refused = nil, request
		}
		return one
	}
	one.take(reply.GetOrder())
	switch {
	case one.ships || !one.accepted:
	case l.amendEvery > 0 && number%l.amendEvery == 1:
		one.err = l.amend(ctx, &one)
	case l.cancelEvery > 0 && number%l.cancelEvery == 2:
		one.err = l.cancel(ctx, &one)
	}
	return one
}

// take notes what the answer says.
func (f *fate) take(order *orderv1.Order) {
	f.orderID, f.accepted = order.GetOrderId(), order.GetState() == orderv1.OrderState_ORDER_STATE_ACCEPTED
	f.terms = order.GetTerms()
	if state := order.GetState(); !f.accepted && state != orderv1.OrderState_ORDER_STATE_RECEIVED {
		f.err = fmt.Errorf("order %s is %s", f.orderID, state)
		return
	}
	f.documents = append(f.documents, orderDocument(order))
}

// amend makes a new version of the order.
func (l *load) amend(ctx context.Context, one *fate) error {
	reply := &orderv1.AmendOrderResponse{}
	err := l.system.REST.Post(ctx, "/v1/orders/"+one.orderID+":amend", &orderv1.AmendOrderRequest{
		RequestId: "amend-" + one.orderID, Reason: "one more", Wait: durationpb.New(callersWait),
		Lines: []*orderv1.AmendLine{{LineNumber: 1, Quantity: &commonv1.Quantity{Value: "2"}}},
	}, reply)
	if err != nil {
		return fmt.Errorf("amend %s: %w", one.orderID, err)
	}
	if !reply.GetPending() {
		one.documents = append(one.documents, orderDocument(reply.GetOrder()))
	}
	return nil
}

// cancel ends the order, of which nothing has left: the ERP must have closed it.
func (l *load) cancel(ctx context.Context, one *fate) error {
	reply := &orderv1.CancelOrderResponse{}
	err := l.system.REST.Post(ctx, "/v1/orders/"+one.orderID+":cancel", &orderv1.CancelOrderRequest{
		RequestId: "cancel-" + one.orderID, Reason: "not wanted",
	}, reply)
	if err != nil {
		return fmt.Errorf("cancel %s: %w", one.orderID, err)
	}
	if state := reply.GetOrder().GetState(); state != orderv1.OrderState_ORDER_STATE_CANCELLED {
		return fmt.Errorf("order %s is %s after it was cancelled", one.orderID, state)
	}
	var notToShip int64
	for _, outcome := range reply.GetOutcomes() {
		quantity, err := strconv.ParseInt(outcome.GetCancelled(), 10, 64)
		if err != nil {
			return fmt.Errorf("cancel %s: %w", one.orderID, err)
		}
		notToShip += quantity
	}
	one.cancelled, one.documents = true, append(one.documents, closureDocument(one.orderID, notToShip))
	return nil
}

func (l *load) request(number int, ships bool) *orderv1.SubmitOrderRequest {
	name := l.run + "-" + strconv.Itoa(number)
	request := &orderv1.SubmitOrderRequest{
		RequestId: name, ExternalOrderId: name, PartnerId: "DRILL", CurrencyCode: "GBP", AccountId: bench.AccountID(1 + number%l.catalogue.Accounts),
		Wait:   durationpb.New(callersWait),
		ShipTo: &commonv1.Address{Name: "Goods in", Lines: []string{"1 High Street"}, City: "York", CountryCode: "GB"},
	}
	if !ships {
		request.NotBefore = time.Now().AddDate(0, 0, 7).UTC().Format(time.DateOnly)
	}
	for i := range 3 {
		request.Lines = append(request.Lines, &orderv1.SubmitOrderLine{
			Sku: bench.SKU(1 + (number*7+i*13)%l.catalogue.Items), Quantity: &commonv1.Quantity{Value: "1"},
		})
	}
	return request
}

// comesAgain reports whether an answer refuses for now and says for how long.
func comesAgain(err error) bool {
	problem, ok := errors.AsType[*restclient.ProblemError](err)
	return ok && problem.RetryAfter > 0 &&
		(problem.Status == http.StatusTooManyRequests || problem.Status == http.StatusServiceUnavailable)
}

// quantile is that of the times of the orders of some phases that were answered with an order.
func quantile(fates []fate, q float64, phases ...string) time.Duration {
	var took []time.Duration
	for i := range fates {
		if fates[i].orderID != "" && slices.Contains(phases, fates[i].phase) {
			took = append(took, fates[i].took)
		}
	}
	if len(took) == 0 {
		return 0
	}
	slices.Sort(took)
	return took[min(int(float64(len(took))*q), len(took)-1)]
}
