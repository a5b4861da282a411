package masterdata

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	commonv1 "github.com/waybill-dev/waybill/gen/waybill/common/v1"
	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/money"
	"github.com/waybill-dev/waybill/services/masterdata/internal/domain"
)

// Defaults of fields that may be left out.
const (
	defaultLegalEntity      = "MAIN"
	defaultTaxClass         = "standard"
	defaultTaxRate          = "0"
	defaultTimeZone         = "UTC"
	defaultCreditMemoPrefix = "CM-"
)

func convertAll[From, To any](list []From, convert func(From) To) []To {
	converted := make([]To, 0, len(list))
	for _, one := range list {
		converted = append(converted, convert(one))
	}
	return converted
}

// enumName is how an enum is stored: the name of its value without the prefix, or the default when it was left out.
func enumName(value fmt.Stringer, prefix, unspecified string) string {
	name := strings.TrimPrefix(value.String(), prefix)
	if name == "UNSPECIFIED" {
		return unspecified
	}
	return name
}

func seen(version int64) domain.Version { return domain.Version{Number: version} }

func addressFromProto(address *commonv1.Address) domain.Address {
	return domain.Address{
		Name: address.GetName(), Lines: address.GetLines(), City: address.GetCity(), Region: address.GetRegion(),
		PostalCode: address.GetPostalCode(), CountryCode: address.GetCountryCode(),
	}
}

// addressToProto is nothing for an address that says nothing.
func addressToProto(address domain.Address) *commonv1.Address {
	if address.Same(domain.Address{}) {
		return nil
	}
	return &commonv1.Address{
		Name: address.Name, Lines: address.Lines, City: address.City, Region: address.Region,
		PostalCode: address.PostalCode, CountryCode: address.CountryCode,
	}
}

// nodesFromProto also looks the time zones up: which there are is known to the machine, not to the domain.
func nodesFromProto(nodes []*masterdatav1.Node) ([]domain.Node, []fault.Field) {
	var wrong []fault.Field
	for i, node := range nodes {
		if !isTimeZone(cmp.Or(node.GetTimeZone(), defaultTimeZone)) {
			wrong = append(wrong, fault.Field{Path: fmt.Sprintf("nodes[%d].time_zone", i), Reason: "TIME_ZONE_UNKNOWN",
				Message: "an IANA name is expected, such as Europe/London"})
		}
	}
	return convertAll(nodes, nodeFromProto), wrong
}

func isTimeZone(name string) bool {
	_, err := time.LoadLocation(name)
	return err == nil && name != "Local"
}

func nodeFromProto(node *masterdatav1.Node) domain.Node {
	return domain.Node{
		NodeID: node.GetNodeId(), Name: node.GetName(), Priority: int64(node.GetPriority()), Inactive: node.GetInactive(),
		TimeZone:       cmp.Or(node.GetTimeZone(), defaultTimeZone),
		ClosedWeekdays: convertAll(node.GetClosedWeekdays(), func(day int32) int64 { return int64(day) }),
		Holidays:       node.GetHolidays(), CutOff: node.GetCutOff(), DailyLineCapacity: int64(node.GetDailyLineCapacity()),
		TransitTimes: convertAll(node.GetTransitTimes(), func(t *masterdatav1.TransitTime) domain.TransitTime {
			return domain.TransitTime{CountryCode: t.GetCountryCode(), Region: t.GetRegion(), Days: int64(t.GetDays())}
		}),
		WavePicking: node.GetWavePicking(), Address: addressFromProto(node.GetAddress()), Version: seen(node.GetVersion()),
	}
}

