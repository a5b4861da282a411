package main

import (
	"fmt"
	"os"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/waybill-dev/waybill/cmd/waybill/internal/access"
	"github.com/waybill-dev/waybill/cmd/waybill/internal/timeline"
	operationsv1 "github.com/waybill-dev/waybill/gen/waybill/operations/v1"
)

// runningWaybill is where a Waybill that runs is reached.
type runningWaybill struct {
	Address string `env:"WAYBILL_ADDRESS" default:"127.0.0.1:7443" help:"Where the RPCs of a running Waybill are offered, on this machine."`
}

// open reaches it as its operator.
func (r runningWaybill) open() (*access.Access, error) { return access.Open("", r.Address, 1) }

// show asks it something and prints the answer as JSON.
func (r runningWaybill) show(ask func(door *access.Access) (proto.Message, error)) error {
	door, err := r.open()
	if err != nil {
		return err
	}
	defer door.Close()
	reply, err := ask(door)
	if err != nil {
		return err
	}
	return printJSON(reply)
}

// orderCommand shows what happened to an order.
type orderCommand struct {
	Order     string         `arg:"" help:"The order: its id, or the sender's number of it."`
	AsKnownAt string         `placeholder:"TIME" help:"What was known at this moment, such as 2026-03-02T09:00:00Z. Default: now."`
	JSON      bool           `name:"json" help:"Print JSON, as REST gives it."`
	Running   runningWaybill `embed:""`
}

// Run prints the whole timeline.
func (c *orderCommand) Run(env *environment) error {
	request := &operationsv1.GetTimelineRequest{Order: c.Order, PageSize: 500}
	if c.AsKnownAt != "" {
		known, err := time.Parse(time.RFC3339, c.AsKnownAt)
		if err != nil {
			return fmt.Errorf("--as-known-at %q is no time such as 2026-03-02T09:00:00Z", c.AsKnownAt)
		}
		request.AsKnownAt = timestamppb.New(known)
	}
	door, err := c.Running.open()
	if err != nil {
		return err
	}
	defer door.Close()
	whole := &operationsv1.GetTimelineResponse{}
	for {
		page, err := door.Operations.GetTimeline(env.ctx, request)
		if err != nil {
			return err
		}
		request.PageToken, page.NextPageToken = page.GetNextPageToken(), ""
		proto.Merge(whole, page)
		if request.GetPageToken() == "" {
			break
		}
	}
	if c.JSON {
		return printJSON(whole)
	}
	return timeline.Print(os.Stdout, whole)
}

// printJSON writes a message as REST gives it.
func printJSON(message proto.Message) error {
	text, err := protojson.MarshalOptions{Multiline: true, EmitUnpopulated: true}.Marshal(message)
	if err != nil {
		return err
	}
	_, err = fmt.Println(string(text))
	return err
}
