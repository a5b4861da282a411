package fulfillment

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/outbox"
	"github.com/waybill-dev/waybill/internal/shard"
	"github.com/waybill-dev/waybill/services/fulfillment/internal/domain"
	"github.com/waybill-dev/waybill/services/fulfillment/internal/store"
)

// outcome is what became of a report.
type outcome struct {
	domain.Outcome
	// parked: what it is about is not known, and it is kept until it is.
	parked bool
}

// report books reports of one kind. Those about what nobody knows (yet) are facts all the same: they are kept and tried again.
func report[Report proto.Message](
	ctx context.Context, s *Service, kind store.ParkedKind, reports []Report, convert func(Report) domain.Command,
) ([]outcome, error) {
	booked, err := s.do(ctx, convertAll(reports, convert))
	if err != nil {
		return nil, err
	}
	outcomes := make([]outcome, len(booked))
	var early []store.ParkedMessage
	for i, one := range booked {
		outcomes[i] = outcome{Outcome: one, parked: isEarly(one)}
		if !outcomes[i].parked {
			continue
		}
		content, err := proto.MarshalOptions{Deterministic: true}.Marshal(reports[i])
		if err != nil {
			return nil, fmt.Errorf("park: %w", err)
		}
		early = append(early, store.NewParked(kind, subjectOf(reports[i]), content))
	}
	if len(early) == 0 {
		return outcomes, nil
	}
	now, config := s.now(), s.config.Parking
	_, err = database.Tx(ctx, s.db, "park_reports", func(tx database.Transaction) (struct{}, error) {
		return struct{}{}, store.Park(ctx, tx, early, now, now.Add(config.FirstDelay), now.Add(config.KeepFor))
	})
	return outcomes, err
}

// isEarly reports whether a report is about something that may still come.
func isEarly(outcome domain.Outcome) bool {
	if outcome.Refusal == nil {
		return false
	}
	return outcome.Refusal.Reason == domain.ReasonUnknownFulfillment || outcome.Refusal.Reason == domain.ReasonShipmentUnknown
}

// subjectOf is what a report is about, in its sender's words.
func subjectOf(report any) string {
	switch report := report.(type) {
	case interface{ GetFulfillmentId() string }:
		return report.GetFulfillmentId()
	case *fulfillmentv1.MilestoneReport:
		return cmp.Or(report.GetShipmentId(), report.GetNodeId()+" "+report.GetWarehouseShipmentId())
	}
	return ""
}

// parkedPage is how many reports one transaction tries again.
const parkedPage = 200

// unpark tries parked reports again, until ctx ends.
func (s *Service) unpark(ctx context.Context) error {
	return s.sweep(ctx, "parked reports", s.config.Parking.Poll, s.unparkPass)
}

// unparkPass tries a page of them behind the fence, and reports whether there are more.
func (s *Service) unparkPass(ctx context.Context, leases shard.Leases) (more bool, err error) {
	if leases.Empty() {
		return false, nil
	}
	now := s.now()
	tried, err := database.Tx(ctx, s.db, "unpark_reports", func(tx database.Transaction) (int, error) {
		due, err := store.LockParked(ctx, tx, leases, now, parkedPage)
		if err != nil || len(due) == 0 {
			return 0, err
		}
		commands := make([]domain.Command, 0, len(due))
		for _, one := range due {
			command, _, err := readParked(one)
			if err != nil {
				return 0, err
			}
			commands = append(commands, command)
		}
		outcomes, err := decide(ctx, tx, commands, now)
		if err != nil {
			return 0, err
		}
		return len(due), s.settleParked(ctx, tx, due, outcomes, now)
	})
	return tried == parkedPage, err
}

// settleParked lets go of what was booked, makes exceptions of what was refused or has waited too long, and keeps the rest.
func (s *Service) settleParked(
	ctx context.Context, tx database.Transaction, due []store.ParkedMessage, outcomes []domain.Outcome, now time.Time,
) error {
	var settled store.SettledReports
	for i, one := range due {
		refusal := outcomes[i].Refusal
		switch {
		case refusal == nil:
			settled.Done = append(settled.Done, one)
		case !isEarly(outcomes[i]):
			settled.Done = append(settled.Done, one)
			settled.Exceptions = append(settled.Exceptions, parkedException(one, domain.ExceptionReportRefused, refusal))
		case now.Before(one.ExpiresAt):
			one.DueAt = now.Add(min(s.config.Parking.MaxDelay, s.config.Parking.FirstDelay<<min(one.Attempt, 20)))
			settled.Waiting = append(settled.Waiting, one)
		default:
			settled.Done = append(settled.Done, one)
			settled.Exceptions = append(settled.Exceptions, parkedException(one, domain.ExceptionReportUnknown, refusal))
		}
	}
	opened, err := store.SettleParked(ctx, tx, settled, now)
	if err != nil {
		return err
	}
	return outbox.Add(ctx, tx, exceptionEvents(opened)...)
}

func parkedException(one store.ParkedMessage, kind domain.ExceptionKind, refusal *fault.Error) domain.Exception {
	exception := domain.Exception{
		Kind: kind, Subject: one.ID.String(), Reason: refusal.Reason, FulfillmentID: fulfillmentID(one.Subject),
		Message: fmt.Sprintf("%s report about %s: %s", one.Kind, one.Subject, refusal.Message),
	}
	if _, message, err := readParked(one); err == nil {
		exception.Report = protojson.MarshalOptions{}.Format(message)
	}
	return exception
}

// readParked is the command of a parked report, and the report itself.
func readParked(one store.ParkedMessage) (domain.Command, proto.Message, error) {
	switch one.Kind {
	case store.ParkedAcknowledgement:
		return readAs(one, &fulfillmentv1.Acknowledgement{}, acknowledgeFromProto)
	case store.ParkedPick:
		return readAs(one, &fulfillmentv1.PickReport{}, pickFromProto)
	case store.ParkedManifest:
		return readAs(one, &fulfillmentv1.ManifestReport{}, manifestFromProto)
	case store.ParkedShipment:
		return readAs(one, &fulfillmentv1.ShipmentReport{}, shipFromProto)
	case store.ParkedCancellation:
		return readAs(one, &fulfillmentv1.CancellationReport{}, answerFromProto)
	case store.ParkedMilestone:
		return readAs(one, &fulfillmentv1.MilestoneReport{}, trackFromProto)
	}
	return nil, nil, fmt.Errorf("fulfillment: %q is no kind of report", one.Kind)
}

func readAs[Report proto.Message](
	one store.ParkedMessage, into Report, convert func(Report) domain.Command,
) (domain.Command, proto.Message, error) {
	if err := proto.Unmarshal(one.Report, into); err != nil {
		return nil, nil, fmt.Errorf("parked report %s: %w", one.ID, err)
	}
	return convert(into), into, nil
}
