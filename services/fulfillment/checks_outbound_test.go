package fulfillment_test

import (
	"testing"

	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	"github.com/waybill-dev/waybill/services/fulfillment"
)

// broken names the checks that find something.
func (w *world) broken() map[string]bool {
	w.t.Helper()
	found := map[string]bool{}
	for _, check := range fulfillment.Checks() {
		breaks, err := check.Run(w.t.Context(), w.db)
		if err != nil {
			w.t.Fatal(check.Name, err)
		}
		if len(breaks) > 0 {
			found[check.Name] = true
		}
	}
	return found
}

func (w *world) count(table string) int {
	w.t.Helper()
	var rows int
	if err := w.db.Pool().QueryRow(w.t.Context(), "SELECT count(*) FROM "+table).Scan(&rows); err != nil {
		w.t.Fatal(err)
	}
	return rows
}

// Each check of shipments and waves finds the damage that it is there for.
func TestChecksOfShipmentsFindDamage(t *testing.T) {
	for name, damage := range map[string]string{
		"fulfillment.states":    `UPDATE shipment SET state = 'MANIFESTED'`,
		"fulfillment.shipped":   `UPDATE shipment SET lines = '[]' WHERE warehouse_shipment_id = 'w1'`,
		"fulfillment.tolerance": `UPDATE fulfillment SET lines = REPLACE(lines::TEXT, '"over": 2', '"over": 1')::JSONB`,
		"fulfillment.absorbed":  `DELETE FROM shipment WHERE warehouse_shipment_id <> 'w1'`,
		"fulfillment.cartons":   `UPDATE shipment SET cartons = REPLACE(cartons::TEXT, '17', '16')::JSONB WHERE warehouse_shipment_id = 'w1'`,
		"fulfillment.sscc":      `DELETE FROM carton`,
		"fulfillment.waves":     `UPDATE wave SET state = 'RELEASED'`,
		"fulfillment.dispatch":  `DELETE FROM wave_queue`,
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, idle)
			request := order("a", 10)
			request.Lines[0].OverShipTolerance = 2
			report := shipment(w.create(request), "w1", 17)
			report.Cartons = []*fulfillmentv1.Carton{{Sscc: "106141411234567897", Lines: []*fulfillmentv1.CartonLine{{LineNumber: 1, Quantity: 17}}}}
			shipped := w.ship(report)[0].GetShipmentId()
			_, err := w.service.AbsorbUnplanned(operator(t), &fulfillmentv1.AbsorbUnplannedRequest{ShipmentId: shipped, RequestId: "k"})
			if err != nil {
				t.Fatal(err)
			}
			w.restart()
			w.waves()
			w.create(order("b", 1))
			if _, err := w.wave(&fulfillmentv1.CreateWaveRequest{RequestId: "w"}); err != nil {
				t.Fatal(err)
			}
			w.sound()
			w.exec(damage)
			if found := w.broken(); !found[name] {
				t.Errorf("found %v, want %s", found, name)
			}
		})
	}
}
