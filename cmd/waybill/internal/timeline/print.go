// Package timeline shows an order's timeline to people.
package timeline

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"

	operationsv1 "github.com/waybill-dev/waybill/gen/waybill/operations/v1"
)

const (
	layout = "2006-01-02 15:04:05.000"
	// maxDepth bounds how far causes are indented.
	maxDepth = 8
	// apart is from which difference on both clocks are shown.
	apart = time.Second
)

// Print writes a timeline: a line per entry in the order of recording, indented under what brought it about. Times are when it
// was recorded, in UTC; when it happened stands behind it where that is another time.
func Print(out io.Writer, timeline *operationsv1.GetTimelineResponse) error {
	title := timeline.GetOrderId()
	if timeline.GetExternalOrderId() != "" {
		title += fmt.Sprintf(" (%s of %s)", timeline.GetExternalOrderId(), cmp.Or(timeline.GetPartnerId(), "no partner"))
	}
	if _, err := fmt.Fprintf(out, "Order %s\n\n", clean(title)); err != nil {
		return err
	}
	depths := map[string]int{}
	for _, entry := range timeline.GetEntries() {
		depth := 0
		if above, ok := depths[entry.GetCausedBy()]; ok && entry.GetCausedBy() != "" {
			depth = above + 1
		}
		depths[entry.GetEventId()] = depth
		if _, err := fmt.Fprintln(out, line(entry, depth)); err != nil {
			return err
		}
	}
	return nil
}

func line(entry *operationsv1.TimelineEntry, depth int) string {
	recorded, occurred := entry.GetRecordedAt().AsTime(), entry.GetOccurredAt().AsTime()
	text := recorded.Format(layout) + "  "
	if depth > 0 {
		text += strings.Repeat("   ", min(depth, maxDepth)-1) + "└─ "
	}
	text += clean(entry.GetSentence())
	if actor := entry.GetActor(); actor != "" {
		text += " [" + clean(actor) + "]"
	}
	if recorded.Sub(occurred).Abs() >= apart {
		text += " (happened " + occurred.Format(layout) + ")"
	}
	return text
}

// clean leaves out what would move a terminal's cursor: sentences carry texts of partners.
func clean(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return '·'
		}
		return r
	}, text)
}
