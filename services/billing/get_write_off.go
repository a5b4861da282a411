package billing

import (
	"context"

	"google.golang.org/protobuf/types/known/timestamppb"

	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	commonv1 "github.com/waybill-dev/waybill/gen/waybill/common/v1"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/services/billing/internal/store"
)

// GetWriteOff implements the RPC of the same name.
func (s *Service) GetWriteOff(ctx context.Context, req *billingv1.GetWriteOffRequest) (*billingv1.GetWriteOffResponse, error) {
	journal, err := id.Parse(id.Journal, req.GetJournalId())
	if err != nil {
		return nil, writeOffNotFound(req.GetJournalId())
	}
	off, err := store.WriteOffByJournal(ctx, s.db.Pool(), journal)
	switch {
	case err != nil:
		return nil, err
	case off == nil:
		return nil, writeOffNotFound(req.GetJournalId())
	}
	return &billingv1.GetWriteOffResponse{WriteOff: &billingv1.WriteOff{
		JournalId: id.Format(id.Journal, off.JournalID), InvoiceId: id.Format(id.Invoice, off.InvoiceID),
		OrderId: id.Format(id.Order, off.OrderID), Reason: off.Reason, WrittenOffAt: timestamppb.New(off.WrittenOffAt),
		Amount: &commonv1.Money{CurrencyCode: off.CurrencyCode, MinorUnits: off.AmountMinor},
	}}, nil
}

func writeOffNotFound(name string) error {
	return fault.New(fault.NotFound, "WRITE_OFF_NOT_FOUND", "there is no write-off %q", name)
}
