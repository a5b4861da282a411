package domain_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/waybill-dev/waybill/services/connector/wms/internal/domain"
)

func TestSSCC(t *testing.T) {
	for _, c := range []struct {
		prefix string
		serial int64
		want   string
	}{
		{"0614141", 1_123456789, "106141411234567897"}, // GS1's own example
		{"0614141", 0, "006141410000000005"},
		{"9521234567", 9_999999, "995212345679999999"},
	} {
		if got, err := domain.SSCC(c.prefix, c.serial); err != nil || got != c.want {
			t.Errorf("%s, %d: %q, %v, want %q", c.prefix, c.serial, got, err, c.want)
		}
	}
	for _, serial := range []int64{-1, 10_000_000} {
		if got, err := domain.SSCC("9521234567", serial); err == nil {
			t.Errorf("serial %d: %q", serial, got)
		}
	}
}

// What was picked is packed whole, in cartons that are full but for the last one, with codes of their own.
func TestPack(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		order := orderOf(1, rapid.SliceOfN(rapid.Int64Range(1, 9), 1, 30).Draw(r, "quantities")...)
		left := map[int32]int64{}
		for i := range order.Lines {
			line := &order.Lines[i]
			line.Short = rapid.Int64Range(0, line.Quantity).Draw(r, "short")
			if line.Picked() > 0 {
				left[line.Number] = line.Picked()
			}
		}
		packing := domain.Packing{CompanyPrefix: "9521234", LinesPerCarton: rapid.IntRange(1, 5).Draw(r, "room")}
		cartons, err := packing.Pack(order, 41)
		if err != nil || len(cartons) != packing.Cartons(order) {
			r.Fatalf("%d cartons, announced %d, %v", len(cartons), packing.Cartons(order), err)
		}
		for i, carton := range cartons {
			if want, _ := domain.SSCC("9521234", int64(41+i)); carton.SSCC != want {
				r.Fatalf("carton %d has %s, want %s", i, carton.SSCC, want)
			}
			if n := len(carton.Lines); n == 0 || n > packing.LinesPerCarton || i < len(cartons)-1 && n < packing.LinesPerCarton {
				r.Fatalf("carton %d of %d holds %d lines", i, len(cartons), n)
			}
			for _, line := range carton.Lines {
				if left[line.Line] != line.Quantity {
					r.Fatalf("line %d: %d packed, %d picked", line.Line, line.Quantity, left[line.Line])
				}
				delete(left, line.Line)
			}
		}
		if len(left) != 0 {
			r.Fatalf("not packed: %v", left)
		}
	})
}
