package domain_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/waybill-dev/waybill/services/fulfillment/internal/domain"
)

func TestShipmentNumberIsOneShipmentForEver(t *testing.T) {
	s := newShelf(t)
	s.create(5, 5)
	report := s.ship("w1", false, 2, 1)
	first := s.one(report)
	again := report
	again.ShipmentID = s.shipmentID()
	again.At = at.AddDate(0, 0, 1)
	again.Lines = []domain.ReportLine{{Line: 2, Quantity: 1}, {Line: 1, Quantity: 1}, {Line: 1, Quantity: 1}}
	if got := s.one(again); got.ID != first.ID {
		t.Errorf("a repeat is shipment %s, want %s", got.ID, first.ID)
	}
	s.refused(domain.ReasonShipmentDiffers, s.ship("w1", false, 2, 2))
	s.refused(domain.ReasonShipmentDiffers, s.ship("w1", true, 2, 1))
	s.expect(t, domain.StageInProgress, counters{2, 2, 2, 0, 0}, counters{1, 1, 1, 0, 0})
}

// The goods have left: a report that is wrong about cartons is recorded, with what is wrong, and people are told.
func TestWrongCartonsAreFlawsOfARecordedShipment(t *testing.T) {
	const sound, other = "106141411234567897", "106141411234567903"
	one, two := domain.CartonLine{Line: 1, Quantity: 2}, domain.CartonLine{Line: 2, Quantity: 1}
	carton := func(code string, lines ...domain.CartonLine) domain.Carton {
		return domain.Carton{SSCC: code, Lines: lines}
	}
	for name, test := range map[string]struct {
		cartons []domain.Carton
		want    []string
	}{
		"missing":     {[]domain.Carton{carton(sound, one)}, []string{domain.ReasonCartonsDiffer}},
		"negative":    {[]domain.Carton{carton(sound, domain.CartonLine{Line: 1, Quantity: 3}, domain.CartonLine{Line: 1, Quantity: -1}, two)}, []string{domain.ReasonCartonsDiffer}},
		"check digit": {[]domain.Carton{carton("106141411234567890", one, two)}, []string{domain.ReasonSSCCInvalid}},
		"twice":       {[]domain.Carton{carton(sound, one), carton(sound, two)}, []string{domain.ReasonSSCCReused}},
		"used before": {[]domain.Carton{carton("095212340000000006", one, two)}, []string{domain.ReasonSSCCReused}},
		"sound":       {[]domain.Carton{carton(sound, one), carton(other, two)}, nil},
		"no codes":    {[]domain.Carton{carton("", one, two)}, nil},
		"none":        {nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			s := newShelf(t)
			s.create(5, 5)
			before := s.ship("w0", false, 1)
			before.Cartons = []domain.Carton{carton("095212340000000006", domain.CartonLine{Line: 1, Quantity: 1})}
			s.one(before)
			report := s.ship("w1", false, 2, 1)
			report.Cartons = test.cartons
			first := s.one(report)
			again := report
			again.ShipmentID = s.shipmentID()
			if got := s.one(again); got.ID != first.ID {
				t.Errorf("the repeat is %s", got.ID)
			}
			var reasons, told []string
			for _, flaw := range s.shipments[1].Flaws {
				reasons = append(reasons, flaw.Reason)
			}
			for _, exception := range s.exceptions {
				told = append(told, exception.Reason)
			}
			if diff := cmp.Diff(test.want, reasons); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(test.want, told); diff != "" {
				t.Errorf("exceptions:\n%s", diff)
			}
			s.expect(t, domain.StageInProgress, counters{3, 3, 3, 0, 0}, counters{1, 1, 1, 0, 0})
		})
	}
}

func TestCarrierAndTrackingMayBeAddedLater(t *testing.T) {
	s := newShelf(t)
	s.create(5)
	report := s.ship("w1", false, 2)
	first := s.one(report)
	report.Carrier = "DPD"
	s.one(report)
	report.Tracking = "123"
	if got := s.one(report); got.ID != first.ID || s.shipments[0].Carrier != "DPD" || s.shipments[0].Tracking != "123" {
		t.Errorf("shipment %+v", s.shipments[0])
	}
	s.one(s.ship("w1", false, 2)) // says less, not otherwise
	report.Tracking = "456"
	s.refused(domain.ReasonShipmentDiffers, report)
	s.expectEvents(t, domain.EventCreated, domain.EventShipped, domain.EventCarrierAssigned, domain.EventCarrierAssigned)
}

