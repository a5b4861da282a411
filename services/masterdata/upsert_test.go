package masterdata_test

import (
	"context"
	"encoding/csv"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"buf.build/go/protovalidate"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	commonv1 "github.com/waybill-dev/waybill/gen/waybill/common/v1"
	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	"github.com/waybill-dev/waybill/internal/bus"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/databasetest"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/services/masterdata"
)

var harbour = &commonv1.Address{
	Name: "Goods in", Lines: []string{"1 Quay", "Dock 2"}, City: "Hull", Region: "Yorkshire", PostalCode: "HU1 1AA", CountryCode: "GB",
}

// everything are entities with every field said, in the form in which they are stored.
func everything() (
	*masterdatav1.Item, *masterdatav1.Account, *masterdatav1.Node, *masterdatav1.Price, *masterdatav1.LegalEntity, *masterdatav1.ExchangeRate,
) {
	item := &masterdatav1.Item{
		Sku: "Bolt-8", Description: "a bolt", Kind: masterdatav1.ItemKind_ITEM_KIND_GOODS, BaseUnit: "EA", Scale: 2,
		Units: []*masterdatav1.ItemUnit{
			{Unit: "CS", Numerator: 12, Denominator: 1}, {Unit: "CS", Numerator: 10, Denominator: 1, EffectiveFrom: "2099-01-01"},
		},
		TaxClass: "zero", Inactive: true, LotTracked: true, SubstituteSkus: []string{"B", "A"},
		Codes: []*masterdatav1.ItemCode{
			{Type: masterdatav1.ItemCodeType_ITEM_CODE_TYPE_BUYER, Code: "their-1", PartnerId: "ACME"},
			{Type: masterdatav1.ItemCodeType_ITEM_CODE_TYPE_GTIN, Code: "10614141000415", Unit: "CS"},
			{Type: masterdatav1.ItemCodeType_ITEM_CODE_TYPE_VENDOR, Code: "mill-1", PartnerId: "MILL"},
		},
	}
	account := &masterdatav1.Account{
		AccountId: "ACME-1", Name: "Acme", LegalEntity: "UK", CurrencyCode: "GBP", CreditLimitMinor: 5, UnlimitedCredit: true,
		CreditStop: true, PaymentDays: 30, TaxJurisdiction: "GB", EstimatedTaxRate: "0.2", PriceLists: []string{"ACME", "BASE"},
		Inactive: true, Rounding: "HALF_EVEN", Priority: 7, BillToAccountId: "ACME",
		ShipTos: []*masterdatav1.ShipTo{
			{Code: "HULL", Address: harbour, TaxJurisdiction: "GB", Inactive: true}, {Code: "YORK", Address: harbour},
		},
		PriceDifference: masterdatav1.PriceDifference_PRICE_DIFFERENCE_HOLD, PriceToleranceBp: 50, OverShipToleranceBp: 500,
		MaxDaysPastDue: 60, BackorderWeightBp: proto.Int32(0), CreditCheckpoint: masterdatav1.CreditCheckpoint_CREDIT_CHECKPOINT_BOTH,
		PartnerIds: []string{"ACME", "BROKER"},
	}
	node := &masterdatav1.Node{
		NodeId: "HULL", Name: "Hull", Priority: 3, Inactive: true, TimeZone: "Europe/London", ClosedWeekdays: []int32{6, 7},
		Holidays: []string{"2026-12-25", "2026-12-26"}, CutOff: "15:30", DailyLineCapacity: 400,
		TransitTimes: []*masterdatav1.TransitTime{{Days: 9}, {CountryCode: "GB", Days: 2}, {CountryCode: "GB", Region: "Kent", Days: 3}},
		WavePicking:  true, Address: harbour,
	}
	price := &masterdatav1.Price{
		PriceList: "ACME", Sku: "Bolt-8", CurrencyCode: "GBP", UnitPrice: "10.000001", MinQuantity: "2.5", ValidFrom: "2026-01-01",
		ValidUntil: "2026-12-31", PriceUnit: "CS", Withdrawn: true,
	}
	entity := &masterdatav1.LegalEntity{
		LegalEntityId: "UK", Name: "Waybill UK", BaseCurrencyCode: "GBP", Rounding: "HALF_EVEN",
		TaxMode: commonv1.TaxMode_TAX_MODE_PER_DOCUMENT, TaxJurisdiction: "GB", InvoicePrefix: "INV-", CreditMemoPrefix: "CR-", Address: harbour,
	}
	rate := &masterdatav1.ExchangeRate{FromCurrencyCode: "EUR", ToCurrencyCode: "GBP", Date: "2026-03-01", Rate: "0.8612345678"}
	return item, account, node, price, entity, rate
}

