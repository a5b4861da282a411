package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	backofficev1 "github.com/waybill-dev/waybill/gen/waybill/backoffice/v1"
)

// erpCommand shows what the ERP did not take, and sends it again.
type erpCommand struct {
	Refused listRefused  `cmd:"" default:"withargs" help:"List documents that the ERP refused, with its reason. Later documents of their orders wait behind them."`
	Retry   retryRefused `cmd:"" help:"Send refused documents again, after their cause was mended in the ERP."`
}

// refusedPage is how many documents a call lists or sends again.
const refusedPage = 1000

// listRefused lists them.
type listRefused struct {
	Running runningWaybill `embed:""`
}

// Run prints all of them.
func (c *listRefused) Run(env *environment) error {
	door, err := c.Running.open()
	if err != nil {
		return err
	}
	defer door.Close()
	return printRefused(env.ctx, door.BackOffice, os.Stdout)
}

func printRefused(ctx context.Context, client backofficev1.BackofficeServiceClient, out io.Writer) error {
	shown := newTable(out, "DOCUMENT\tORDER\tWAITS SINCE\tSENT\tREASON\tMESSAGE")
	return shown.end(eachRefused(ctx, client, func(posts []*backofficev1.StuckPost) error {
		for _, post := range posts {
			shown.row(post.GetDocumentId(), post.GetOrderId(), post.GetEnqueuedAt().AsTime().Format(time.DateTime),
				post.GetAttempts(), firstLine(post.GetReason()), firstLine(post.GetMessage()))
		}
		return nil
	}))
}

// eachRefused gives page after page of what the ERP refused.
func eachRefused(ctx context.Context, client backofficev1.BackofficeServiceClient, do func([]*backofficev1.StuckPost) error) error {
	request := &backofficev1.ListStuckPostsRequest{PageSize: refusedPage}
	for {
		reply, err := client.ListStuckPosts(ctx, request)
		if err != nil {
			return err
		}
		if err := do(reply.GetPosts()); err != nil {
			return err
		}
		if request.PageToken = reply.GetNextPageToken(); request.GetPageToken() == "" {
			return nil
		}
	}
}

// retryRefused sends some or all again.
type retryRefused struct {
	Documents []string       `arg:"" optional:"" help:"Their ids."`
	All       bool           `help:"All that are refused now."`
	Reason    string         `help:"Why. It is kept, and shown on the orders' timelines."`
	Actor     string         `env:"USER" help:"Who says so. Default: who is logged in."`
	Running   runningWaybill `embed:""`
}

// Run puts them back into the queue.
func (c *retryRefused) Run(env *environment) error {
	if c.All == (len(c.Documents) > 0) {
		return errors.New("name documents, or say --all")
	}
	door, err := c.Running.open()
	if err != nil {
		return err
	}
	defer door.Close()
	return c.sendAgain(env.ctx, door.BackOffice, os.Stdout)
}

// sendAgain puts documents back into the queue; none named: all that are refused. What is refused again while it runs is not sent
// a second time.
func (c *retryRefused) sendAgain(ctx context.Context, client backofficev1.BackofficeServiceClient, out io.Writer) error {
	documents := c.Documents
	if len(documents) == 0 {
		err := eachRefused(ctx, client, func(posts []*backofficev1.StuckPost) error {
			for _, post := range posts {
				documents = append(documents, post.GetDocumentId())
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	var sent int64
	for some := range slices.Chunk(documents, refusedPage) {
		reply, err := client.RetryPosts(ctx, &backofficev1.RetryPostsRequest{DocumentIds: some, Reason: c.Reason, Actor: c.Actor})
		if err != nil {
			return fmt.Errorf("%d are sent again, the others are not: %w", sent, err)
		}
		sent += reply.GetRetried()
	}
	_, err := fmt.Fprintf(out, "%d documents are sent again\n", sent)
	return err
}
