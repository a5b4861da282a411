package masterdata

import (
	"cmp"

	"google.golang.org/protobuf/types/known/timestamppb"

	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	"github.com/waybill-dev/waybill/services/masterdata/internal/domain"
)

const (
	kindPrefix = "ITEM_KIND_"
	codePrefix = "ITEM_CODE_TYPE_"
)

func itemFromProto(item *masterdatav1.Item) domain.Item {
	return domain.Item{
		SKU: item.GetSku(), Description: item.GetDescription(),
		Kind:     domain.Kind(enumName(item.GetKind(), kindPrefix, string(domain.Goods))),
		BaseUnit: item.GetBaseUnit(), Scale: int64(item.GetScale()),
		Units: convertAll(item.GetUnits(), func(unit *masterdatav1.ItemUnit) domain.Unit {
			return domain.Unit{
				Unit: unit.GetUnit(), Numerator: unit.GetNumerator(), Denominator: unit.GetDenominator(),
				EffectiveFrom: unit.GetEffectiveFrom(),
			}
		}),
		Codes: convertAll(item.GetCodes(), func(code *masterdatav1.ItemCode) domain.Code {
			return domain.Code{
				Type: codeTypeFromProto(code.GetType()), Code: code.GetCode(), PartnerID: code.GetPartnerId(), Unit: code.GetUnit(),
			}
		}),
		TaxClass:   cmp.Or(item.GetTaxClass(), defaultTaxClass),
		LotTracked: item.GetLotTracked(), Substitutes: item.GetSubstituteSkus(), Inactive: item.GetInactive(),
		Version: seen(item.GetVersion()),
	}
}

func codeTypeFromProto(kind masterdatav1.ItemCodeType) domain.CodeType {
	return domain.CodeType(enumName(kind, codePrefix, ""))
}

func itemToProto(item domain.Item) *masterdatav1.Item {
	return &masterdatav1.Item{
		Sku: item.SKU, Description: item.Description,
		Kind:     masterdatav1.ItemKind(masterdatav1.ItemKind_value[kindPrefix+string(item.Kind)]),
		BaseUnit: item.BaseUnit, Scale: int32(item.Scale),
		Units: convertAll(item.Units, func(unit domain.Unit) *masterdatav1.ItemUnit {
			return &masterdatav1.ItemUnit{
				Unit: unit.Unit, Numerator: unit.Numerator, Denominator: unit.Denominator, EffectiveFrom: unit.EffectiveFrom,
			}
		}),
		Codes: convertAll(item.Codes, func(code domain.Code) *masterdatav1.ItemCode {
			return &masterdatav1.ItemCode{
				Type: masterdatav1.ItemCodeType(masterdatav1.ItemCodeType_value[codePrefix+string(code.Type)]),
				Code: code.Code, PartnerId: code.PartnerID, Unit: code.Unit,
			}
		}),
		TaxClass: item.TaxClass, LotTracked: item.LotTracked, SubstituteSkus: item.Substitutes, Inactive: item.Inactive,
		Version: item.Version.Number, UpdatedAt: timestamppb.New(item.Version.UpdatedAt),
	}
}

// itemFor is the item as a partner may see it: without the codes of other partners. No partner: the whole item.
func itemFor(partner string, item domain.Item) *masterdatav1.Item {
	if partner != "" {
		item = item.For(partner)
	}
	return itemToProto(item)
}
