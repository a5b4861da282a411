package erp

import (
	"encoding/hex"
	"fmt"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/fieldmaskpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	erpv1 "github.com/waybill-dev/waybill/gen/waybill/connector/erp/v1"
	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	sandboxv1 "github.com/waybill-dev/waybill/gen/waybill/sandbox/v1"
	"github.com/waybill-dev/waybill/services/connector/erp/internal/domain"
)

// The kinds of masters, as they are stored.
const (
	accountMaster = "ACCOUNT"
	itemMaster    = "ITEM"
	priceMaster   = "PRICE"
)

// What this ERP keeps. The codes under which partners know an item, who may see a customer, and how Waybill deals with its orders are
// none of its business; of prices it keeps everything.
var (
	itemFields = &fieldmaskpb.FieldMask{Paths: []string{
		"description", "kind", "base_unit", "scale", "units", "tax_class", "inactive", "lot_tracked", "substitute_skus",
	}}
	accountFields = &fieldmaskpb.FieldMask{Paths: []string{
		"name", "legal_entity", "currency_code", "credit_limit_minor", "unlimited_credit", "credit_stop", "payment_days",
		"tax_jurisdiction", "estimated_tax_rate", "price_lists", "inactive", "bill_to_account_id", "ship_tos", "max_days_past_due",
	}}
)

// mastersFromProto are the masters of a request: customers, items, prices.
func mastersFromProto(req *sandboxv1.PutErpMastersRequest) ([]domain.Master, error) {
	var set []domain.Master
	add := func(kind, key string, message proto.Message) error {
		content, err := proto.MarshalOptions{Deterministic: true}.Marshal(message)
		if err != nil {
			return fmt.Errorf("encode %s: %w", kind, err)
		}
		// Whatever people type is a name here, and not all of it a text for a database.
		set = append(set, domain.Master{Kind: kind, Key: hex.EncodeToString([]byte(key)), Content: content})
		return nil
	}
	for _, one := range req.GetAccounts() {
		if err := add(accountMaster, one.GetAccountId(), one); err != nil {
			return nil, err
		}
	}
	for _, one := range req.GetItems() {
		if err := add(itemMaster, strings.ToLower(one.GetSku()), one); err != nil {
			return nil, err
		}
	}
	for _, one := range req.GetPrices() {
		key := strings.Join([]string{
			one.GetPriceList(), one.GetCurrencyCode(), strings.ToLower(one.GetSku()), one.GetMinQuantity(), one.GetValidFrom(),
		}, "\n")
		if err := add(priceMaster, key, one); err != nil {
			return nil, err
		}
	}
	return set, nil
}

func masterToProto(from *domain.Master) (*erpv1.MasterChange, error) {
	change := &erpv1.MasterChange{ChangedAt: timestamppb.New(from.ChangedAt)}
	read := func(into proto.Message) error {
		if err := proto.Unmarshal(from.Content, into); err != nil {
			return fmt.Errorf("decode %s at %d: %w", from.Kind, from.Position, err)
		}
		return nil
	}
	switch from.Kind {
	case accountMaster:
		account := &masterdatav1.Account{}
		change.Entity = &erpv1.MasterChange_Account{Account: account}
		return change, read(account)
	case itemMaster:
		item := &masterdatav1.Item{}
		change.Entity = &erpv1.MasterChange_Item{Item: item}
		return change, read(item)
	default:
		price := &masterdatav1.Price{}
		change.Entity = &erpv1.MasterChange_Price{Price: price}
		return change, read(price)
	}
}
