package billing

import (
	"cmp"
	"fmt"
	"strconv"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	commonv1 "github.com/waybill-dev/waybill/gen/waybill/common/v1"
	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/internal/idempotency"
	"github.com/waybill-dev/waybill/internal/money"
	"github.com/waybill-dev/waybill/internal/rpc"
	"github.com/waybill-dev/waybill/services/billing/internal/domain"
	"github.com/waybill-dev/waybill/services/billing/internal/store"
)

func convertAll[From, To any](list []From, convert func(From) To) []To {
	converted := make([]To, 0, len(list))
	for _, one := range list {
		converted = append(converted, convert(one))
	}
	return converted
}

func accountFromProto(account *masterdatav1.Account) (store.AccountCopy, error) {
	rate := money.Rate(0)
	if text := account.GetEstimatedTaxRate(); text != "" {
		var err error
		if rate, err = money.ParseRate(text); err != nil {
			return store.AccountCopy{}, fmt.Errorf("account %s: %w", account.GetAccountId(), err)
		}
	}
	return store.AccountCopy{
		ID: domain.AccountID(account.GetAccountId()), LegalEntity: account.GetLegalEntity(),
		Currency: account.GetCurrencyCode(), Limit: account.GetCreditLimitMinor(), Unlimited: account.GetUnlimitedCredit(),
		Stop: account.GetCreditStop(), TaxRate: rate, Rounding: account.GetRounding(), Jurisdiction: account.GetTaxJurisdiction(),
		BackorderWeight: backorderWeight(account), Checkpoint: checkpointFromProto(account.GetCreditCheckpoint()),
		BillTo: account.GetBillToAccountId(), MaxDaysPastDue: int64(account.GetMaxDaysPastDue()), Version: account.GetVersion(), AsOf: account.GetUpdatedAt().AsTime(),
	}, nil
}

func backorderWeight(account *masterdatav1.Account) int64 {
	if account.BackorderWeightBp == nil {
		return domain.FullWeight
	}
	return int64(account.GetBackorderWeightBp())
}

func checkpointFromProto(checkpoint masterdatav1.CreditCheckpoint) domain.Checkpoint {
	switch checkpoint {
	case masterdatav1.CreditCheckpoint_CREDIT_CHECKPOINT_RELEASE:
		return domain.CheckRelease
	case masterdatav1.CreditCheckpoint_CREDIT_CHECKPOINT_BOTH:
		return domain.CheckBoth
	default:
		return domain.CheckAccept
	}
}

func entityFromProto(entity *masterdatav1.LegalEntity) store.EntityCopy {
	rounding := money.Rounding(entity.GetRounding())
	if rounding == "" {
		rounding = money.HalfUp
	}
	return store.EntityCopy{
		LegalEntity: domain.LegalEntity{
			ID: entity.GetLegalEntityId(), BaseCurrency: entity.GetBaseCurrencyCode(), Rounding: rounding,
			TaxMode: taxModeFromProto(entity.GetTaxMode()), Jurisdiction: entity.GetTaxJurisdiction(),
			InvoicePrefix: entity.GetInvoicePrefix(), MemoPrefix: entity.GetCreditMemoPrefix(),
		},
		Version: entity.GetVersion(),
	}
}

func rateFromProto(rate *masterdatav1.ExchangeRate) (store.RateCopy, error) {
	pair := rate.GetFromCurrencyCode() + "|" + rate.GetToCurrencyCode()
	day, err := time.Parse(time.DateOnly, rate.GetDate())
	if err != nil {
		return store.RateCopy{}, fmt.Errorf("exchange rate %s: %w", pair, err)
	}
	read, err := money.ParseExchangeRate(rate.GetRate())
	if err != nil {
		return store.RateCopy{}, fmt.Errorf("exchange rate %s of %s: %w", pair, rate.GetDate(), err)
	}
	return store.RateCopy{From: rate.GetFromCurrencyCode(), To: rate.GetToCurrencyCode(), Day: day, Rate: read, Version: rate.GetVersion()}, nil
}

func claimsFromProto(req *billingv1.ClaimCreditRequest) ([]domain.ClaimWant, error) {
	wants := make([]domain.ClaimWant, 0, len(req.GetClaims()))
	for i, claim := range req.GetClaims() {
		order, snapshot, err := snapshotFromProto(claim.GetOrder())
		if err != nil {
			return nil, fmt.Errorf("claims[%d].order: %w", i, err)
		}
		wants = append(wants, domain.ClaimWant{
			Key: claim.GetKey(), ID: id.New(), Forced: claim.GetForced(), Order: order, Snapshot: snapshot,
		})
	}
	return wants, nil
}

func claimToProto(claim *domain.Claim) *billingv1.CreditClaimOutcome {
	if claim.Outcome == domain.Granted {
		return &billingv1.CreditClaimOutcome{
			Outcome: &billingv1.CreditClaimOutcome_ClaimId{ClaimId: id.Format(id.Claim, claim.ID)}, CheckAtRelease: claim.AtRelease,
		}
	}
	refusal := &commonv1.Refusal{Reason: claim.Reason, Message: claim.Message}
	if claim.Outcome == domain.Refused {
		refusal.Details = map[string]string{
			"exposure": strconv.FormatInt(claim.Exposure, 10), "limit": strconv.FormatInt(claim.Limit, 10),
			"requested": strconv.FormatInt(claim.Requested, 10),
		}
	}
	return &billingv1.CreditClaimOutcome{Outcome: &billingv1.CreditClaimOutcome_Refusal{Refusal: refusal}}
}

