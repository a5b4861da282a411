package importer

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/waybill-dev/waybill/cmd/waybill/internal/console"
	commonv1 "github.com/waybill-dev/waybill/gen/waybill/common/v1"
	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	"github.com/waybill-dev/waybill/internal/databasetest"
	"github.com/waybill-dev/waybill/services/masterdata"
)

// direct calls the service without a wire between.
type direct struct {
	masterdatav1.MasterDataServiceClient
	service *masterdata.Service
	calls   int
}

func (d *direct) UpsertItems(
	ctx context.Context, req *masterdatav1.UpsertItemsRequest, _ ...grpc.CallOption,
) (*masterdatav1.UpsertItemsResponse, error) {
	d.calls++
	return d.service.UpsertItems(ctx, req)
}

func (d *direct) UpsertAccounts(
	ctx context.Context, req *masterdatav1.UpsertAccountsRequest, _ ...grpc.CallOption,
) (*masterdatav1.UpsertAccountsResponse, error) {
	return d.service.UpsertAccounts(ctx, req)
}

func (d *direct) UpsertPrices(
	ctx context.Context, req *masterdatav1.UpsertPricesRequest, _ ...grpc.CallOption,
) (*masterdatav1.UpsertPricesResponse, error) {
	return d.service.UpsertPrices(ctx, req)
}

func newDirect(t *testing.T) *direct {
	t.Helper()
	service, err := masterdata.New(masterdata.Deps{
		DB: databasetest.New(t, masterdata.Migrations), Clock: time.Now, Log: slog.New(slog.DiscardHandler),
	}, masterdata.Config{})
	if err != nil {
		t.Fatal(err)
	}
	return &direct{service: service}
}

// importFile imports a file and gives back the report and the rejects, without the row of names.
func importFile(t *testing.T, client *direct, kind, file string, mapping *EntityMapping) (EntityReport, []string) {
	t.Helper()
	rejects := filepath.Join(t.TempDir(), "rejects.csv")
	report, err := RunEntities(t.Context(), file, client, EntityOptions{
		Kind: kind, Mapping: mapping, RejectsFile: rejects, Progress: console.NewProgress(),
	})
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(rejects)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, line := range strings.Split(strings.TrimSpace(string(text)), "\n")[1:] {
		words := strings.SplitN(line, ",", 4)
		lines = append(lines, strings.Join(words[:3], " "))
	}
	return report, lines
}

func write(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "rows.csv")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestImportItemsKeepsTheGoodRows(t *testing.T) {
	client := newDirect(t)
	file := write(t, "\ufeffsku,description,kind,base_unit,gtin,units,substitute_skus,codes\n"+
		"A,\"[new] bolt\",goods,EA,036000291452,CS=12;IP=1/4,late,\"[{\"\"type\"\":\"\"ITEM_CODE_TYPE_BUYER\"\",\"\"code\"\":\"\"x\"\",\"\"partnerId\"\":\"\"ACME\"\"}]\"\n"+
		"B,,GOODS,EA,036000291453,,,\n"+ // the check digit
		"C,,GOODS,EA,,,nowhere,\n"+
		"D,,GOODS,EA,,,B,\n"+ // refers to a row that is refused
		"a,,GOODS,EA,,,,\n"+ // row 1 in another case
		"E,,THING,EA,,,,\n"+
		"F,,GOODS,EA,0036000291452,,,\n"+ // the code of row 1
		"G,,GOODS,EA,,CS=,,\n"+
		"H,too few\n"+
		"late,,GOODS,EA,,,,\n")
	want := []string{
		"2 codes[0].code GTIN_INVALID", "3 substitute_skus[0] UNKNOWN_ITEM", "4 substitute_skus[0] UNKNOWN_ITEM",
		"5 sku DUPLICATE_KEY", "6 kind VALUE_INVALID", "7 codes[0].code CODE_TAKEN", "8 units VALUE_INVALID",
		"9  CSV_INVALID",
	}
	for range 2 { // the second time changes nothing
		report, rejects := importFile(t, client, "items", file, nil)
		if diff := cmp.Diff(want, rejects); diff != "" {
			t.Error(diff)
		}
		if report.Rows != 10 || report.Stored != 2 || report.Rejected != 8 || report.RejectsByReason["UNKNOWN_ITEM"] != 2 {
			t.Errorf("report %+v", report)
		}
		item, err := client.service.GetItem(t.Context(), &masterdatav1.GetItemRequest{Sku: "A"})
		if err != nil {
			t.Fatal(err)
		}
		if got := item.GetItem(); got.GetVersion() != 1 || len(got.GetCodes()) != 2 || len(got.GetUnits()) != 2 ||
			got.GetUnits()[1].GetDenominator() != 4 || got.GetDescription() != "[new] bolt" {
			t.Errorf("item %v", got)
		}
	}
}

