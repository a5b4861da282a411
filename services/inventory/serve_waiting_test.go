package inventory

import (
	"testing"
	"time"
)

// TestMoreWaitsThanOneTransactionLooksAt: what the transaction that adds the stock leaves is served right after it.
func TestMoreWaitsThanOneTransactionLooksAt(t *testing.T) {
	w := newWorld(t)
	w.reserve(request("ord_1", ones(1000)...), request("ord_2", 1))
	w.stock("A", "N1", "1005")
	if got := w.balance("A", "N1").GetReserved(); got != 1000 {
		t.Errorf("%d reserved at once, want as many as are looked at", got)
	}
	if got := w.reserve(request("ord_3", 1))[0].GetReservation().GetLines()[0].GetBackordered(); got != 0 {
		t.Errorf("ord_3 waits although there is enough for everybody")
	}
	if got := w.balance("A", "N1").GetReserved(); got != 1002 {
		t.Errorf("%d reserved: ord_3 came before what waits", got)
	}
}

func TestRunServesWhatWasLeft(t *testing.T) {
	w := newWorld(t)
	w.reserve(request("ord_1", ones(1000)...), request("ord_2", 1))
	w.run()
	w.stock("A", "N1", "1005")
	eventually(t, "everything that waited is served", func() bool { return w.balance("A", "N1").GetReserved() == 1001 })
}

// TestPollingServes: nobody is told when a place is active again.
func TestPollingServes(t *testing.T) {
	w := newWorld(t)
	w.masterData(node("N1", 2, 1, true))
	w.stock("A", "N1", "5")
	w.reserve(request("ord_1", 5))
	w.service.config.ServePoll = 10 * time.Millisecond
	w.run()
	if _, err := w.db.Pool().Exec(t.Context(), "UPDATE node SET inactive = false"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "what waits is served", func() bool { return w.balance("A", "N1").GetReserved() == 5 })
}

func ones(n int) []int64 {
	quantities := make([]int64, n)
	for i := range quantities {
		quantities[i] = 1
	}
	return quantities
}
