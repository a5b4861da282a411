package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"google.golang.org/grpc"

	backofficev1 "github.com/waybill-dev/waybill/gen/waybill/backoffice/v1"
)

// queue is a queue for the ERP with documents that it refused, two on a page.
type queue struct {
	backofficev1.BackofficeServiceClient
	refused []string
	asked   [][]string
	why     []string
}

func (q *queue) ListStuckPosts(_ context.Context, req *backofficev1.ListStuckPostsRequest, _ ...grpc.CallOption) (*backofficev1.ListStuckPostsResponse, error) {
	from := slices.Index(q.refused, req.GetPageToken()) + 1
	to := min(from+2, len(q.refused))
	reply := &backofficev1.ListStuckPostsResponse{}
	for _, document := range q.refused[from:to] {
		reply.Posts = append(reply.Posts, &backofficev1.StuckPost{DocumentId: document, OrderId: "ord_1", Reason: "PERIOD_CLOSED", Message: "no\x1b[31m"})
	}
	if to < len(q.refused) {
		reply.NextPageToken = q.refused[to-1]
	}
	return reply, nil
}

func (q *queue) RetryPosts(_ context.Context, req *backofficev1.RetryPostsRequest, _ ...grpc.CallOption) (*backofficev1.RetryPostsResponse, error) {
	q.asked, q.why = append(q.asked, req.GetDocumentIds()), append(q.why, req.GetActor()+": "+req.GetReason())
	return &backofficev1.RetryPostsResponse{Retried: int64(len(req.GetDocumentIds()))}, nil
}

func TestWhatTheERPRefusedIsListedAndSentAgain(t *testing.T) {
	q := &queue{refused: []string{"inv_1", "inv_2", "inv_3"}}
	var out strings.Builder
	if err := printRefused(t.Context(), q, &out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"inv_1", "inv_3", "PERIOD_CLOSED", "no·[31m"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in\n%s", want, out.String())
		}
	}
	out.Reset()
	if err := (&retryRefused{All: true, Reason: "it is open now", Actor: "ann"}).sendAgain(t.Context(), q, &out); err != nil {
		t.Fatal(err)
	}
	if err := (&retryRefused{Documents: []string{"inv_2"}}).sendAgain(t.Context(), q, &out); err != nil {
		t.Fatal(err)
	}
	if got, want := fmt.Sprint(q.asked), "[[inv_1 inv_2 inv_3] [inv_2]]"; got != want {
		t.Errorf("asked for %s, want %s", got, want)
	}
	if got, want := fmt.Sprintf("%q", q.why), `["ann: it is open now" ": "]`; got != want {
		t.Errorf("said %s, want %s", got, want)
	}
	if got, want := out.String(), "3 documents are sent again\n1 documents are sent again\n"; got != want {
		t.Errorf("said %q", got)
	}
}
