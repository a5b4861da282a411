package rpc_test

import (
	"strings"
	"testing"

	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	"github.com/waybill-dev/waybill/internal/rpc"
)

func TestFitPage(t *testing.T) {
	large := &masterdatav1.Item{Description: strings.Repeat("x", rpc.MaxMessageBytes/5)}
	whole := &masterdatav1.Item{Description: strings.Repeat("x", rpc.MaxMessageBytes)}
	small := &masterdatav1.Item{Sku: "A"}
	for _, c := range []struct {
		entries []*masterdatav1.Item
		want    int
	}{
		{nil, 0}, {[]*masterdatav1.Item{small, small}, 2}, {[]*masterdatav1.Item{large, small, large, large}, 3},
		{[]*masterdatav1.Item{whole, small}, 1}, {[]*masterdatav1.Item{small, whole}, 1},
	} {
		if got := rpc.FitPage(c.entries); got != c.want {
			t.Errorf("%d of %d entries fit, want %d", got, len(c.entries), c.want)
		}
	}
}