// What is said is stored, shown and told, field by field: a column that was forgotten or swapped would show here.
func TestEveryFieldIsStoredShownAndTold(t *testing.T) {
	f := newFixture(t)
	ctx := t.Context()
	item, account, node, price, entity, rate := everything()
	scaled := func(sku string) *masterdatav1.Item { i := goods(sku, ""); i.Scale = 2; return i }
	payer := &masterdatav1.Account{AccountId: "ACME", LegalEntity: "UK", CurrencyCode: "GBP"}
	same := func(name string, want, got proto.Message, err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if diff := cmp.Diff(want, got, protocmp.Transform(), protocmp.IgnoreFields(want, "version", "updated_at")); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
	}
	items, err := f.UpsertItems(ctx, &masterdatav1.UpsertItemsRequest{Items: []*masterdatav1.Item{item, scaled("A"), scaled("B")}})
	same("upsert item", item, items.GetItems()[0], err)
	gotItem, err := f.GetItem(ctx, &masterdatav1.GetItemRequest{Sku: "bolt-8"})
	same("item", item, gotItem.GetItem(), err)
	for _, event := range f.told(t, "masterdata.item", 3) {
		if told := payload[*masterdatav1.ItemChanged](t, event); told.GetSku() == "bolt-8" {
			same("item told", item, told.GetItem(), nil)
		}
	}
	accounts, err := f.UpsertAccounts(ctx, &masterdatav1.UpsertAccountsRequest{Accounts: []*masterdatav1.Account{account, payer}})
	same("upsert account", account, accounts.GetAccounts()[0], err)
	gotAccount, err := f.GetAccount(ctx, &masterdatav1.GetAccountRequest{AccountId: "ACME-1"})
	same("account", account, gotAccount.GetAccount(), err)
	for _, event := range f.told(t, "masterdata.account", 2) {
		if told := payload[*masterdatav1.AccountChanged](t, event); told.GetAccountId() == "ACME-1" {
			same("account told", account, told.GetAccount(), nil)
		}
	}
	_, err = f.UpsertNodes(ctx, &masterdatav1.UpsertNodesRequest{Nodes: []*masterdatav1.Node{node}})
	same("node told", node, payload[*masterdatav1.NodeChanged](t, f.told(t, "masterdata.node", 1)[0]).GetNode(), err)
	gotNode, err := f.GetNode(ctx, &masterdatav1.GetNodeRequest{NodeId: "HULL"})
	same("node", node, gotNode.GetNode(), err)
	_, err = f.UpsertPrices(ctx, &masterdatav1.UpsertPricesRequest{Prices: []*masterdatav1.Price{price}})
	same("price told", price, payload[*masterdatav1.PriceChanged](t, f.told(t, "masterdata.price", 1)[0]).GetPrice(), err)
	prices, err := f.ListPrices(ctx, &masterdatav1.ListPricesRequest{})
	same("price", price, prices.GetPrices()[0], err)
	_, err = f.UpsertLegalEntities(ctx, &masterdatav1.UpsertLegalEntitiesRequest{LegalEntities: []*masterdatav1.LegalEntity{entity}})
	same("legal entity told", entity, payload[*masterdatav1.LegalEntityChanged](t, f.told(t, "masterdata.legal_entity", 1)[0]).GetLegalEntity(), err)
	gotEntity, err := f.GetLegalEntity(ctx, &masterdatav1.GetLegalEntityRequest{LegalEntityId: "UK"})
	same("legal entity", entity, gotEntity.GetLegalEntity(), err)
	_, err = f.UpsertExchangeRates(ctx, &masterdatav1.UpsertExchangeRatesRequest{ExchangeRates: []*masterdatav1.ExchangeRate{rate}})
	same("rate told", rate, payload[*masterdatav1.ExchangeRateChanged](t, f.told(t, "masterdata.exchange_rate", 1)[0]).GetExchangeRate(), err)
	gotRate, err := f.GetExchangeRate(ctx, &masterdatav1.GetExchangeRateRequest{FromCurrencyCode: "EUR", ToCurrencyCode: "GBP"})
	same("rate", rate, gotRate.GetExchangeRate(), err)
}

