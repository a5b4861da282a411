package domain_test

import (
	"testing"
	"time"

	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/services/inventory/internal/domain"
)

// placed is what a request got, over all lines and places.
func placed(outcome domain.Outcome) int64 {
	var total int64
	for _, line := range outcome.Lines {
		for _, here := range line.Placed {
			total += here.Quantity
		}
	}
	return total
}

func asked(key string, channel domain.Channel, quantity int64) domain.Want {
	return domain.Want{
		Key: key, Order: domain.OrderID(key), Shortage: domain.Drop, Channel: channel,
		Lines: []domain.WantLine{{Line: 1, SKU: "A", Quantity: quantity}},
	}
}

func hold(key string, quantity int64) domain.Want {
	want := asked(key, "", quantity)
	want.ExpiresAt = now.Add(15 * time.Minute)
	return want
}

func TestSafetyStockIsKeptBackFromTheChannel(t *testing.T) {
	for _, test := range []struct {
		name    string
		own     map[domain.Channel]int64
		channel domain.Channel
		want    int64
	}{
		{"none", nil, "WEB", 10},
		{"of the empty channel", map[domain.Channel]int64{"": 4}, "WEB", 6},
		{"its own instead", map[domain.Channel]int64{"": 4, "WEB": 7}, "WEB", 3},
		{"its own of zero", map[domain.Channel]int64{"": 4, "WEB": 0}, "WEB", 10},
		{"somebody else's", map[domain.Channel]int64{"EDI": 7}, "WEB", 10},
		{"more than there is", map[domain.Channel]int64{"": 40}, "WEB", 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := stocked(10, "N1")
			for channel, quantity := range test.own {
				w.keepBack("A", "N1", channel, quantity)
			}
			if got := placed(w.reserve(asked("k", test.channel, 100))[0]); got != test.want {
				t.Errorf("got %d, want %d", got, test.want)
			}
		})
	}
}

func TestQuotaCapsWhatAChannelHasReservedOverAllPlaces(t *testing.T) {
	w := stocked(10, "N1", "N2")
	w.limitChannel("A", "WEB", 12)
	outcomes := w.reserve(asked("k1", "WEB", 8), asked("k2", "WEB", 8), asked("k3", "EDI", 3))
	if got := [3]int64{placed(outcomes[0]), placed(outcomes[1]), placed(outcomes[2])}; got != [3]int64{8, 4, 3} {
		t.Errorf("got %v", got)
	}
	w.cancel(domain.Cancellation{Key: "c1", Order: "k1"})
	if got := placed(w.reserve(asked("k4", "WEB", 10))[0]); got != 8 {
		t.Errorf("after a cancellation %d", got)
	}
	if err := w.drifted(); err != nil {
		t.Error(err)
	}
}

func TestRaisedQuotaServesWhatWaits(t *testing.T) {
	w := stocked(10, "N1")
	w.limitChannel("A", "WEB", 2)
	waits := asked("k1", "WEB", 5)
	waits.Shortage = domain.Backorder
	w.reserve(waits)
	w.limitChannel("A", "WEB", 4)
	if got := w.reservedBy(domain.QuotaKey{SKU: "A", Channel: "WEB"}); got != 4 {
		t.Errorf("reserved %d", got)
	}
}

func TestHoldThatIsOverIsFreeForTheNext(t *testing.T) {
	w := stocked(5, "N1")
	w.reserve(hold("h", 5))
	w.clock = now.Add(15*time.Minute - time.Microsecond)
	if got := placed(w.reserve(asked("early", "", 1))[0]); got != 0 {
		t.Errorf("%d before its time", got)
	}
	w.clock = now.Add(15 * time.Minute)
	if got := placed(w.reserve(asked("late", "", 5))[0]); got != 5 {
		t.Errorf("%d after its time", got)
	}
	if last := w.told[len(w.told)-2]; last.Kind != domain.EventExpired {
		t.Errorf("told %+v", w.told)
	}
}

