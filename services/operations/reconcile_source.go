package operations

import (
	"context"
	"maps"
	"slices"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	booksv1 "github.com/waybill-dev/waybill/gen/waybill/books/v1"
	erpv1 "github.com/waybill-dev/waybill/gen/waybill/connector/erp/v1"
	"github.com/waybill-dev/waybill/internal/books"
	"github.com/waybill-dev/waybill/internal/invariant"
	"github.com/waybill-dev/waybill/internal/reconcile"
)

const (
	// erpRole is whom the ERP's figures are asked of: not by the books of its adapter, but by the contract of every ERP.
	erpRole = "connector-erp"
	erpPage = 1000
	// maxBreaks is how many breaks of one rule between services are listed; those of a service's own tables are listed up to
	// invariant.MaxBreaks.
	maxBreaks = 1000
)

// source asks the services for what they say: a reconcile.Source.
type source struct {
	books map[string]booksv1.BooksServiceClient
	erp   erpv1.ErpServiceClient
}

// Figure implements reconcile.Source.
func (s source) Figure(ctx context.Context, side reconcile.Side, after string) (reconcile.Page, error) {
	if side.Role == erpRole {
		return s.posted(ctx, after)
	}
	reply, err := s.books[side.Role].ReadFigure(ctx, &booksv1.ReadFigureRequest{Service: side.Role, Figure: side.Figure, PageToken: after})
	if err != nil {
		return reconcile.Page{}, err
	}
	page := reconcile.Page{Next: reply.GetNextPageToken()}
	for _, entry := range reply.GetEntries() {
		page.Entries = append(page.Entries, books.EntryFromProto(entry))
	}
	return page, nil
}

// posted is a page of what the ERP has.
func (s source) posted(ctx context.Context, after string) (reconcile.Page, error) {
	reply, err := s.erp.ListPostings(ctx, &erpv1.ListPostingsRequest{PageSize: erpPage, PageToken: after})
	if err != nil {
		return reconcile.Page{}, err
	}
	page := reconcile.Page{Next: reply.GetNextPageToken()}
	for _, posting := range reply.GetPostings() {
		entry, compared := reconcile.Posted(posting.GetDocumentId(), posting.GetTotal().GetMinorUnits(), posting.GetNotToShip())
		if compared {
			page.Entries = append(page.Entries, entry)
		}
	}
	return page, nil
}

// bookRule is a rule that is looked at: of the tables of one service, or between services.
type bookRule struct {
	name, rule, description string
	// equation is nil of a service's own rule; then role is whose it is.
	equation *reconcile.Equation
	role     string
}

// rules are all rules. Of a service that does not tell its own, that is told as the failure of a rule of its name.
func (s source) rules(ctx context.Context) (rules []bookRule, silent map[string]error) {
	silent = map[string]error{}
	for _, role := range slices.Sorted(maps.Keys(s.books)) {
		reply, err := s.books[role].ListRules(ctx, &booksv1.ListRulesRequest{Service: role})
		if err != nil {
			silent[role] = err
			continue
		}
		for _, one := range reply.GetRules() {
			rules = append(rules, bookRule{name: one.GetName(), rule: one.GetRule(), description: one.GetDescription(), role: role})
		}
	}
	for _, equation := range reconcile.Equations() {
		rules = append(rules, bookRule{
			name: equation.Name, rule: equation.Rule, description: equation.Description, equation: &equation,
		})
	}
	return rules, silent
}

// look checks a rule. Whole says that it lists every break.
func (s source) look(ctx context.Context, rule *bookRule) (found reconcile.Finding, whole bool, err error) {
	if rule.equation != nil {
		found, err = reconcile.Examine(ctx, s, *rule.equation, maxBreaks)
		return found, found.Broken == int64(len(found.Breaks)), err
	}
	reply, err := s.books[rule.role].CheckRule(ctx, &booksv1.CheckRuleRequest{Service: rule.role, Rule: rule.name})
	if err != nil {
		return found, false, err
	}
	found.Examined, found.Broken = reply.GetExamined(), int64(len(reply.GetBreaks()))
	for _, one := range reply.GetBreaks() {
		found.Breaks = append(found.Breaks, reconcile.Break{Break: invariant.Break{
			Entity: one.GetEntity(), Left: one.GetLeft(), Right: one.GetRight(), Detail: one.GetDetail(),
		}})
	}
	return found, len(found.Breaks) < invariant.MaxBreaks, nil
}

// unpublished counts what services had committed by a moment and have not published.
func (s source) unpublished(ctx context.Context, committedBy time.Time) (waiting int64, err error) {
	for role, client := range s.books {
		reply, err := client.CheckPublished(ctx, &booksv1.CheckPublishedRequest{Service: role, CommittedBy: timestamppb.New(committedBy)})
		if err != nil {
			return waiting, err
		}
		waiting += reply.GetWaiting()
	}
	return waiting, nil
}
