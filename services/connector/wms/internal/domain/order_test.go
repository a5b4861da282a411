package domain_test

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/waybill-dev/waybill/services/connector/wms/internal/domain"
)

func orderOf(id byte, quantities ...int64) domain.Order {
	order := domain.Order{ID: uuid.UUID{15: id}, NodeID: "LEEDS"}
	for i, quantity := range quantities {
		order.Lines = append(order.Lines, domain.Line{Number: int32(i + 1), SKU: string(rune('A' + i)), Quantity: quantity})
	}
	return order
}

func TestShelfDecidesTheSameEachTime(t *testing.T) {
	short := 0
	shelf := domain.Shelf{ShortBP: 2500}
	for id := range byte(200) {
		order := orderOf(id, 10, 3, 1, 7, 2)
		once, again := shelf.Look(order), shelf.Look(order)
		for i := range once.Lines {
			if once.Lines[i] != again.Lines[i] {
				t.Fatalf("line %v, then %v", once.Lines[i], again.Lines[i])
			}
			if order.Lines[i].Short != 0 {
				t.Fatal("the order that was looked at has changed")
			}
			if got := once.Lines[i].Short; got > 0 {
				short++
				if want := once.Lines[i].Quantity - once.Lines[i].Quantity/2; got != want {
					t.Errorf("%d of %d are short, want %d", got, once.Lines[i].Quantity, want)
				}
			}
		}
	}
	if short < 200 || short > 300 { // 1000 lines
		t.Errorf("%d of 1000 lines are short, want about 250", short)
	}
}

func TestShelfOfListedItems(t *testing.T) {
	order := domain.Shelf{ShortSKUs: map[string]bool{"b": true}}.Look(orderOf(1, 4, 5))
	if order.Lines[0].Short != 0 || order.Lines[1].Short != 3 {
		t.Errorf("lines %+v", order.Lines)
	}
}

func TestSteps(t *testing.T) {
	delays := domain.Delays{Acknowledge: time.Second, Pick: 2 * time.Second, Ship: 3 * time.Second}
	full, nothing := orderOf(1, 5), orderOf(1, 1)
	nothing.Lines[0].Short = 1
	for _, c := range []struct {
		step  domain.Step
		order domain.Order
		next  domain.Step
		delay time.Duration
	}{
		{domain.StepAcknowledge, full, domain.StepPick, 2 * time.Second},
		{domain.StepPick, full, domain.StepShip, 3 * time.Second},
		{domain.StepPick, nothing, domain.StepNone, 0},
		{domain.StepShip, full, domain.StepNone, 0},
		{domain.StepNone, full, domain.StepNone, 0},
	} {
		if next, delay := delays.Next(c.step, c.order); next != c.next || delay != c.delay {
			t.Errorf("after %q: %q in %s, want %q in %s", c.step, next, delay, c.next, c.delay)
		}
	}
}

func TestStepsOfAWarehouseThatSaysMore(t *testing.T) {
	delays := domain.Delays{Ship: 3 * time.Second, Deliver: time.Minute, Manifest: true}
	for _, c := range []struct {
		step, next domain.Step
		delay      time.Duration
	}{
		{domain.StepPick, domain.StepManifest, 1500 * time.Millisecond},
		{domain.StepManifest, domain.StepShip, 1500 * time.Millisecond},
		{domain.StepShip, domain.StepDeliver, time.Minute},
		{domain.StepDeliver, domain.StepNone, 0},
	} {
		if next, delay := delays.Next(c.step, orderOf(1, 5)); next != c.next || delay != c.delay {
			t.Errorf("after %q: %q in %s, want %q in %s", c.step, next, delay, c.next, c.delay)
		}
	}
}

func TestStop(t *testing.T) {
	for _, c := range []struct {
		standing domain.Standing
		want     domain.Answer
	}{
		{domain.Standing{}, domain.AnswerStopped},
		{domain.Standing{Known: true, Step: domain.StepAcknowledge}, domain.AnswerStopped},
		{domain.Standing{Known: true, Step: domain.StepPick}, domain.AnswerStopped},
		{domain.Standing{Known: true, Stopped: true}, domain.AnswerStopped},
		{domain.Standing{Known: true, Step: domain.StepShip}, domain.AnswerTooLate},
		{domain.Standing{Known: true}, domain.AnswerTooLate},
	} {
		if got := c.standing.Stop(); got != c.want {
			t.Errorf("%+v: %s, want %s", c.standing, got, c.want)
		}
	}
}
