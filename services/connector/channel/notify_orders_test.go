package channel_test

import (
	"testing"
	"time"

	channelv1 "github.com/waybill-dev/waybill/gen/waybill/connector/channel/v1"
	"github.com/waybill-dev/waybill/internal/databasetest"
	"github.com/waybill-dev/waybill/services/connector/channel"
)

const (
	confirming = channelv1.NoticeKind_NOTICE_KIND_CONFIRMING
	withdrawn  = channelv1.NoticeKind_NOTICE_KIND_WITHDRAWN
)

func notice(key, order string, kind channelv1.NoticeKind) *channelv1.OrderNotice {
	return &channelv1.OrderNotice{Key: key, OrderId: order, Channel: "portal", Kind: kind}
}

func notify(t *testing.T, service *channel.Service, notices ...*channelv1.OrderNotice) []*channelv1.NoticeOutcome {
	t.Helper()
	reply, err := service.NotifyOrders(t.Context(), &channelv1.NotifyOrdersRequest{Notices: notices})
	if err != nil || len(reply.GetOutcomes()) != len(notices) {
		t.Fatalf("%d outcomes to %d notices: %v", len(reply.GetOutcomes()), len(notices), err)
	}
	return reply.GetOutcomes()
}

func TestNoticesAreTakenOnce(t *testing.T) {
	service := channel.New(databasetest.New(t, channel.Migrations), time.Now)
	first := notify(t, service, notice("a", "ord_1", confirming), notice("a", "ord_1", confirming), notice("b", "ord_2", confirming))
	if first[1].GetReceipt().GetTimesSent() != 2 || first[1].GetReceipt().GetReference() != first[0].GetReceipt().GetReference() {
		t.Errorf("a repeat got %v after %v", first[1], first[0])
	}
	for _, test := range []struct {
		name   string
		notice *channelv1.OrderNotice
		kind   channelv1.NoticeKind
		times  int64
		reason string
	}{
		{"another order under a known key", notice("a", "ord_9", confirming), 0, 0, "KEY_REUSED"},
		{"a withdrawal", notice("b", "ord_2", withdrawn), withdrawn, 1, ""},
		{"the same again", notice("b", "ord_2", withdrawn), withdrawn, 1, ""},
		{"a notice that comes again after it", notice("b", "ord_2", confirming), 0, 0, "UNDONE"},
		{"a withdrawal of what was never seen", notice("c", "ord_3", withdrawn), withdrawn, 0, ""},
		{"the notice that comes late", notice("c", "ord_3", confirming), 0, 0, "UNDONE"},
		{"a repeat", notice("a", "ord_1", confirming), confirming, 3, ""},
	} {
		got := notify(t, service, test.notice)[0]
		if got.GetRefusal().GetReason() != test.reason || got.GetReceipt().GetKind() != test.kind || got.GetReceipt().GetTimesSent() != test.times {
			t.Errorf("%s: %v", test.name, got)
		}
	}
	page, err := service.ListNotices(t.Context(), &channelv1.ListNoticesRequest{PageSize: 2})
	if err != nil || len(page.GetReceipts()) != 2 || page.GetNextPageToken() != "b" {
		t.Fatalf("first page %v %v", page, err)
	}
	page, err = service.ListNotices(t.Context(), &channelv1.ListNoticesRequest{PageSize: 2, PageToken: "b"})
	if err != nil || len(page.GetReceipts()) != 1 || page.GetReceipts()[0].GetKey() != "c" || page.GetNextPageToken() != "" {
		t.Errorf("last page %v %v", page, err)
	}
}