func releasesFromProto(req *billingv1.ReleaseCreditRequest) ([]domain.ReleaseWant, error) {
	wants := make([]domain.ReleaseWant, 0, len(req.GetReleases()))
	for i, release := range req.GetReleases() {
		order, err := parseID(id.Order, release.GetOrderId(), fmt.Sprintf("releases[%d].order_id", i))
		if err != nil {
			return nil, err
		}
		want := domain.ReleaseWant{Key: release.GetKey(), Order: order, ClaimKey: release.GetClaimKey()}
		for _, line := range release.GetLines() {
			want.Lines = append(want.Lines, domain.LineQuantity{Line: line.GetLineNumber(), Quantity: line.GetCancelled()})
		}
		wants = append(wants, want)
	}
	return wants, nil
}

// snapshotFromProto reads a priced order, and writes it as it is kept.
func snapshotFromProto(order *orderv1.PricedOrder) (*domain.Order, []byte, error) {
	snapshot, err := proto.Marshal(order)
	return orderFromProto(order), snapshot, err
}

func decodeSnapshot(snapshot []byte) (*orderv1.PricedOrder, error) {
	order := &orderv1.PricedOrder{}
	if err := proto.Unmarshal(snapshot, order); err != nil {
		return nil, fmt.Errorf("decode order snapshot: %w", err)
	}
	return order, nil
}

func orderFromSnapshot(snapshot []byte) (*domain.Order, error) {
	order, err := decodeSnapshot(snapshot)
	if err != nil {
		return nil, err
	}
	return orderFromProto(order), nil
}

func roundingFromProto(mode commonv1.RoundingMode) money.Rounding {
	switch mode {
	case commonv1.RoundingMode_ROUNDING_MODE_HALF_UP:
		return money.HalfUp
	case commonv1.RoundingMode_ROUNDING_MODE_HALF_EVEN:
		return money.HalfEven
	default:
		return "" // no amount can be computed with it
	}
}

func shipmentFromProto(shipment *fulfillmentv1.Shipment) (domain.Shipment, error) {
	shipmentID, err := id.Parse(id.Shipment, shipment.GetShipmentId())
	if err != nil {
		return domain.Shipment{}, err
	}
	order, err := id.Parse(id.Order, shipment.GetOrderId())
	if err != nil {
		return domain.Shipment{}, err
	}
	read := domain.Shipment{ID: shipmentID, Order: order}
	for _, line := range shipment.GetLines() {
		read.Lines = append(read.Lines, domain.ShippedLine{
			ID: line.GetShipmentLineId(), Line: line.GetLineNumber(), Quantity: line.GetQuantity(), Scale: int(line.GetScale()),
			Unplanned: line.GetUnplanned(),
		})
	}
	return read, nil
}

func creditToProto(credit *domain.Credit) *billingv1.CreditStatus {
	return &billingv1.CreditStatus{
		AccountId: string(credit.Account), LegalEntity: credit.LegalEntity, CurrencyCode: credit.Currency,
		ArOpenMinor: credit.Receivable - credit.OpenCredit - credit.UnappliedCash, OpenCreditsMinor: credit.OpenCredit,
		UnappliedCashMinor: credit.UnappliedCash, ShippedNotInvoicedMinor: credit.NotInvoiced, OpenOrdersMinor: credit.OpenOrders,
		MaxDaysPastDue: int32(credit.MaxDaysPastDue), DaysPastDue: int32(credit.DaysPastDue()),
		ExposureMinor: credit.Exposure(), LimitMinor: credit.Limit, Unlimited: credit.Unlimited, Stopped: credit.Stopped,
		SecuredMinor: credit.Secured, PaymentStopped: credit.PaymentStop,
		Version: credit.Version, TermsAsOf: timestamppb.New(credit.TermsAsOf), BlockedOrders: credit.Blocked,
		BackorderWeightBp: int32(credit.Backordered),
	}
}

// orderIDs are the orders of the invoices.
func orderIDs(invoices []*domain.Invoice) []uuid.UUID {
	return convertAll(invoices, func(invoice *domain.Invoice) uuid.UUID { return invoice.Order })
}

// parseID reads an id; the fault names the field.
func parseID(prefix, text, field string) (uuid.UUID, error) {
	parsed, err := id.Parse(prefix, text)
	if err != nil {
		refusal, _ := fault.As(err)
		return uuid.Nil, refusal.WithField(field, refusal.Reason, refusal.Message)
	}
	return parsed, nil
}

// requestKey is the idempotency key of a caller's request.
func requestKey(caller rpc.Identity, method, requestID string) idempotency.Key {
	return idempotency.Key{
		Principal: cmp.Or(caller.Partner, caller.Principal, caller.Service, "local"), Method: method, RequestID: requestID,
	}
}
