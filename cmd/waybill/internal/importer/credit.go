package importer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/waybill-dev/waybill/cmd/waybill/internal/restclient"
	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
)

// inspectionSet is how many returns one call reports on.
const inspectionSet = 200

// credit brings the credit notes: each is one return without reference, at its rows' prices. Its services are credited when
// it is authorised, its goods when they are found fit for sale again, which says too that they have come. A return keeps the
// note's number for ever, so a repeat finds it and adds nothing.
func (r *run) credit(ctx context.Context) error {
	start := time.Now()
	defer func() { r.report.CreditTook = time.Since(start) }()
	r.returns = map[string]int{}
	var inspections []*fulfillmentv1.InspectionReport
	err := r.send(ctx, credited, "credit notes", r.requestReturn, func(d *document) {
		r.sums(d.account).credit += d.netMinor
		priced := 0
		for _, l := range d.lines {
			if l.price > 0 {
				priced++
			}
		}
		r.returns[d.returned.GetReturnId()] = priced
		if report := inspection(d); len(report.GetLines()) > 0 {
			inspections = append(inspections, report)
		}
	})
	if err != nil {
		return err
	}
	if err := r.inspect(ctx, inspections); err != nil {
		return err
	}
	return r.awaitMemos(ctx)
}

// requestReturn asks for the return of a credit note. Fulfilment keeps copies of items and places, which may still be on
// their way when they were made just now.
func (r *run) requestReturn(ctx context.Context, d *document) error {
	deadline := time.Now().Add(arrival)
	for {
		reply := &fulfillmentv1.RequestReturnResponse{}
		err := r.target.REST.Post(ctx, "/v1/returns", r.returnRequest(d), reply)
		if !r.options.CreateMasterData || !onItsWay(err) || time.Now().After(deadline) {
			d.returned = reply.GetReturnDocument()
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(arrivalPoll):
		}
	}
}

// onItsWay reports whether what was refused was refused for master data alone that are not known yet.
func onItsWay(err error) bool {
	problem, refused := errors.AsType[*restclient.ProblemError](err)
	if !refused || len(problem.Errors) == 0 {
		return false
	}
	for _, field := range problem.Errors {
		if field.Reason != "UNKNOWN_ITEM" && field.Reason != "UNKNOWN_NODE" {
			return false
		}
	}
	return true
}

func (r *run) returnRequest(d *document) *fulfillmentv1.RequestReturnRequest {
	request := &fulfillmentv1.RequestReturnRequest{
		RequestId: "import-" + d.number, PartnerId: r.options.Mapping.Partner, RmaNumber: d.number, AccountId: d.account,
		NodeId: r.options.Node, Reason: "credit note " + d.number, CurrencyCode: r.options.Mapping.Currency,
	}
	for _, l := range d.lines {
		line := &fulfillmentv1.RequestReturnLine{Sku: l.sku, Quantity: strconv.FormatInt(l.quantity, 10)}
		if l.price > 0 {
			line.AgreedUnitPrice = l.price.String()
		}
		request.Lines = append(request.Lines, line)
	}
	return request
}

// inspection says that all goods of a credit note are fit for sale again. The return's lines stand in the order of the rows.
func inspection(d *document) *fulfillmentv1.InspectionReport {
	report := &fulfillmentv1.InspectionReport{ReturnId: d.returned.GetReturnId(), Document: d.number}
	if !d.at.IsZero() {
		report.OccurredAt = timestamppb.New(d.at)
	}
	for _, line := range d.returned.GetLines() {
		if !line.GetService() {
			report.Lines = append(report.Lines, &fulfillmentv1.InspectionLine{Position: line.GetPosition(), Restocked: line.GetRequested()})
		}
	}
	return report
}

func (r *run) inspect(ctx context.Context, reports []*fulfillmentv1.InspectionReport) error {
	r.options.Progress.Start("goods that came back", len(reports))
	defer r.options.Progress.Finish()
	for set := range slices.Chunk(reports, inspectionSet) {
		reply := &fulfillmentv1.RecordInspectionResponse{}
		request := &fulfillmentv1.RecordInspectionRequest{Reports: set}
		if err := r.target.REST.Post(ctx, "/v1/returns:recordInspections", request, reply); err != nil {
			return fmt.Errorf("report what came back: %w", err)
		}
		for i, outcome := range reply.GetOutcomes() {
			if refusal := outcome.GetRefusal(); refusal != nil {
				return fmt.Errorf("return %s of credit note %s: %s: %s", set[i].GetReturnId(), set[i].GetDocument(),
					refusal.GetReason(), refusal.GetMessage())
			}
		}
		r.options.Progress.Add(len(set))
	}
	return nil
}
