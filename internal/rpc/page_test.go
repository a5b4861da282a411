package rpc_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/types/known/wrapperspb"

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

// A page ends at its size or where a reply is full, whatever comes first, and names its last entry unless nothing follows.
func TestPage(t *testing.T) {
	write := func(length int) *wrapperspb.StringValue { return wrapperspb.String(strings.Repeat("x", length)) }
	token := func(last int) string { return fmt.Sprint("after ", last) }
	const half = rpc.MaxMessageBytes / 4
	for name, c := range map[string]struct {
		found []int
		size  int
		want  []int
		next  string
	}{
		"nothing":             {nil, 2, nil, ""},
		"less than a page":    {[]int{1}, 2, []int{1}, ""},
		"a page":              {[]int{1, 2}, 2, []int{1, 2}, ""},
		"more than a page":    {[]int{1, 2, 3}, 2, []int{1, 2}, "after 2"},
		"more than a reply":   {[]int{half, half - 20, 30}, 3, []int{half, half - 20}, fmt.Sprint("after ", half-20)},
		"one fills the reply": {[]int{4 * half, 7}, 2, []int{4 * half}, fmt.Sprint("after ", 4*half)},
	} {
		page, next := rpc.Page(c.found, c.size, write, token)
		var got []int
		for _, one := range page {
			got = append(got, len(one.GetValue()))
		}
		if !slices.Equal(got, c.want) || next != c.next {
			t.Errorf("%s: %v and %q, want %v and %q", name, got, next, c.want, c.next)
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
