package timeline

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	operationsv1 "github.com/waybill-dev/waybill/gen/waybill/operations/v1"
)

func TestPrint(t *testing.T) {
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	entry := func(id, cause, sentence, actor string, late time.Duration) *operationsv1.TimelineEntry {
		at = at.Add(time.Second)
		return &operationsv1.TimelineEntry{
			EventId: id, CausedBy: cause, Sentence: sentence, Actor: actor, RecordedAt: timestamppb.New(at),
			OccurredAt: timestamppb.New(at.Add(-late)),
		}
	}
	var out strings.Builder
	err := Print(&out, &operationsv1.GetTimelineResponse{
		OrderId: "ord_1", ExternalOrderId: "PO-7", PartnerId: "P1", Entries: []*operationsv1.TimelineEntry{
			entry("a", "", "It was received", "", 0),
			entry("b", "a", "It was made ready", "ann", 999*time.Millisecond),
			entry("c", "b", "It left \x1b[2J", "", time.Hour),
			entry("d", "elsewhere", "It is done", "", 0),
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := `Order ord_1 (PO-7 of P1)

2026-03-02 09:00:01.000  It was received
2026-03-02 09:00:02.000  └─ It was made ready [ann]
2026-03-02 09:00:03.000     └─ It left ·[2J (happened 2026-03-02 08:00:03.000)
2026-03-02 09:00:04.000  It is done
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
