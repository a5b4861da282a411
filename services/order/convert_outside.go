package order

import (
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

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