// A repeat of a set tells nothing, and what was left out gets its default.
func TestDefaultsAndRepeats(t *testing.T) {
	service := newService(t)
	ctx := t.Context()
	for range 2 {
		accounts, err := service.UpsertAccounts(ctx, &masterdatav1.UpsertAccountsRequest{Accounts: []*masterdatav1.Account{{AccountId: "A", CurrencyCode: "GBP"}}})
		if err != nil {
			t.Fatal(err)
		}
		got := accounts.GetAccounts()[0]
		if got.GetLegalEntity() != "MAIN" || got.GetRounding() != "" || got.GetBackorderWeightBp() != 10_000 ||
			got.GetPriceDifference() != masterdatav1.PriceDifference_PRICE_DIFFERENCE_REFUSE ||
			got.GetCreditCheckpoint() != masterdatav1.CreditCheckpoint_CREDIT_CHECKPOINT_ACCEPT || got.GetVersion() != 1 {
			t.Errorf("account %v", got)
		}
		nodes, err := service.UpsertNodes(ctx, &masterdatav1.UpsertNodesRequest{Nodes: []*masterdatav1.Node{{NodeId: "N"}}})
		if err != nil || nodes.GetNodes()[0].GetTimeZone() != "UTC" || nodes.GetNodes()[0].GetVersion() != 1 || nodes.GetNodes()[0].GetAddress() != nil {
			t.Errorf("node %v, %v", nodes, err)
		}
		entities, err := service.UpsertLegalEntities(ctx, &masterdatav1.UpsertLegalEntitiesRequest{
			LegalEntities: []*masterdatav1.LegalEntity{{LegalEntityId: "MAIN", BaseCurrencyCode: "GBP"}},
		})
		if err != nil {
			t.Fatal(err)
		}
		entity := entities.GetLegalEntities()[0]
		if entity.GetRounding() != "HALF_UP" || entity.GetTaxMode() != commonv1.TaxMode_TAX_MODE_PER_LINE ||
			entity.GetCreditMemoPrefix() != "CM-" || entity.GetVersion() != 1 {
			t.Errorf("legal entity %v", entity)
		}
	}
}