// TestTTLExpiresDuringPayment: R3, a hold that is over is not taken over; what is left is sourced like for anybody.
func TestTTLExpiresDuringPayment(t *testing.T) {
	for _, test := range []struct {
		name  string
		after time.Duration
		rival bool
		got   int64
		state domain.State
	}{
		{"in time", 14 * time.Minute, true, 5, domain.Replaced},
		{"too late, and somebody was faster", 15 * time.Minute, true, 0, domain.Expired},
		{"too late, and it is still there", 15 * time.Minute, false, 5, domain.Expired},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := stocked(5, "N1")
			held := w.reserve(hold("h", 5))[0].ReservationID
			w.clock = now.Add(test.after)
			if test.rival {
				w.reserve(asked("rival", "", 5))
			}
			order := asked("order", "", 5)
			order.Replaces = "h"
			if got := placed(w.reserve(order)[0]); got != test.got {
				t.Errorf("got %d", got)
			}
			if state := w.reservations[held].State; state != test.state {
				t.Errorf("the hold is %s", state)
			}
		})
	}
}

func TestTakingOverAHold(t *testing.T) {
	t.Run("comes before demand that waits", func(t *testing.T) {
		w := stocked(5, "N1")
		w.reserve(hold("h", 5))
		urgent := asked("urgent", "", 5)
		urgent.Shortage, urgent.Priority = domain.Backorder, 9
		w.reserve(urgent)
		order := asked("order", "", 3)
		order.Replaces = "h"
		if got := placed(w.reserve(order)[0]); got != 3 {
			t.Errorf("got %d", got)
		}
		w.serve()
		if got := w.balances[domain.StockKey{SKU: "A", Node: "N1"}].Reserved; got != 5 {
			t.Errorf("%d reserved: what is left goes to what waits", got)
		}
	})
	t.Run("leaves it alone when the request is refused", func(t *testing.T) {
		w := stocked(5, "N1")
		held := w.reserve(hold("h", 5))[0].ReservationID
		order := asked("order", "", 6)
		order.Replaces, order.Shortage = "h", domain.Refuse
		if outcome := w.reserve(order)[0]; outcome.Refusal == nil {
			t.Errorf("got %+v", outcome)
		}
		if w.reservations[held].State != domain.Soft {
			t.Error("the hold is gone")
		}
	})
	t.Run("is not for another partner", func(t *testing.T) {
		w := stocked(5, "N1")
		mine := hold("h", 5)
		mine.Partner = "acme"
		w.reserve(mine)
		order := asked("order", "", 5)
		order.Replaces, order.Partner = "h", "other"
		if got := placed(w.reserve(order)[0]); got != 0 {
			t.Errorf("got %d", got)
		}
	})
	t.Run("keeps what the channel's quota and safety stock would not give", func(t *testing.T) {
		w := stocked(5, "N1")
		web := hold("h", 5)
		web.Channel = "WEB"
		w.reserve(web)
		w.keepBack("A", "N1", "", 4)
		w.limitChannel("A", "WEB", 1)
		order := asked("order", "WEB", 5)
		order.Replaces = "h"
		if got := placed(w.reserve(order)[0]); got != 5 {
			t.Errorf("got %d", got)
		}
	})
}

func TestExtendRefusesAHoldThatHasEnded(t *testing.T) {
	w := stocked(5, "N1")
	w.reserve(hold("h", 5))
	extend := func(until time.Time) (err error) {
		w.withHolds(func(shelf *domain.Shelf) { err = shelf.Extend("h", until) })
		return err
	}
	if err := extend(now.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if err := extend(now.Add(31 * 24 * time.Hour)); fault.ReasonOf(err) != domain.ReasonInvalidExpiry {
		t.Errorf("too long: %v", err)
	}
	w.clock = now.Add(time.Hour)
	if err := extend(now.Add(2 * time.Hour)); fault.ReasonOf(err) != domain.ReasonHoldEnded {
		t.Errorf("over: %v", err)
	}
	w.sweep()
	if len(w.soft) > 0 {
		t.Errorf("listed %v", w.soft)
	}
}

func TestHoldsAreRevokedFirstAndDoNotWait(t *testing.T) {
	w := stocked(10, "N1")
	low := asked("low", "", 5)
	low.Priority = -5
	held := hold("h", 5)
	held.Priority = 5
	w.reserve(low, held)
	if err := w.adjust(domain.Adjustment{StockKey: domain.StockKey{SKU: "A", Node: "N1"}, Quantity: -5, Reason: "COUNT", OccurredAt: now}); err != nil {
		t.Fatal(err)
	}
	if len(w.demand) > 0 {
		t.Errorf("%v waits", w.demand)
	}
	if err := w.drifted(); err != nil {
		t.Error(err)
	}
}
