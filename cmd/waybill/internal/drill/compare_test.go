package drill

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/waybill-dev/waybill/cmd/waybill/internal/restclient"
	commonv1 "github.com/waybill-dev/waybill/gen/waybill/common/v1"
	erpv1 "github.com/waybill-dev/waybill/gen/waybill/connector/erp/v1"
)

func posting(id string, second, timesSent, total int64) *erpv1.Posting {
	return &erpv1.Posting{
		DocumentId: id, PostedAt: timestamppb.New(time.Unix(second, 0)), TimesSent: timesSent, Total: &commonv1.Money{MinorUnits: total},
	}
}

func TestCompareFindsEachBreak(t *testing.T) {
	ours := []document{
		{id: "ord_a/0", orderID: "ord_a", totalMinor: 10}, {id: "ord_a/1", orderID: "ord_a", totalMinor: 20},
		{id: "inv_a", orderID: "ord_a", totalMinor: 24}, {id: "ord_b/0", orderID: "ord_b", totalMinor: 10}, closureDocument("ord_a", 3),
	}
	good := func() []*erpv1.Posting {
		closure := posting("ord_a/closed", 4, 1, 0)
		closure.NotToShip = 3
		return []*erpv1.Posting{
			posting("inv_a", 3, 1, 24), posting("ord_a/0", 1, 1, 10), posting("ord_a/1", 2, 1, 20), closure, posting("ord_b/0", 1, 1, 10),
		}
	}
	for name, test := range map[string]struct {
		spoil func([]*erpv1.Posting) []*erpv1.Posting
		want  string
	}{
		"nothing":        {func(p []*erpv1.Posting) []*erpv1.Posting { return p }, "0 missing, 0 twice, 0 different, 0 out of order"},
		"one is missing": {func(p []*erpv1.Posting) []*erpv1.Posting { return p[:4] }, "1 missing, 0 twice, 0 different, 0 out of order, such as ord_b/0"},
		"one was sent twice": {func(p []*erpv1.Posting) []*erpv1.Posting {
			p[0].TimesSent = 2
			return p
		}, "0 missing, 1 twice, 0 different, 0 out of order, such as inv_a"},
		"another total": {func(p []*erpv1.Posting) []*erpv1.Posting {
			p[2].Total.MinorUnits++
			return p
		}, "0 missing, 0 twice, 1 different, 0 out of order, such as ord_a/1"},
		"another quantity that is not shipped": {func(p []*erpv1.Posting) []*erpv1.Posting {
			p[3].NotToShip = 2
			return p
		}, "0 missing, 0 twice, 1 different, 0 out of order, such as ord_a/closed"},
		"closed before its invoice": {func(p []*erpv1.Posting) []*erpv1.Posting {
			p[3].PostedAt = p[0].GetPostedAt()
			return p
		}, "0 missing, 0 twice, 0 different, 1 out of order, such as ord_a/closed"},
		"one of nobody": {func(p []*erpv1.Posting) []*erpv1.Posting {
			return append(p, posting("ord_c/0", 1, 1, 10))
		}, "0 missing, 0 twice, 1 different, 0 out of order, such as ord_c/0"},
		"an invoice before the order": {func(p []*erpv1.Posting) []*erpv1.Posting {
			p[0].PostedAt = timestamppb.New(time.Unix(1, 0))
			return p
		}, "0 missing, 0 twice, 0 different, 1 out of order, such as inv_a"},
		"versions exchanged": {func(p []*erpv1.Posting) []*erpv1.Posting {
			p[1].PostedAt, p[2].PostedAt = p[2].GetPostedAt(), p[1].GetPostedAt()
			return p
		}, "0 missing, 0 twice, 0 different, 1 out of order, such as ord_a/1"},
	} {
		t.Run(name, func(t *testing.T) {
			found := compare(ours, test.spoil(good()))
			if found.String() != test.want || found.none() != (name == "nothing") {
				t.Errorf("found %s, want %s", found, test.want)
			}
		})
	}
}

func TestOnlyARefusalWithATimeComesAgain(t *testing.T) {
	problem := func(status int, wait time.Duration) error {
		return &restclient.ProblemError{Status: status, RetryAfter: wait}
	}
	for _, test := range []struct {
		err  error
		want bool
	}{
		{problem(http.StatusTooManyRequests, time.Second), true},
		{problem(http.StatusServiceUnavailable, time.Second), true},
		{problem(http.StatusTooManyRequests, 0), false},
		{problem(http.StatusGatewayTimeout, time.Second), false},
		{errors.New("connection reset"), false},
	} {
		if got := comesAgain(test.err); got != test.want {
			t.Errorf("%v: %v, want %v", test.err, got, test.want)
		}
	}
}