func nodeToProto(node domain.Node) *masterdatav1.Node {
	return &masterdatav1.Node{
		NodeId: node.NodeID, Name: node.Name, Priority: int32(node.Priority), Inactive: node.Inactive,
		TimeZone:       node.TimeZone,
		ClosedWeekdays: convertAll(node.ClosedWeekdays, func(day int64) int32 { return int32(day) }),
		Holidays:       node.Holidays, CutOff: node.CutOff, DailyLineCapacity: int32(node.DailyLineCapacity),
		TransitTimes: convertAll(node.TransitTimes, func(t domain.TransitTime) *masterdatav1.TransitTime {
			return &masterdatav1.TransitTime{CountryCode: t.CountryCode, Region: t.Region, Days: int32(t.Days)}
		}),
		WavePicking: node.WavePicking, Address: addressToProto(node.Address),
		Version: node.Version.Number, UpdatedAt: timestamppb.New(node.Version.UpdatedAt),
	}
}

func priceFromProto(price *masterdatav1.Price) domain.Price {
	return domain.Price{
		PriceList: price.GetPriceList(), CurrencyCode: price.GetCurrencyCode(), SKU: price.GetSku(),
		MinQuantity: price.GetMinQuantity(), ValidFrom: price.GetValidFrom(), ValidUntil: price.GetValidUntil(),
		UnitPrice: price.GetUnitPrice(), PriceUnit: price.GetPriceUnit(), Withdrawn: price.GetWithdrawn(),
		Version: seen(price.GetVersion()),
	}
}

func priceToProto(price domain.Price) *masterdatav1.Price {
	return &masterdatav1.Price{
		PriceList: price.PriceList, CurrencyCode: price.CurrencyCode, Sku: price.SKU, UnitPrice: price.UnitPrice,
		MinQuantity: price.MinQuantity, ValidFrom: price.ValidFrom, ValidUntil: price.ValidUntil,
		PriceUnit: price.PriceUnit, Withdrawn: price.Withdrawn,
		Version: price.Version.Number, UpdatedAt: timestamppb.New(price.Version.UpdatedAt),
	}
}

func legalEntityFromProto(entity *masterdatav1.LegalEntity) domain.LegalEntity {
	return domain.LegalEntity{
		LegalEntityID: entity.GetLegalEntityId(), Name: entity.GetName(), BaseCurrencyCode: entity.GetBaseCurrencyCode(),
		Rounding:        cmp.Or(entity.GetRounding(), string(money.HalfUp)),
		TaxMode:         enumName(entity.GetTaxMode(), "TAX_MODE_", domain.TaxPerLine),
		TaxJurisdiction: entity.GetTaxJurisdiction(), InvoicePrefix: entity.GetInvoicePrefix(),
		CreditMemoPrefix: cmp.Or(entity.GetCreditMemoPrefix(), defaultCreditMemoPrefix),
		Address:          addressFromProto(entity.GetAddress()), Version: seen(entity.GetVersion()),
	}
}

func legalEntityToProto(entity domain.LegalEntity) *masterdatav1.LegalEntity {
	return &masterdatav1.LegalEntity{
		LegalEntityId: entity.LegalEntityID, Name: entity.Name, BaseCurrencyCode: entity.BaseCurrencyCode,
		Rounding: entity.Rounding, TaxMode: commonv1.TaxMode(commonv1.TaxMode_value["TAX_MODE_"+entity.TaxMode]),
		TaxJurisdiction: entity.TaxJurisdiction, InvoicePrefix: entity.InvoicePrefix,
		CreditMemoPrefix: entity.CreditMemoPrefix, Address: addressToProto(entity.Address),
		Version: entity.Version.Number, UpdatedAt: timestamppb.New(entity.Version.UpdatedAt),
	}
}

func exchangeRateFromProto(rate *masterdatav1.ExchangeRate) domain.ExchangeRate {
	return domain.ExchangeRate{
		From: rate.GetFromCurrencyCode(), To: rate.GetToCurrencyCode(), Date: rate.GetDate(), Rate: rate.GetRate(),
		Version: seen(rate.GetVersion()),
	}
}

func exchangeRateToProto(rate domain.ExchangeRate) *masterdatav1.ExchangeRate {
	return &masterdatav1.ExchangeRate{
		FromCurrencyCode: rate.From, ToCurrencyCode: rate.To, Date: rate.Date, Rate: rate.Rate,
		Version: rate.Version.Number, UpdatedAt: timestamppb.New(rate.Version.UpdatedAt),
	}
}
