package order

import (
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	commonv1 "github.com/waybill-dev/waybill/gen/waybill/common/v1"
	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	"github.com/waybill-dev/waybill/services/order/internal/domain"
)

// termsToProto is nil for an order about whose terms nobody was asked.
func termsToProto(o *domain.Order) *orderv1.TermsCheck {
	from := &o.Terms
	if from.At.IsZero() {
		return nil
	}
	to := &orderv1.TermsCheck{
		Basis: orderv1.TermsBasis_TERMS_BASIS_CONFIRMED, CheckedAt: timestamppb.New(from.At), AsOf: timeToProto(from.AsOf), Reason: from.Missing,
	}
	switch {
	case from.Refused != "":
		to.Basis, to.Reason = orderv1.TermsBasis_TERMS_BASIS_REFUSED, from.Refused
	case from.Missing != "":
		to.Basis = orderv1.TermsBasis_TERMS_BASIS_CACHED
	}
	if !from.AsOf.IsZero() {
		to.Age = durationpb.New(max(from.At.Sub(from.AsOf), 0))
	}
	return to
}

// noticeToProto is nil for an order whose portal was not to be told.
func noticeToProto(o *domain.Order) *orderv1.PortalNotice {
	if o.Notice.At.IsZero() {
		return nil
	}
	return &orderv1.PortalNotice{At: timestamppb.New(o.Notice.At), Reference: o.Notice.Reference, Reason: o.Notice.Missing}
}

// freightToProto is nil for an order about whose freight nobody was asked.
func freightToProto(o *domain.Order, currency string) *orderv1.FreightChoice {
	from := &o.Freight
	if from.At.IsZero() {
		return nil
	}
	to := &orderv1.FreightChoice{
		Carrier: from.Carrier, Service: from.Service, ArrivesOn: from.ArrivesOn, Options: int32(from.Options), Late: from.Late,
		At: timestamppb.New(from.At), Reason: from.Missing, LeavesOn: from.LeavesOn,
	}
	if from.Missing == "" {
		to.Cost = &commonv1.Money{CurrencyCode: currency, MinorUnits: from.CostMinor}
	}
	return to
}