func TestUpsertRefuses(t *testing.T) {
	service := newService(t)
	ctx := t.Context()
	mustItems(t, service, goods("A", ""))
	account := func(change func(*masterdatav1.Account)) error {
		one := &masterdatav1.Account{AccountId: "ACME", CurrencyCode: "GBP"}
		if change != nil {
			change(one)
		}
		_, err := service.UpsertAccounts(ctx, &masterdatav1.UpsertAccountsRequest{Accounts: []*masterdatav1.Account{one}})
		return err
	}
	if err := account(nil); err != nil {
		t.Fatal(err)
	}
	node := func(zone string) error {
		_, err := service.UpsertNodes(ctx, &masterdatav1.UpsertNodesRequest{Nodes: []*masterdatav1.Node{{NodeId: "N", TimeZone: zone}}})
		return err
	}
	price := &masterdatav1.Price{PriceList: "BASE", Sku: "none", CurrencyCode: "GBP", UnitPrice: "1"}
	_, noItem := service.UpsertPrices(ctx, &masterdatav1.UpsertPricesRequest{Prices: []*masterdatav1.Price{price}})
	for want, err := range map[string]error{
		"accounts[0].currency_code FROZEN_FIELD":         account(func(a *masterdatav1.Account) { a.CurrencyCode = "EUR" }),
		"accounts[0].legal_entity FROZEN_FIELD":          account(func(a *masterdatav1.Account) { a.LegalEntity = "UK" }),
		"accounts[0].bill_to_account_id UNKNOWN_ACCOUNT": account(func(a *masterdatav1.Account) { a.BillToAccountId = "B" }),
		"accounts[0].version VERSION_MISMATCH":           account(func(a *masterdatav1.Account) { a.Name, a.Version = "x", 2 }),
		"nodes[0].time_zone TIME_ZONE_UNKNOWN":           node("Mars/Olympus"),
		"prices[0].sku UNKNOWN_ITEM":                     noItem,
	} {
		refusal, ok := fault.As(err)
		if !ok || len(refusal.Fields) != 1 || refusal.Fields[0].Path+" "+refusal.Fields[0].Reason != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
	if err := node("Local"); fault.ReasonOf(err) != "TIME_ZONE_UNKNOWN" {
		t.Errorf("the machine's own time zone: %v", err)
	}
}

func payload[M proto.Message](t *testing.T, event bus.Event) M {
	t.Helper()
	message, err := event.Payload()
	if err != nil {
		t.Fatal(err)
	}
	return message.(M)
}

// newOn makes the service on a database.
func newOn(t *testing.T, db *database.DB) *masterdata.Service {
	t.Helper()
	service, err := masterdata.New(masterdata.Deps{DB: db, Clock: clock, Log: quiet}, masterdata.Config{})
	if err != nil {
		t.Fatal(err)
	}
	return service
}

func newService(t *testing.T) *masterdata.Service {
	t.Helper()
	return newOn(t, databasetest.New(t, masterdata.Migrations))
}

func mustItems(t *testing.T, service interface {
	UpsertItems(context.Context, *masterdatav1.UpsertItemsRequest) (*masterdatav1.UpsertItemsResponse, error)
}, items ...*masterdatav1.Item) []*masterdatav1.Item {
	t.Helper()
	stored, err := service.UpsertItems(t.Context(), &masterdatav1.UpsertItemsRequest{Items: items})
	if err != nil {
		t.Fatal(err)
	}
	return stored.GetItems()
}

// The same lists in another order say the same, except where the order means something: substitutes and price lists.
func TestTheOrderOfListsDoesNotMatter(t *testing.T) {
	service := newService(t)
	item, account, node, _, _, _ := everything()
	a, b := goods("A", ""), goods("B", "")
	a.Scale, b.Scale, account.BillToAccountId = 2, 2, ""
	for version := int64(1); version <= 2; version++ {
		for range 2 {
			stored := mustItems(t, service, item, a, b)
			accounts, err := service.UpsertAccounts(t.Context(), &masterdatav1.UpsertAccountsRequest{Accounts: []*masterdatav1.Account{account}})
			if err != nil {
				t.Fatal(err)
			}
			nodes, err := service.UpsertNodes(t.Context(), &masterdatav1.UpsertNodesRequest{Nodes: []*masterdatav1.Node{node}})
			if err != nil {
				t.Fatal(err)
			}
			if stored[0].GetVersion() != version || accounts.GetAccounts()[0].GetVersion() != version || nodes.GetNodes()[0].GetVersion() != 1 {
				t.Errorf("item %d, account %d, node %d; want %d, %d, 1", stored[0].GetVersion(),
					accounts.GetAccounts()[0].GetVersion(), nodes.GetNodes()[0].GetVersion(), version, version)
			}
			slices.Reverse(item.GetUnits())
			slices.Reverse(item.GetCodes())
			slices.Reverse(account.GetShipTos())
			slices.Reverse(account.GetPartnerIds())
			slices.Reverse(node.GetClosedWeekdays())
			slices.Reverse(node.GetTransitTimes())
			node.Holidays = append(node.GetHolidays(), node.GetHolidays()[0])
			slices.Reverse(node.GetHolidays())
		}
		slices.Reverse(item.GetSubstituteSkus())
		slices.Reverse(account.GetPriceLists())
	}
}

// Units are free, but those of UN/ECE Recommendation 20 have to fit.
func TestEveryUnitOfTheRecommendationFits(t *testing.T) {
	file, err := os.Open(filepath.Join(os.Getenv("WAYBILL_SAMPLE_DATA"), "standards", "unece", "units-of-measure.csv"))
	if err != nil || os.Getenv("WAYBILL_SAMPLE_DATA") == "" {
		t.Skip("WAYBILL_SAMPLE_DATA names no folder with standards/unece/units-of-measure.csv")
	}
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil || len(rows) < 1000 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	for _, row := range rows[1:] { // Status, CommonCode, Name, …
		item := goods("A", "")
		item.BaseUnit = row[1]
		if err := protovalidate.Validate(item); err != nil {
			t.Errorf("unit %q: %v", row[1], err)
		}
	}
}
