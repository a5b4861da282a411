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
	ours := []document{{"ord_a/0", "ord_a", 10}, {"ord_a/1", "ord_a", 20}, {"inv_a", "ord_a", 24}, {"ord_b/0", "ord_b", 10}}
	good := func() []*erpv1.Posting {
		return []*erpv1.Posting{
			posting("inv_a", 3, 1, 24), posting("ord_a/0", 1, 1, 10), posting("ord_a/1", 2, 1, 20), posting("ord_b/0", 1, 1, 10),
		}
	}
	for name, test := range map[string]struct {
		spoil func([]*erpv1.Posting) []*erpv1.Posting
		want  string
	}{
		"nothing":        {func(p []*erpv1.Posting) []*erpv1.Posting { return p }, "0 missing, 0 twice, 0 different, 0 out of order"},
		"one is missing": {func(p []*erpv1.Posting) []*erpv1.Posting { return p[:3] }, "1 missing, 0 twice, 0 different, 0 out of order, such as ord_b/0"},
		"one was sent twice": {func(p []*erpv1.Posting) []*erpv1.Posting {
			p[0].TimesSent = 2
			return p
		}, "0 missing, 1 twice, 0 different, 0 out of order, such as inv_a"},
		"another total": {func(p []*erpv1.Posting) []*erpv1.Posting {
			p[2].Total.MinorUnits++
			return p
		}, "0 missing, 0 twice, 1 different, 0 out of order, such as ord_a/1"},
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