// Up to the tolerance more is planned and counted apart; the excess stands on an unplanned line.
func TestOverShipIsPlannedUpToTheTolerance(t *testing.T) {
	s := newShelf(t)
	create := s.order("LEEDS", 10)
	create.Lines[0].Tolerance = 2
	s.one(create)
	s.one(s.ship("w1", false, 9))
	s.one(s.ship("w2", false, 2))
	s.one(s.ship("w3", false, 4))
	s.expect(t, domain.StageClosed, counters{10, 10, 10, 0, 0})
	var got [][3]int64
	for _, shipment := range s.shipments {
		for _, line := range shipment.Lines {
			unplanned := int64(0)
			if line.Unplanned {
				unplanned = 1
			}
			got = append(got, [3]int64{line.Quantity, line.Over, unplanned})
		}
	}
	if diff := cmp.Diff([][3]int64{{9, 0, 0}, {2, 1, 0}, {1, 1, 0}, {3, 0, 1}}, got); diff != "" {
		t.Error(diff)
	}
	if s.fulfillment().Lines[0].Over != 2 {
		t.Errorf("line %+v", s.fulfillment().Lines[0])
	}
}

// What was given up or short is free for others: nothing that comes of it later is planned.
func TestConfirmAfterCancelAcceptedIsUnplanned(t *testing.T) {
	s := newShelf(t)
	create := s.order("LEEDS", 10)
	create.Lines[0].Tolerance = 5
	s.one(create)
	s.one(domain.Cancel{Key: key})
	s.one(domain.AnswerStop{Fulfillment: target(), Accepted: true})
	s.one(s.ship("w1", false, 4))
	s.expect(t, domain.StageCancelled, counters{0, 0, 0, 0, 10})
	if lines := s.shipments[0].Lines; len(lines) != 1 || !lines[0].Unplanned || lines[0].Quantity != 4 {
		t.Errorf("lines %+v", lines)
	}
}

func TestGoodsThatWereNotOrderedAreRecorded(t *testing.T) {
	s := newShelf(t)
	s.create(5)
	s.book.Items = map[string]domain.Item{"x-1": {SKU: "X-1", BaseUnit: "EA"}}
	report := s.ship("w1", false, 2)
	report.Lines = append(report.Lines, domain.ReportLine{Line: 7, SKU: "x-1", Quantity: 3, Lot: "L1"},
		domain.ReportLine{Line: 1, SKU: "X-1", Quantity: 1}, domain.ReportLine{Line: 9, Quantity: 1}, domain.ReportLine{Line: 1, SKU: "a", Quantity: 1})
	s.one(report)
	shipment := s.shipments[0]
	var reasons []string
	for _, flaw := range shipment.Flaws {
		reasons = append(reasons, flaw.Reason)
	}
	if diff := cmp.Diff([]string{domain.ReasonItemDiffers, domain.ReasonUnknownLine, domain.ReasonUnknownLine}, reasons); diff != "" {
		t.Error(diff)
	}
	var got []string
	for _, line := range shipment.Lines {
		got = append(got, fmt.Sprintf("%d %s %d %t %s", line.Line, line.SKU, line.Quantity, line.Unplanned, line.Lot))
	}
	if diff := cmp.Diff([]string{"1 A 2 false ", "1 A 1 false ", "1 X-1 1 true ", "7 X-1 3 true L1"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestLotsAndSerialsStayWithTheirParts(t *testing.T) {
	s := newShelf(t)
	s.create(3)
	report := s.ship("w1", false)
	report.Lines = []domain.ReportLine{
		{Line: 1, Quantity: 1, Lot: "B"}, {Line: 1, Quantity: 1, Lot: "A", Serials: []string{"2"}}, {Line: 1, Quantity: 1, Lot: "A", Serials: []string{"1"}},
		{Line: 1, Quantity: 2, Lot: "C", Serials: []string{"9", "8"}},
	}
	s.one(report)
	var got []string
	for _, line := range s.shipments[0].Lines {
		got = append(got, fmt.Sprintf("%s %d %t %v", line.Lot, line.Quantity, line.Unplanned, line.Serials))
	}
	if diff := cmp.Diff([]string{"A 2 false [1 2]", "B 1 false []", "C 2 true [8 9]"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestValidSSCC(t *testing.T) {
	for code, want := range map[string]bool{
		"106141411234567897": true, "106141411234567903": true, "106141411234567898": false, "": false,
		"10614141123456789": false, "1061414112345678970": false, "10614141123456789x": false, "١٠٦١٤١٤١١": false,
	} {
		if got := domain.ValidSSCC(code); got != want {
			t.Errorf("%q: %t", code, got)
		}
	}
}
