package domain_test

import (
	"testing"

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
	again.Lines = []domain.CartonLine{{Line: 2, Quantity: 1}, {Line: 1, Quantity: 1}, {Line: 1, Quantity: 1}}
	if got := s.one(again); got.ID != first.ID {
		t.Errorf("a repeat is shipment %s, want %s", got.ID, first.ID)
	}
	s.refused(domain.ReasonShipmentDiffers, s.ship("w1", false, 2, 2))
	s.refused(domain.ReasonShipmentDiffers, s.ship("w1", true, 2, 1))
	s.expect(t, domain.StageInProgress, counters{2, 2, 2, 0, 0}, counters{1, 1, 1, 0, 0})
}

func TestCartons(t *testing.T) {
	const sound, other = "106141411234567897", "106141411234567903"
	s := newShelf(t)
	s.create(5, 5)
	with := func(number string, cartons ...domain.Carton) domain.Ship {
		c := s.ship(number, false, 2, 1)
		c.Cartons = cartons
		return c
	}
	one, two := domain.CartonLine{Line: 1, Quantity: 2}, domain.CartonLine{Line: 2, Quantity: 1}
	s.refused(domain.ReasonCartonsDiffer, with("w1", domain.Carton{SSCC: sound, Lines: []domain.CartonLine{one}}))
	s.refused(domain.ReasonCartonsDiffer, with("w1", domain.Carton{SSCC: sound, Lines: []domain.CartonLine{
		{Line: 1, Quantity: 3}, {Line: 1, Quantity: -1}, two}}))
	s.refused(domain.ReasonSSCCInvalid, with("w1", domain.Carton{SSCC: "106141411234567890", Lines: []domain.CartonLine{one, two}}))
	s.refused(domain.ReasonSSCCReused, with("w1", domain.Carton{SSCC: sound, Lines: []domain.CartonLine{one}},
		domain.Carton{SSCC: sound, Lines: []domain.CartonLine{two}}))
	s.one(with("w1", domain.Carton{SSCC: sound, Lines: []domain.CartonLine{one}}, domain.Carton{SSCC: other, Lines: []domain.CartonLine{two}}))
	s.one(with("w1", domain.Carton{SSCC: other, Lines: []domain.CartonLine{two}}, domain.Carton{SSCC: sound, Lines: []domain.CartonLine{one}}))
	s.refused(domain.ReasonSSCCReused, with("w2", domain.Carton{SSCC: other, Lines: []domain.CartonLine{one, two}}))
	s.one(with("w3", domain.Carton{Lines: []domain.CartonLine{one, two}}))
	if len(s.shipments) != 2 {
		t.Errorf("%d shipments", len(s.shipments))
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
