package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/types/known/timestamppb"

	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
)

// mastersCommand shows how items, customers and prices flow in from the ERP, and lets people see to what was not taken.
type mastersCommand struct {
	Status mastersStatus `cmd:"" default:"withargs" help:"Show how far the ERP's masters are read."`
	List   listMasters   `cmd:"" help:"List masters that were not taken."`
	Show   showMaster    `cmd:"" help:"Show one with what the ERP says of it."`
	Retry  retryMasters  `cmd:"" help:"Have some tried again, or all."`
	Drop   dropMaster    `cmd:"" help:"Give one up: what is here stays until the ERP says something else."`
	Reload reloadMasters `cmd:"" help:"Have the ERP's masters read from the beginning."`
}

const mastersPage = 500

// mastersStatus shows the feed.
type mastersStatus struct {
	Running runningWaybill `embed:""`
}

// Run prints a few lines.
func (c *mastersStatus) Run(env *environment) error {
	door, err := c.Running.open()
	if err != nil {
		return err
	}
	defer door.Close()
	reply, err := door.MasterFeed.GetMasterFeed(env.ctx, &masterdatav1.GetMasterFeedRequest{})
	if err != nil {
		return err
	}
	printFeed(os.Stdout, reply.GetFeed(), time.Now())
	return nil
}

func printFeed(out io.Writer, feed *masterdatav1.MasterFeed, now time.Time) {
	if !feed.GetConnected() {
		fmt.Fprintln(out, "No ERP is connected that masters could flow in from")
	}
	stand := "read to the end"
	if feed.GetBehind() {
		stand = "there is more to be read"
	}
	age := "never read to the end"
	if at := feed.GetCurrentAt(); at != nil {
		age = fmt.Sprintf("current as of %s, %s ago", at.AsTime().Local().Format(time.DateTime), max(now.Sub(at.AsTime()), 0).Round(time.Second))
	}
	fmt.Fprintf(out, "Masters of the ERP: %s; %s\n", stand, age)
	if at := feed.GetAsOf(); at != nil {
		fmt.Fprintf(out, "By the ERP's clock  as of %s\n", at.AsTime().Local().Format(time.DateTime))
	}
	fmt.Fprintf(out, "Taken               %d entries in %d loads, the last %s\n", feed.GetTaken(), feed.GetLoads(), whenever(feed.GetReadAt()))
	fmt.Fprintf(out, "Set aside           %d wait for something, %d for a person\n", feed.GetWaiting(), feed.GetStuck())
	if feed.GetProblem() != "" {
		fmt.Fprintf(out, "Problem             %s (since %s)\n", feed.GetProblem(), whenever(feed.GetProblemSince()))
	}
}

// whenever is a time that may not be.
func whenever(at *timestamppb.Timestamp) string {
	if at == nil {
		return "never"
	}
	return at.AsTime().Local().Format(time.DateTime)
}

// listMasters lists what is set aside.
type listMasters struct {
	State   string         `enum:"all,waiting,stuck" default:"all" help:"Only those that wait for something (waiting) or for a person (stuck)."`
	Kind    string         `enum:"all,account,item,price" default:"all" help:"Only these: account, item or price."`
	JSON    bool           `name:"json" help:"Print JSON, one a line."`
	Running runningWaybill `embed:""`
}

// Run prints all pages.
func (c *listMasters) Run(env *environment) error {
	door, err := c.Running.open()
	if err != nil {
		return err
	}
	defer door.Close()
	request := &masterdatav1.ListSetAsideMastersRequest{
		State: masterdatav1.SetAsideState(masterdatav1.SetAsideState_value["SET_ASIDE_STATE_"+strings.ToUpper(c.State)]),
		Kind:  masterdatav1.MasterKind(masterdatav1.MasterKind_value["MASTER_KIND_"+strings.ToUpper(c.Kind)]),
	}
	if c.JSON {
		return eachSetAside(env.ctx, door.MasterFeed, request, func(one *masterdatav1.SetAsideMaster) error {
			text, err := protojson.Marshal(one)
			if err == nil {
				err = json.NewEncoder(os.Stdout).Encode(json.RawMessage(text))
			}
			return err
		})
	}
	shown := newTable(os.Stdout, "ENTRY\tKIND\tKEY\tSTATE\tSINCE\tTRIES\tNEXT TRY\tREASON\tMESSAGE")
	return shown.end(eachSetAside(env.ctx, door.MasterFeed, request, func(one *masterdatav1.SetAsideMaster) error {
		shown.row(one.GetEntryId(), strings.TrimPrefix(one.GetKind().String(), "MASTER_KIND_"), one.GetKey(),
			strings.TrimPrefix(one.GetState().String(), "SET_ASIDE_STATE_"), whenever(one.GetSince()), one.GetTries(),
			whenever(one.GetNextTryAt()), one.GetReason(), firstLine(one.GetMessage()))
		return nil
	}))
}

