package domain

import (
	"testing"
	"time"
)

func seen(event string, at time.Time) Trouble {
	return Trouble{Key: "k", Class: HoldClass("CREDIT"), Event: event, SeenAt: at, Message: event, Order: "ord_1"}
}

func over(event string, at time.Time) Trouble {
	trouble := seen(event, at)
	trouble.Over = true
	return trouble
}

// A ledger books each event once, in the order of the archive; the end of what nobody saw says nothing unless it is open.
func TestLedgerBooks(t *testing.T) {
	ledger := NewLedger(nil)
	if ledger.Add(over("e0", noon)); len(ledger.Keys()) != 0 {
		t.Error("the end of what nobody saw is booked")
	}
	ledger.Add(seen("e1", noon.Add(time.Hour)), seen("e2", noon), over("e3", noon), seen("e1", noon.Add(2*time.Hour)))
	account := ledger.With([]string{"k"}, nil)["k"]
	if len(account.Events) != 2 || !account.First.Equal(noon.Add(time.Hour)) || !account.Latest.Equal(noon.Add(time.Hour)) ||
		account.Last.Event != "e2" || account.Word.Event != "e3" {
		t.Errorf("booked %+v", account)
	}
	later := ledger.With([]string{"k"}, []Trouble{seen("e4", noon.Add(3*time.Hour)), {Key: "another", Event: "e5"}})
	if account := later["k"]; len(later) != 1 || len(account.Events) != 3 || account.Word.Event != "e4" {
		t.Errorf("with what came later: %+v", account)
	}
	if account := ledger.With([]string{"k"}, nil)["k"]; len(account.Events) != 2 {
		t.Errorf("the ledger has changed: %+v", account)
	}
	open := NewLedger([]string{"k"})
	if open.Add(over("e0", noon)); len(open.Keys()) != 1 {
		t.Error("the end of what is open is not booked")
	}
}
