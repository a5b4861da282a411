package books_test

import (
	"context"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	booksv1 "github.com/waybill-dev/waybill/gen/waybill/books/v1"
	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	"github.com/waybill-dev/waybill/internal/books"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/databasetest"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/invariant"
	"github.com/waybill-dev/waybill/internal/outbox"
	"github.com/waybill-dev/waybill/internal/reconcile"
)

// newService has the books of a service "here" with a rule that is broken once and a figure of one entry.
func newService(t *testing.T) (*books.Service, *database.DB, reconcile.Entry) {
	t.Helper()
	db := databasetest.New(t, nil)
	entry := reconcile.Entry{Key: reconcile.Key{Subject: "ord_1", Line: 2, Node: "EAST", Part: "p"}, Value: "3", Order: "ord_1", SKU: "A"}
	return books.NewService(reconcile.Books{"here": {
		DB: db,
		Checks: []invariant.Check{{
			Name: "here.rule", Rule: "1 = 2", Description: "never", Run: invariant.Query(`SELECT 'row', '1', '2', 'so it is'`),
			Examined: invariant.Count("outbox"),
		}},
		Figures: []reconcile.Figure{{Name: "here.figure", Read: func(_ context.Context, _ *database.DB, after string, _ int) (reconcile.Page, error) {
			return reconcile.Page{Entries: []reconcile.Entry{entry}, Next: after + "x"}, nil
		}}},
	}}), db, entry
}

func TestBooksSayWhatTheServiceSays(t *testing.T) {
	service, _, entry := newService(t)
	rules, err := service.ListRules(t.Context(), &booksv1.ListRulesRequest{Service: "here"})
	if err != nil || len(rules.GetRules()) != 1 || rules.GetRules()[0].GetRule() != "1 = 2" {
		t.Errorf("rules %v, %v", rules, err)
	}
	checked, err := service.CheckRule(t.Context(), &booksv1.CheckRuleRequest{Service: "here", Rule: "here.rule"})
	if err != nil || len(checked.GetBreaks()) != 1 || checked.GetBreaks()[0].GetRight() != "2" || checked.GetBreaks()[0].GetDetail() != "so it is" {
		t.Errorf("checked %v, %v", checked, err)
	}
	read, err := service.ReadFigure(t.Context(), &booksv1.ReadFigureRequest{Service: "here", Figure: "here.figure", PageToken: "a"})
	if err != nil || read.GetNextPageToken() != "ax" || len(read.GetEntries()) != 1 || books.EntryFromProto(read.GetEntries()[0]) != entry {
		t.Errorf("read %v, %v", read, err)
	}
}

func TestBooksThatAreNotHere(t *testing.T) {
	service, _, _ := newService(t)
	_, rules := service.ListRules(t.Context(), &booksv1.ListRulesRequest{Service: "there"})
	_, figure := service.ReadFigure(t.Context(), &booksv1.ReadFigureRequest{Service: "here", Figure: "x"})
	_, rule := service.CheckRule(t.Context(), &booksv1.CheckRuleRequest{Service: "here", Rule: "x"})
	for want, err := range map[string]error{"SERVICE_UNKNOWN": rules, "FIGURE_UNKNOWN": figure, "RULE_UNKNOWN": rule} {
		if fault.ReasonOf(err) != want || fault.KindOf(err) != fault.NotFound {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

// What was committed by a moment and is not published counts; what came later does not.
func TestWhatIsNotPublished(t *testing.T) {
	service, db, _ := newService(t)
	before := time.Now().Add(-time.Second)
	_, err := database.Tx(t.Context(), db, "tell", func(tx database.Transaction) (struct{}, error) {
		return struct{}{}, outbox.Add(t.Context(), tx, outbox.Event{Aggregate: "A", Sequence: 1, Payload: &masterdatav1.ItemChanged{Sku: "A"}})
	})
	if err != nil {
		t.Fatal(err)
	}
	for moment, want := range map[time.Time]int64{before: 0, time.Now(): 1, time.Now().Add(time.Hour): 1} {
		reply, err := service.CheckPublished(t.Context(), &booksv1.CheckPublishedRequest{Service: "here", CommittedBy: timestamppb.New(moment)})
		if err != nil || reply.GetWaiting() != want {
			t.Errorf("by %v: %v, %v", moment, reply, err)
		}
	}
}
