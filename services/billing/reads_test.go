package billing

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/rpc"
)

func as(t *testing.T, partner string) context.Context {
	t.Helper()
	return rpc.WithIdentity(t.Context(), rpc.Identity{Service: rpc.Gateway, Principal: "somebody", Partner: partner})
}

// list pages through invoices two by two.
func (w *world) list(ctx context.Context, req *billingv1.ListInvoicesRequest) []string {
	w.t.Helper()
	var ids []string
	req.PageSize = 2
	for {
		page, err := w.service.ListInvoices(ctx, req)
		if err != nil {
			w.t.Fatal(err)
		}
		for _, invoice := range page.GetInvoices() {
			ids = append(ids, invoice.GetInvoiceId())
		}
		if req.PageToken = page.GetNextPageToken(); req.GetPageToken() == "" {
			return ids
		}
	}
}

func TestReads(t *testing.T) {
	w := newWorld(t)
	w.account("ACME", nil)
	w.account("OTHER", nil)
	orders := []*orderv1.PricedOrder{priced("ACME", "1"), priced("OTHER", "2"), priced("ACME", "3")}
	orders[2].PartnerId = "MARKET"
	w.granted(orders...)
	w.ship(shipped(orders[0], 1, 5))
	w.ship(shipped(orders[1], 1, 10))
	w.ship(shipped(orders[2], 1, 10))
	w.ship(shipped(orders[0], 1, 5))
	w.run(w.service)
	w.allIssued(4)

	all := w.list(t.Context(), &billingv1.ListInvoicesRequest{})
	if len(all) != 4 {
		t.Fatalf("%d invoices", len(all))
	}
	for name, test := range map[string]struct {
		partner string
		req     *billingv1.ListInvoicesRequest
		want    []string
	}{
		"partner":             {"SHOP", &billingv1.ListInvoicesRequest{}, []string{all[0], all[2], all[3]}},
		"another partner":     {"MARKET", &billingv1.ListInvoicesRequest{}, []string{all[1]}},
		"account":             {"", &billingv1.ListInvoicesRequest{AccountId: "ACME"}, []string{all[0], all[1], all[3]}},
		"partner and account": {"SHOP", &billingv1.ListInvoicesRequest{AccountId: "ACME"}, []string{all[0], all[3]}},
		"order":               {"", &billingv1.ListInvoicesRequest{OrderId: orders[0].GetOrderId()}, []string{all[0], all[3]}},
		"order of another":    {"MARKET", &billingv1.ListInvoicesRequest{OrderId: orders[0].GetOrderId()}, nil},
		"order and account":   {"", &billingv1.ListInvoicesRequest{OrderId: orders[0].GetOrderId(), AccountId: "OTHER"}, nil},
	} {
		if diff := cmp.Diff(test.want, w.list(as(t, test.partner), test.req)); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
	}

	if _, err := w.service.GetInvoice(as(t, "SHOP"), &billingv1.GetInvoiceRequest{InvoiceId: all[0]}); err != nil {
		t.Error(err)
	}
	for _, invoiceID := range []string{all[0], "inv_01234567-89ab-7def-8123-456789abcdef", "7"} {
		if _, err := w.service.GetInvoice(as(t, "MARKET"), &billingv1.GetInvoiceRequest{InvoiceId: invoiceID}); fault.KindOf(err) != fault.NotFound {
			t.Errorf("invoice %s: %v, want NOT_FOUND", invoiceID, err)
		}
	}
	if _, err := w.service.GetCreditStatus(as(t, "SHOP"), &billingv1.GetCreditStatusRequest{AccountId: "ACME"}); fault.KindOf(err) != fault.NotFound {
		t.Errorf("a partner asks for the credit: %v", err)
	}
	if _, err := w.service.ListInvoices(t.Context(), &billingv1.ListInvoicesRequest{PageToken: "x"}); fault.ReasonOf(err) != "PAGE_TOKEN_INVALID" {
		t.Errorf("a foreign token: %v", err)
	}
	if _, err := w.service.ListInvoices(t.Context(), &billingv1.ListInvoicesRequest{OrderId: "x"}); fault.ReasonOf(err) != "ID_INVALID" {
		t.Errorf("a wrong order: %v", err)
	}
}

func TestSummary(t *testing.T) {
	w := newWorld(t)
	w.account("ACME", nil)
	sound, lost := priced("ACME", "1", "2"), priced("ACME", "4")
	lost.TaxJurisdiction, lost.PartnerId = "ATLANTIS", "MARKET"
	w.granted(sound, lost)
	w.ship(shipped(sound, 1, 10, 2, 10), shipped(lost, 1, 10))
	w.run(w.service)
	w.eventually("one is issued", func() bool { return w.count("invoice WHERE state = 'ISSUED'") == 1 })
	issued := &billingv1.InvoiceSum{
		CurrencyCode: "GBP", State: billingv1.InvoiceState_INVOICE_STATE_ISSUED, Invoices: 1, Lines: 2, NetMinor: 3000, TaxMinor: 600,
	}
	pending := &billingv1.InvoiceSum{
		CurrencyCode: "GBP", State: billingv1.InvoiceState_INVOICE_STATE_TAX_PENDING, Invoices: 1, Lines: 1, NetMinor: 4000,
	}
	for _, test := range []struct {
		partner, entity string
		want            []*billingv1.InvoiceSum
	}{
		{"", "", []*billingv1.InvoiceSum{issued, pending}},
		{"", "MAIN", []*billingv1.InvoiceSum{issued, pending}},
		{"", "NORTH", nil},
		{"SHOP", "", []*billingv1.InvoiceSum{issued}},
	} {
		got, err := w.service.SummarizeInvoices(as(t, test.partner), &billingv1.SummarizeInvoicesRequest{LegalEntity: test.entity})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(test.want, got.GetSums(), protocmp.Transform(), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%q %q:\n%s", test.partner, test.entity, diff)
		}
	}
}

// The age of the terms on which credit is granted is visible.
func TestCreditSaysHowOldItsTermsAre(t *testing.T) {
	w := newWorld(t)
	at := timestamppb.New(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))
	w.account("ACME", func(account *masterdataAccount) { account.UpdatedAt = at })
	reply, err := w.service.GetCreditStatus(t.Context(), &billingv1.GetCreditStatusRequest{AccountId: "ACME"})
	if err != nil {
		t.Fatal(err)
	}
	if got := reply.GetStatus().GetTermsAsOf(); !got.AsTime().Equal(at.AsTime()) {
		t.Errorf("the terms are as of %v, want %v", got, at)
	}
}