// eachSetAside gives what is set aside, page after page.
func eachSetAside(
	ctx context.Context, client masterdatav1.MasterFeedServiceClient, request *masterdatav1.ListSetAsideMastersRequest,
	do func(*masterdatav1.SetAsideMaster) error,
) error {
	for request.PageSize = mastersPage; ; {
		reply, err := client.ListSetAsideMasters(ctx, request)
		if err != nil {
			return err
		}
		for _, one := range reply.GetMasters() {
			if err := do(one); err != nil {
				return err
			}
		}
		if request.PageToken = reply.GetNextPageToken(); request.GetPageToken() == "" {
			return nil
		}
	}
}

// showMaster shows one.
type showMaster struct {
	Entry   string         `arg:"" help:"The entry, as the list shows it."`
	Running runningWaybill `embed:""`
}

// Run prints it as JSON.
func (c *showMaster) Run(env *environment) error {
	door, err := c.Running.open()
	if err != nil {
		return err
	}
	defer door.Close()
	var found *masterdatav1.SetAsideMaster
	err = eachSetAside(env.ctx, door.MasterFeed, &masterdatav1.ListSetAsideMastersRequest{}, func(one *masterdatav1.SetAsideMaster) error {
		if one.GetEntryId() == c.Entry {
			found = one
		}
		return nil
	})
	switch {
	case err != nil:
		return err
	case found == nil:
		return fmt.Errorf("%s is not set aside", c.Entry)
	}
	return printJSON(found)
}

// retryMasters has some tried again.
type retryMasters struct {
	Entries []string       `arg:"" optional:"" name:"entry" help:"The entries, as the list shows them."`
	All     bool           `help:"Every entry that is set aside."`
	Running runningWaybill `embed:""`
}

// Run asks for it; the list shows what becomes of them.
func (c *retryMasters) Run(env *environment) error {
	if c.All == (len(c.Entries) > 0) {
		return errors.New("name the entries, or say --all")
	}
	door, err := c.Running.open()
	if err != nil {
		return err
	}
	defer door.Close()
	reply, err := door.MasterFeed.RetrySetAsideMasters(env.ctx, &masterdatav1.RetrySetAsideMastersRequest{EntryIds: c.Entries, All: c.All})
	if err != nil {
		return err
	}
	fmt.Printf("%d are tried again\n", reply.GetRetried())
	return nil
}

// dropMaster gives one up.
type dropMaster struct {
	Entry   string         `arg:"" help:"The entry, as the list shows it."`
	Reason  string         `required:"" help:"Why. It is kept."`
	Actor   string         `env:"USER" help:"Who decides. Default: who is logged in."`
	Running runningWaybill `embed:""`
}

// Run fails when it is not set aside.
func (c *dropMaster) Run(env *environment) error {
	door, err := c.Running.open()
	if err != nil {
		return err
	}
	defer door.Close()
	reply, err := door.MasterFeed.DropSetAsideMaster(env.ctx, &masterdatav1.DropSetAsideMasterRequest{EntryId: c.Entry, Reason: c.Reason, Actor: c.Actor})
	if err != nil {
		return err
	}
	if !reply.GetDropped() {
		return fmt.Errorf("%s is not set aside", c.Entry)
	}
	fmt.Printf("%s is given up\n", c.Entry)
	return nil
}

// reloadMasters begins anew.
type reloadMasters struct {
	Running runningWaybill `embed:""`
}

// Run asks for it; the status shows how far it is.
func (c *reloadMasters) Run(env *environment) error {
	door, err := c.Running.open()
	if err != nil {
		return err
	}
	defer door.Close()
	if _, err := door.MasterFeed.ReloadMasters(env.ctx, &masterdatav1.ReloadMastersRequest{}); err != nil {
		return err
	}
	fmt.Println("The ERP's masters are read from the beginning")
	return nil
}
