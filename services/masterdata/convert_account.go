package masterdata

import (
	"cmp"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	"github.com/waybill-dev/waybill/services/masterdata/internal/domain"
)

const (
	differencePrefix = "PRICE_DIFFERENCE_"
	checkpointPrefix = "CREDIT_CHECKPOINT_"
)

func accountFromProto(account *masterdatav1.Account) domain.Account {
	weight := int64(domain.FullWeight)
	if account.BackorderWeightBp != nil {
		weight = int64(account.GetBackorderWeightBp())
	}
	return domain.Account{
		AccountID: account.GetAccountId(), Name: account.GetName(),
		LegalEntity:  cmp.Or(account.GetLegalEntity(), defaultLegalEntity),
		CurrencyCode: account.GetCurrencyCode(), CreditLimitMinor: account.GetCreditLimitMinor(),
		UnlimitedCredit: account.GetUnlimitedCredit(), CreditStop: account.GetCreditStop(),
		PaymentDays: int64(account.GetPaymentDays()), TaxJurisdiction: account.GetTaxJurisdiction(),
		EstimatedTaxRate: cmp.Or(account.GetEstimatedTaxRate(), defaultTaxRate), PriceLists: account.GetPriceLists(),
		Inactive: account.GetInactive(), Rounding: account.GetRounding(), Priority: int64(account.GetPriority()),
		BillTo: account.GetBillToAccountId(),
		ShipTos: convertAll(account.GetShipTos(), func(shipTo *masterdatav1.ShipTo) domain.ShipTo {
			return domain.ShipTo{
				Code: shipTo.GetCode(), Address: addressFromProto(shipTo.GetAddress()),
				TaxJurisdiction: shipTo.GetTaxJurisdiction(), Inactive: shipTo.GetInactive(),
			}
		}),
		PriceDifference:     enumName(account.GetPriceDifference(), differencePrefix, domain.PriceDifferenceRefuse),
		PriceToleranceBP:    int64(account.GetPriceToleranceBp()),
		OverShipToleranceBP: int64(account.GetOverShipToleranceBp()), MaxDaysPastDue: int64(account.GetMaxDaysPastDue()),
		BackorderWeightBP: weight,
		CreditCheckpoint:  enumName(account.GetCreditCheckpoint(), checkpointPrefix, domain.CheckpointAccept),
		PartnerIDs:        account.GetPartnerIds(),
		Version:           seen(account.GetVersion()),
	}
}

func accountToProto(account domain.Account) *masterdatav1.Account {
	difference := masterdatav1.PriceDifference_value[differencePrefix+account.PriceDifference]
	checkpoint := masterdatav1.CreditCheckpoint_value[checkpointPrefix+account.CreditCheckpoint]
	return &masterdatav1.Account{
		AccountId: account.AccountID, Name: account.Name, LegalEntity: account.LegalEntity,
		CurrencyCode: account.CurrencyCode, CreditLimitMinor: account.CreditLimitMinor,
		UnlimitedCredit: account.UnlimitedCredit, CreditStop: account.CreditStop,
		PaymentDays: int32(account.PaymentDays), TaxJurisdiction: account.TaxJurisdiction,
		EstimatedTaxRate: account.EstimatedTaxRate, PriceLists: account.PriceLists, Inactive: account.Inactive,
		Rounding: account.Rounding, Priority: int32(account.Priority), BillToAccountId: account.BillTo,
		ShipTos: convertAll(account.ShipTos, func(shipTo domain.ShipTo) *masterdatav1.ShipTo {
			return &masterdatav1.ShipTo{
				Code: shipTo.Code, Address: addressToProto(shipTo.Address), TaxJurisdiction: shipTo.TaxJurisdiction,
				Inactive: shipTo.Inactive,
			}
		}),
		PriceDifference:  masterdatav1.PriceDifference(difference),
		PriceToleranceBp: int32(account.PriceToleranceBP), OverShipToleranceBp: int32(account.OverShipToleranceBP),
		MaxDaysPastDue: int32(account.MaxDaysPastDue), BackorderWeightBp: proto.Int32(int32(account.BackorderWeightBP)),
		CreditCheckpoint: masterdatav1.CreditCheckpoint(checkpoint), PartnerIds: account.PartnerIDs,
		Version: account.Version.Number, UpdatedAt: timestamppb.New(account.Version.UpdatedAt),
	}
}
