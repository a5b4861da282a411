// Package books offers, for the services of one process, what they say of their own tables: their rules, and the figures that are
// compared between services. Each answers from its own database; who wants to compare them asks them all.
package books

import (
	"context"

	"google.golang.org/grpc"

	booksv1 "github.com/waybill-dev/waybill/gen/waybill/books/v1"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/outbox"
	"github.com/waybill-dev/waybill/internal/reconcile"
)

// Service answers for the services of one process.
type Service struct {
	booksv1.UnimplementedBooksServiceServer
	books reconcile.Books
}

// NewService makes it of the books of services by name.
func NewService(books reconcile.Books) *Service { return &Service{books: books} }

// Register offers the RPCs on a server.
func (s *Service) Register(registrar grpc.ServiceRegistrar) {
	booksv1.RegisterBooksServiceServer(registrar, s)
}

func (s *Service) book(service string) (reconcile.Book, error) {
	book, ok := s.books[service]
	if !ok {
		return book, fault.New(fault.NotFound, "SERVICE_UNKNOWN", "no service %q with books is here", service)
	}
	return book, nil
}

// ListRules implements the RPC of the same name.
func (s *Service) ListRules(_ context.Context, req *booksv1.ListRulesRequest) (*booksv1.ListRulesResponse, error) {
	book, err := s.book(req.GetService())
	if err != nil {
		return nil, err
	}
	reply := &booksv1.ListRulesResponse{}
	for _, check := range book.Checks {
		reply.Rules = append(reply.Rules, &booksv1.BookRule{Name: check.Name, Rule: check.Rule, Description: check.Description})
	}
	return reply, nil
}

// CheckRule implements the RPC of the same name.
func (s *Service) CheckRule(ctx context.Context, req *booksv1.CheckRuleRequest) (*booksv1.CheckRuleResponse, error) {
	book, err := s.book(req.GetService())
	if err != nil {
		return nil, err
	}
	for _, check := range book.Checks {
		if check.Name != req.GetRule() {
			continue
		}
		found, err := book.Check(ctx, check)
		if err != nil {
			return nil, err
		}
		reply := &booksv1.CheckRuleResponse{Examined: found.Examined}
		for _, one := range found.Breaks {
			reply.Breaks = append(reply.Breaks, &booksv1.BookBreak{
				Entity: one.Entity, Left: one.Left, Right: one.Right, Detail: one.Detail,
			})
		}
		return reply, nil
	}
	return nil, fault.New(fault.NotFound, "RULE_UNKNOWN", "%s has no rule %q", req.GetService(), req.GetRule())
}

// ReadFigure implements the RPC of the same name.
func (s *Service) ReadFigure(ctx context.Context, req *booksv1.ReadFigureRequest) (*booksv1.ReadFigureResponse, error) {
	if _, err := s.book(req.GetService()); err != nil {
		return nil, err
	}
	page, err := s.books.Figure(ctx, reconcile.Side{Role: req.GetService(), Figure: req.GetFigure()}, req.GetPageToken())
	if err != nil {
		return nil, err
	}
	reply := &booksv1.ReadFigureResponse{NextPageToken: page.Next}
	for _, entry := range page.Entries {
		reply.Entries = append(reply.Entries, EntryToProto(entry))
	}
	return reply, nil
}

// CheckPublished implements the RPC of the same name.
func (s *Service) CheckPublished(ctx context.Context, req *booksv1.CheckPublishedRequest) (*booksv1.CheckPublishedResponse, error) {
	book, err := s.book(req.GetService())
	if err != nil {
		return nil, err
	}
	waiting, err := outbox.CountBefore(ctx, book.DB, req.GetCommittedBy().AsTime())
	return &booksv1.CheckPublishedResponse{Waiting: waiting}, err
}

// EntryToProto writes a quantity of a figure.
func EntryToProto(from reconcile.Entry) *booksv1.FigureEntry {
	return &booksv1.FigureEntry{
		Subject: from.Subject, LineNumber: from.Line, NodeId: from.Node, Part: from.Part, Value: from.Value, OrderId: from.Order,
		Sku: from.SKU,
	}
}

// EntryFromProto reads one.
func EntryFromProto(from *booksv1.FigureEntry) reconcile.Entry {
	return reconcile.Entry{
		Key: reconcile.Key{
			Subject: from.GetSubject(), Line: from.GetLineNumber(), Node: from.GetNodeId(), Part: from.GetPart(),
		},
		Value: from.GetValue(), Order: from.GetOrderId(), SKU: from.GetSku(),
	}
}
