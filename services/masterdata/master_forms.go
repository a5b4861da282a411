package masterdata

import (
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/services/masterdata/internal/domain"
)

// master is what one kind of master data brings to the intake, which is the same for all kinds.
type master[T domain.Master[T], M proto.Message] struct {
	kind[T]
	form      domain.MasterKind
	fromProto func(M) T
	toProto   func(T) M
}

var (
	accountMaster = master[domain.Account, *masterdatav1.Account]{accountKind, domain.MasterAccount, accountFromProto, accountToProto}
	itemMaster    = master[domain.Item, *masterdatav1.Item]{itemKind, domain.MasterItem, itemFromProto, itemToProto}
	priceMaster   = master[domain.Price, *masterdatav1.Price]{priceKind, domain.MasterPrice, priceFromProto, priceToProto}
)

// form is what the messages of a kind are like.
type form struct {
	empty func() proto.Message
	// names are the fields that name an entity: they are taken always.
	names []string
	key   func(proto.Message) string
}

// formOf gives the form of a kind; false: this release does not know it.
func formOf(kind domain.MasterKind) (form, bool) {
	switch kind {
	case domain.MasterAccount:
		return form{
			func() proto.Message { return &masterdatav1.Account{} }, []string{"account_id"},
			func(m proto.Message) string { return m.(*masterdatav1.Account).GetAccountId() },
		}, true
	case domain.MasterItem:
		return form{
			func() proto.Message { return &masterdatav1.Item{} }, []string{"sku"},
			func(m proto.Message) string { return domain.SKUKey(m.(*masterdatav1.Item).GetSku()) },
		}, true
	case domain.MasterPrice:
		return form{
			func() proto.Message { return &masterdatav1.Price{} },
			[]string{"price_list", "currency_code", "sku", "min_quantity", "valid_from"},
			func(m proto.Message) string { return priceFromProto(m.(*masterdatav1.Price)).Normal().Key() },
		}, true
	default:
		return form{}, false
	}
}

// counted are the fields that count changes here: never the ERP's.
var counted = []string{"version", "updated_at"} //nolint:gochecknoglobals // a constant in all but syntax

// keptOf reads what the ERP says that it keeps of a kind: nothing for everything. odd are names of no field.
func keptOf(kind domain.MasterKind, paths []string) (kept, odd []string) {
	form, ok := formOf(kind)
	if !ok || len(paths) == 0 {
		return nil, nil
	}
	fields := form.empty().ProtoReflect().Descriptor().Fields()
	kept = slices.Clone(form.names)
	for _, name := range paths {
		switch {
		case fields.ByName(protoreflect.Name(name)) == nil:
			odd = append(odd, strings.ToLower(string(kind))+"."+name)
		case !slices.Contains(counted, name):
			kept = append(kept, name)
		}
	}
	slices.Sort(kept)
	return slices.Compact(kept), odd
}

// overlay is what is to be stored of an entity: what the ERP keeps as the ERP tells it, the rest as it is here.
func overlay(here, told proto.Message, kept []string) proto.Message {
	merged := proto.Clone(told)
	if len(kept) > 0 {
		merged = proto.Clone(here)
		from, to := told.ProtoReflect(), merged.ProtoReflect()
		for _, name := range kept {
			field := to.Descriptor().Fields().ByName(protoreflect.Name(name))
			switch {
			case field == nil: // of an older or newer release
			case from.Has(field):
				to.Set(field, from.Get(field))
			default:
				to.Clear(field)
			}
		}
	}
	for _, name := range counted {
		merged.ProtoReflect().Clear(merged.ProtoReflect().Descriptor().Fields().ByName(protoreflect.Name(name)))
	}
	return merged
}

// The reasons of entries that cannot even be looked at.
const (
	reasonTextBroken    = "TEXT_BROKEN"
	reasonContentBroken = "CONTENT_BROKEN"
	reasonKindUnknown   = "KIND_UNKNOWN"
	reasonTooLarge      = "ENTRY_TOO_LARGE"
	reasonNotStorable   = "NOT_STORABLE"
)

// notStorable is why an entry is not taken with which its transaction fails. The cause may pass.
func notStorable() *domain.Refusal {
	return &domain.Refusal{Reason: reasonNotStorable, Message: "it cannot be stored; the log says why", MayPass: true}
}

// refusalOf is why an entry is not taken, out of the fault of its fields.
func refusalOf(err error) *domain.Refusal {
	found, ok := fault.As(err)
	if !ok {
		return notStorable()
	}
	refusal := &domain.Refusal{Reason: found.Reason, Message: found.Message, Faults: found.Fields}
	if len(found.Fields) > 0 {
		refusal.Reason, refusal.Message = found.Fields[0].Reason, explain(found.Fields[0])
	}
	return refusal
}

// explain says what is wrong with a field.
func explain(field fault.Field) string {
	if field.Path == "" {
		return field.Message
	}
	return field.Path + ": " + field.Message
}
