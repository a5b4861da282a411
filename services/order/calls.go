package order

import (
	"context"
	"fmt"
	"sync"
	"time"

	"google.golang.org/protobuf/proto"

	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	"github.com/waybill-dev/waybill/services/order/internal/process"
)

// snapshot is a priced order in the hands of the driver: in wire form, and parsed when somebody asks.
type snapshot struct {
	wire []byte
	// revision is that of the order which it is.
	revision int32
	// asOf is up to when the master data that priced it was known to be complete.
	asOf time.Time

	once   sync.Once
	parsed *orderv1.PricedOrder
	err    error
}

func (s *snapshot) order() (*orderv1.PricedOrder, error) {
	s.once.Do(func() {
		if s.parsed == nil {
			s.parsed = &orderv1.PricedOrder{}
			s.err = proto.Unmarshal(s.wire, s.parsed)
		}
	})
	return s.parsed, s.err
}

// line is a priced line by its number.
func (s *snapshot) line(number int32) (*orderv1.PricedLine, error) {
	order, err := s.order()
	if err != nil {
		return nil, err
	}
	if number < 1 || int(number) > len(order.GetLines()) {
		return nil, fmt.Errorf("order %s has no line %d", order.GetOrderId(), number)
	}
	return order.GetLines()[number-1], nil
}

func snapshotIn(work *process.Work) (*snapshot, error) {
	held, ok := work.Snapshot.(*snapshot)
	if !ok {
		return nil, fmt.Errorf("process %s has no snapshot of its order", work.Process.ID)
	}
	return held, nil
}

// pricedIn is the priced order of a work.
func pricedIn(work *process.Work) (*orderv1.PricedOrder, error) {
	held, err := snapshotIn(work)
	if err != nil {
		return nil, err
	}
	return held.order()
}

// backend is what the driver sees of the service.
type backend struct{ *Service }

// Call makes one call of another service for a set of steps.
func (b backend) Call(ctx context.Context, action process.Action, calls []process.Call) error {
	if err := b.at("before " + string(action)); err != nil {
		return err
	}
	if err := b.call(ctx, action, calls); err != nil {
		return err
	}
	return b.at("after " + string(action))
}

func (b backend) call(ctx context.Context, action process.Action, calls []process.Call) error {
	switch action {
	case process.ClaimCredit:
		return b.claimCredit(ctx, calls)
	case process.ClearCredit:
		return b.clearCredit(ctx, calls)
	case process.ReleaseCredit:
		return b.releaseCredit(ctx, calls)
	case process.Reserve:
		return b.reserve(ctx, calls)
	case process.CancelReservation:
		return b.cancelReservation(ctx, calls)
	case process.CreateFulfillment:
		return b.createFulfillment(ctx, calls)
	case process.AuthorizePayment:
		return b.authorizePayment(ctx, calls)
	case process.VoidPayment:
		return b.voidPayment(ctx, calls)
	case process.CheckTerms:
		return b.checkTerms(ctx, calls)
	case process.QuoteFreight:
		return b.quoteFreight(ctx, calls)
	case process.NotifyPortal, process.WithdrawNotice:
		return b.notifyPortals(ctx, action, calls)
	case process.CancelFulfillment:
		return b.cancelFulfillment(ctx, calls)
	default:
		return fmt.Errorf("there is no action %q", action)
	}
}

// at lets a test end the service here.
func (s *Service) at(point string) error {
	if s.crash == nil {
		return nil
	}
	return s.crash(point)
}

// sameCount guards against a peer that answers another number of requests than it was asked.
func sameCount(action process.Action, asked, answered int) error {
	if asked != answered {
		return fmt.Errorf("%s: %d answers to %d requests", action, answered, asked)
	}
	return nil
}
