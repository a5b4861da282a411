package rpc_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	"github.com/waybill-dev/waybill/internal/fault"
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

// Tokens lead back to where they were given out, and nothing else is one.
func TestPageTokens(t *testing.T) {
	last, at := uuid.MustParse("01a21358-79fd-716c-8ac9-7a9cfac468f3"), time.UnixMicro(1_772_368_200_123_456)
	if before, err := rpc.ReadIDToken(rpc.IDToken(last)); err != nil || before != last {
		t.Errorf("%v, %v", before, err)
	}
	if before, err := rpc.ReadIDToken(""); err != nil || before != uuid.Max {
		t.Errorf("the first page begins before %v, %v", before, err)
	}
	token := rpc.MomentToken(at, last[:])
	if moment, key, err := rpc.ReadMomentIDToken(token); err != nil || !moment.Equal(at) || key != last {
		t.Errorf("%v, %v, %v", moment, key, err)
	}
	if moment, key, err := rpc.ReadMomentToken(rpc.MomentToken(at, "evt_1")); err != nil || !moment.Equal(at) || string(key) != "evt_1" {
		t.Errorf("%v, %s, %v", moment, key, err)
	}
	for name, read := range map[string]func(string) error{
		"id":         func(token string) error { _, err := rpc.ReadIDToken(token); return err },
		"moment":     func(token string) error { _, _, err := rpc.ReadMomentToken(token); return err },
		"moment, id": func(token string) error { _, _, err := rpc.ReadMomentIDToken(token); return err },
	} {
		for _, wrong := range []string{"!", "AAAA", "AAAAAAAAAAA"} {
			refusal, ok := fault.As(read(wrong))
			if !ok || refusal.Reason != "PAGE_TOKEN_INVALID" || len(refusal.Fields) != 1 || refusal.Fields[0].Path != "page_token" {
				t.Errorf("%s takes %q for a token: %v", name, wrong, refusal)
			}
		}
	}
}
