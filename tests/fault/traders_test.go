package fault

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"sync"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"

	commonv1 "github.com/waybill-dev/waybill/gen/waybill/common/v1"
	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	"github.com/waybill-dev/waybill/internal/fault"
)

const (
	traders = 4
	partner = "FAULTS"
	// orderPause is between two orders of a trader: a steady stream, of which something is under way at any moment.
	orderPause = 60 * time.Millisecond
)

// channels are by which orders come: one without a portal, one whose portal is told, one whose portal insists.
var channels = []string{"web", "portal", "edi"}

// book is what the traders were told.
type book struct {
	mu     sync.Mutex
	orders map[string]string // the order's id by the trader's number
	odd    []string          // answers that no request should get
}

func (b *book) note(number, order string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if known, ok := b.orders[number]; ok && known != order {
		b.odd = append(b.odd, fmt.Sprintf("order %s is both %s and %s", number, known, order))
	}
	b.orders[number] = order
}

func (b *book) wonder(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.odd = append(b.odd, err.Error())
}

// trader sends orders over REST and changes its mind about them. A request without a definite answer it repeats as it was.
type trader struct {
	number int
	random *rand.Rand
	system *system
	book   *book
	mine   []string
	keys   int
	prefix string
}

func (o *trader) key() string {
	o.keys++
	return fmt.Sprintf("%s-%d-%d", o.prefix, o.number, o.keys)
}

// trade goes on until it is told to stop.
func (o *trader) trade(ctx context.Context, stop <-chan struct{}) {
	for {
		select {
		case <-stop:
			return
		case <-time.After(orderPause):
		}
		if err := o.act(ctx); err != nil {
			o.book.wonder(err)
		}
	}
}

func (o *trader) act(ctx context.Context) error {
	if draw := o.random.IntN(100); draw < 55 || len(o.mine) == 0 {
		return o.submit(ctx)
	} else if draw < 65 {
		return o.restock(ctx)
	}
	order := o.mine[o.random.IntN(len(o.mine))]
	path := "/v1/orders/" + order
	var err error
	switch o.random.IntN(5) {
	case 0:
		request := &orderv1.CancelOrderRequest{RequestId: o.key(), Reason: "changed my mind"}
		if o.random.IntN(2) == 0 {
			request.Lines = []*orderv1.CancelLine{{LineNumber: 1, Quantity: strconv.Itoa(1 + o.random.IntN(5))}}
		}
		err = o.post(ctx, path+":cancel", request, nil)
	case 1:
		err = o.post(ctx, path+":placeHold", &orderv1.PlaceHoldRequest{
			RequestId: o.key(), Type: orderv1.HoldType_HOLD_TYPE_MANUAL, Reason: "let me look",
		}, nil)
	case 2:
		err = o.post(ctx, path+":releaseHold", &orderv1.ReleaseHoldRequest{
			RequestId: o.key(), Type: orderv1.HoldType_HOLD_TYPE_MANUAL, Reason: "looked",
		}, nil)
	case 3:
		err = o.post(ctx, path+":releaseHold", &orderv1.ReleaseHoldRequest{
			RequestId: o.key(), Type: orderv1.HoldType_HOLD_TYPE_CREDIT, Reason: "known customer",
		}, nil)
	default:
		err = o.post(ctx, path+":amend", &orderv1.AmendOrderRequest{
			RequestId: o.key(), Reason: "changed my mind", Wait: durationpb.New(time.Second), Lines: []*orderv1.AmendLine{{
				LineNumber: 1, Quantity: &commonv1.Quantity{Value: strconv.Itoa(o.random.IntN(12))},
			}},
		}, nil)
	}
	// What the order's state does not allow is an answer.
	if kind := fault.KindOf(err); kind == fault.Precondition || kind == fault.Invalid || kind == fault.Conflict || kind == fault.NotFound ||
		kind == fault.AlreadyExists {
		return nil
	}
	return err
}

func (o *trader) submit(ctx context.Context) error {
	number := o.key()
	request := &orderv1.SubmitOrderRequest{
		RequestId: number, ExternalOrderId: number, PartnerId: partner, Channel: channels[o.random.IntN(len(channels))], CurrencyCode: "GBP",
		AccountId: accounts[min(o.random.IntN(5), 1)], Wait: durationpb.New(2 * time.Second),
		FulfillmentPolicy: orderv1.FulfillmentPolicy(1 + o.random.IntN(3)),
		ShipTo:            &commonv1.Address{Name: "Goods in", Lines: []string{"1 High Street"}, City: "York", CountryCode: "GB"},
	}
	for range 1 + o.random.IntN(4) {
		request.Lines = append(request.Lines, &orderv1.SubmitOrderLine{
			Sku: skus[o.random.IntN(len(skus))], Quantity: &commonv1.Quantity{Value: strconv.Itoa(1 + o.random.IntN(8))},
		})
	}
	reply := &orderv1.SubmitOrderResponse{}
	if err := o.post(ctx, "/v1/orders", request, reply); err != nil {
		return err
	}
	o.book.note(number, reply.GetOrder().GetOrderId())
	o.mine = append(o.mine, reply.GetOrder().GetOrderId())
	return nil
}

func (o *trader) restock(ctx context.Context) error {
	quantity := 20 + o.random.IntN(40)
	if o.random.IntN(4) == 0 { // takes promises back
		quantity = -1 - o.random.IntN(9)
	}
	err := o.post(ctx, "/v1/stock:adjust", &inventoryv1.AdjustStockRequest{
		RequestId: o.key(), Adjustments: []*inventoryv1.StockAdjustment{{
			Sku: skus[o.random.IntN(len(skus)-1)], NodeId: nodes[o.random.IntN(len(nodes))], Quantity: strconv.Itoa(quantity), Reason: "COUNT",
		}},
	}, nil)
	if fault.ReasonOf(err) == "NEGATIVE_AVAILABLE" {
		return nil
	}
	return err
}

// post sends a request until it has a definite answer.
func (o *trader) post(ctx context.Context, path string, request, reply proto.Message) error {
	body, err := protojson.Marshal(request)
	if err != nil {
		return err
	}
	err = insist(ctx, patience, func(ctx context.Context) error { return o.once(ctx, path, body, reply) })
	if err != nil {
		return fmt.Errorf("POST %s: %w", path, err)
	}
	return nil
}

// kinds are the kinds of fault behind the statuses that are decisions.
var kinds = map[int]fault.Kind{
	http.StatusBadRequest: fault.Invalid, http.StatusNotFound: fault.NotFound, http.StatusConflict: fault.AlreadyExists,
	http.StatusUnprocessableEntity: fault.Precondition, http.StatusPreconditionFailed: fault.Precondition,
	http.StatusForbidden: fault.Denied, http.StatusInternalServerError: fault.Internal,
}

func (o *trader) once(ctx context.Context, path string, body []byte, reply proto.Message) error {
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+o.system.front.address()+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode == http.StatusOK {
		if reply == nil {
			return nil
		}
		return protojson.Unmarshal(text, reply)
	}
	var problem struct{ Reason, Detail string }
	if err := json.Unmarshal(text, &problem); err != nil {
		return fmt.Errorf("status %d: %.200s", response.StatusCode, text)
	}
	kind, known := kinds[response.StatusCode]
	if !known {
		kind = fault.Unavailable
	}
	return fault.New(kind, problem.Reason, "%d: %s", response.StatusCode, problem.Detail)
}
