package domain

import (
	"slices"
	"time"

	"github.com/google/uuid"
)

// ExceptionKind says what a person has to look at.
type ExceptionKind string

// The kinds.
const (
	// ExceptionShipmentFlawed: a shipment was reported with something wrong.
	ExceptionShipmentFlawed ExceptionKind = "SHIPMENT_FLAWED"
	// ExceptionShipmentLost: the carrier has lost a shipment.
	ExceptionShipmentLost ExceptionKind = "SHIPMENT_LOST"
	// ExceptionReturnedToSender: a shipment comes back undelivered; a return may be authorised for it.
	ExceptionReturnedToSender ExceptionKind = "RETURNED_TO_SENDER"
	// ExceptionMilestonesDiffer: a carrier has said things that cannot all be true.
	ExceptionMilestonesDiffer ExceptionKind = "MILESTONES_DIFFER"
	// ExceptionReportUnknown: nobody knows, after a day, what a report is about.
	ExceptionReportUnknown ExceptionKind = "REPORT_UNKNOWN"
	// ExceptionReportRefused: a report that was parked could not be booked when what it is about came.
	ExceptionReportRefused ExceptionKind = "REPORT_REFUSED"
)

// Exception is something that a person has to look at. Kind and Subject together are opened once.
type Exception struct {
	ID                         uuid.UUID
	Kind                       ExceptionKind
	Subject                    string
	OrderID, PartnerID, NodeID string
	// FulfillmentID and ShipmentID are zero where none is meant.
	FulfillmentID, ShipmentID uuid.UUID
	Reason, Message           string
	// Report is what was reported, where nothing else keeps it.
	Report               string
	OpenedAt, ResolvedAt time.Time
	Resolution           string
	// Sequence counts its events.
	Sequence int64
}

// except opens an exception about a shipment.
func (b *Book) except(kind ExceptionKind, s *Shipment, subject, reason, message string) {
	b.Changes.Exceptions = append(b.Changes.Exceptions, Exception{
		Kind: kind, Subject: subject, OrderID: s.OrderID, PartnerID: s.PartnerID, NodeID: s.NodeID, FulfillmentID: s.FulfillmentID,
		ShipmentID: s.ID, Reason: reason, Message: message, OpenedAt: b.Now,
	})
}

// flawed opens an exception for each kind of flaw of a shipment.
func (b *Book) flawed(s *Shipment) {
	var reasons []string
	for _, one := range s.Flaws {
		if !slices.Contains(reasons, one.Reason) {
			reasons = append(reasons, one.Reason)
			b.except(ExceptionShipmentFlawed, s, s.ID.String()+"/"+one.Reason, one.Reason, one.Message)
		}
	}
}