// Rows that need each other are stored, in whichever sets they come.
func TestImportFollowsReferencesAcrossSets(t *testing.T) {
	client := newDirect(t)
	var text strings.Builder
	text.WriteString("sku,kind,base_unit,substitute_skus\n")
	const rows = entitySet + 100
	for n := range rows {
		fmt.Fprintf(&text, "I-%d,GOODS,EA,I-%d\n", n, rows-1-n)
	}
	report, rejects := importFile(t, client, "items", write(t, strings.Replace(text.String(), "I-250,GOODS,EA,I-349", "I-250,GOODS,EA,I-0", 1)), nil)
	if report.Stored != rows || len(rejects) != 0 {
		t.Errorf("%d of %d stored, rejects %v", report.Stored, rows, rejects)
	}
	if client.calls > 8 {
		t.Errorf("%d calls for %d rows", client.calls, rows)
	}
}

func TestImportRefusesColumnsThatAreNoFields(t *testing.T) {
	kind := entityKinds()["accounts"]
	file := write(t, "account_id,colour,address.city,ship_tos.x.code,ship_tos.1.code.x\nA,red,,,\n")
	_, err := readEntities(file, kind, nil)
	for _, want := range []string{`"colour"`, `"address.city"`, `"ship_tos.x.code"`, `"ship_tos.1.code.x"`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v says nothing of %s", err, want)
		}
	}
	_, err = readEntities(file, kind, &EntityMapping{Columns: map[string]string{"account_id": "Customer"}})
	if err == nil || !strings.Contains(err.Error(), `"Customer"`) {
		t.Errorf("a mapping to no column: %v", err)
	}
}

func TestImportReadsEveryKindOfField(t *testing.T) {
	file := write(t, "account_id,currency_code,credit_limit_minor,credit_stop,price_lists,backorder_weight_bp,credit_checkpoint,"+
		"ship_tos.0.code,ship_tos.0.address.city,ship_tos.1.code,updated_at\n"+
		"A,GBP,5000,yes,ACME; BASE,0,both,X,Hull,Y,whenever\n"+
		"B,GBP,5e3,,,,,,,,\n"+
		"C,GBP,,maybe,,,,,,,\n"+
		"D,GBP,,,\xff,,,,,,\n")
	read, err := readEntities(file, entityKinds()["accounts"], nil)
	if err != nil {
		t.Fatal(err)
	}
	want := &masterdatav1.Account{
		AccountId: "A", CurrencyCode: "GBP", CreditLimitMinor: 5000, CreditStop: true, PriceLists: []string{"ACME", "BASE"},
		BackorderWeightBp: proto.Int32(0), CreditCheckpoint: masterdatav1.CreditCheckpoint_CREDIT_CHECKPOINT_BOTH,
		ShipTos: []*masterdatav1.ShipTo{{Code: "X", Address: &commonv1.Address{City: "Hull"}}, {Code: "Y"}},
	}
	if diff := cmp.Diff(want, read.rows[0].message, protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
	var rejects []string
	for _, reject := range read.rejects {
		rejects = append(rejects, fmt.Sprint(reject.Row, " ", reject.Field, " ", reject.Reason))
	}
	if diff := cmp.Diff([]string{
		"2 credit_limit_minor VALUE_INVALID", "3 credit_stop VALUE_INVALID", "4 price_lists TEXT_INVALID",
	}, rejects); diff != "" {
		t.Error(diff)
	}
}

// The sample database: 77 products with prices; 91 customers, of whose rows some have a comma too many.
func TestImportNorthwind(t *testing.T) {
	folder := filepath.Join(os.Getenv("WAYBILL_SAMPLE_DATA"), "orders", "northwind")
	if _, err := os.Stat(folder); err != nil || os.Getenv("WAYBILL_SAMPLE_DATA") == "" {
		t.Skip("WAYBILL_SAMPLE_DATA names no folder with orders/northwind")
	}
	client := newDirect(t)
	for _, test := range []struct {
		kind, file       string
		stored, rejected int
	}{
		{"items", "products.csv", 77, 0}, {"prices", "products.csv", 77, 0}, {"accounts", "customers.csv", 67, 24},
		{"items", "products.csv", 77, 0},
	} {
		mapping, err := LoadEntityMapping(filepath.Join("testdata", "northwind-"+test.kind+".yaml"))
		if err != nil {
			t.Fatal(err)
		}
		report, rejects := importFile(t, client, test.kind, filepath.Join(folder, test.file), mapping)
		if report.Stored != test.stored || report.Rejected != test.rejected || report.RejectsByReason["CSV_INVALID"] != test.rejected {
			t.Errorf("%s: %+v, %v", test.kind, report, rejects)
		}
	}
	item, err := client.service.GetItem(t.Context(), &masterdatav1.GetItemRequest{Sku: "1"})
	if err != nil || item.GetItem().GetDescription() != "Chai" || item.GetItem().GetVersion() != 1 {
		t.Errorf("item %v, %v", item, err)
	}
	account, err := client.service.GetAccount(t.Context(), &masterdatav1.GetAccountRequest{AccountId: "ALFKI"})
	address := account.GetAccount().GetShipTos()[0].GetAddress()
	if err != nil || address.GetCountryCode() != "DE" || address.GetRegion() != "" {
		t.Errorf("account %v, %v", account, err)
	}
}
