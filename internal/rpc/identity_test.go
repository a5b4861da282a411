package rpc_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"

	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/rpc"
)

func TestTheHandlerKnowsWhoCalls(t *testing.T) {
	var got rpc.Identity
	server := serve(t, nil, withMasterdata(&masterdata{
		getItem: func(ctx context.Context, _ *masterdatav1.GetItemRequest) (*masterdatav1.GetItemResponse, error) {
			got = rpc.IdentityFrom(ctx)
			return &masterdatav1.GetItemResponse{}, nil
		},
	}))
	call := func(ctx context.Context, caller string) rpc.Identity {
		t.Helper()
		got = rpc.Identity{}
		client := masterdatav1.NewMasterDataServiceClient(server.dial(t, caller))
		if _, err := client.GetItem(ctx, &masterdatav1.GetItemRequest{Sku: "A"}); err != nil {
			t.Fatal(err)
		}
		return got
	}
	partner := rpc.Identity{Principal: "clé: 1/ä", Partner: "Zürich & Co", Scopes: []string{"items.read", "orders.read"}}

	want := partner
	want.Service = "gateway"
	if diff := cmp.Diff(want, call(rpc.WithIdentity(t.Context(), partner), "gateway")); diff != "" {
		t.Errorf("behind the gateway (-want +got):\n%s", diff)
	}
	want = rpc.Identity{Service: "operator", Principal: "service:operator"}
	if diff := cmp.Diff(want, call(rpc.WithIdentity(t.Context(), partner), "operator")); diff != "" {
		t.Errorf("another service does not pass on for whom it acts (-want +got):\n%s", diff)
	}
	if got := rpc.IdentityFrom(t.Context()); !cmp.Equal(got, rpc.Identity{}) {
		t.Errorf("outside of a call: %+v", got)
	}
}

// GetItem is for gateway and operator with the scope items.read, Reserve for order without a scope, UpsertItems for
// gateway and operator with masterdata.write, CheckMasterData for every service and no partner.
func TestThePolicyIsEnforced(t *testing.T) {
	server := serve(t, nil, withMasterdata(&masterdata{}), withInventory(&inventory{}))
	tests := []struct {
		name   string
		caller string
		scopes []string // nil: the caller acts for itself
		getI   string   // the reason of a refusal
		upsert string
		res    string
		check  string
	}{
		{"a service that is named", "operator", nil, "", "", "CALLER_NOT_ALLOWED", ""},
		{"a service that is not named", "billing", nil, "CALLER_NOT_ALLOWED", "CALLER_NOT_ALLOWED", "CALLER_NOT_ALLOWED", ""},
		{"the service behind", "order", nil, "CALLER_NOT_ALLOWED", "CALLER_NOT_ALLOWED", "", ""},
		{"a partner with the scope", "gateway", []string{"items.read"}, "", "SCOPE_MISSING", "CALLER_NOT_ALLOWED", "NOT_FOR_PARTNERS"},
		{"a partner with another scope", "gateway", []string{"items"}, "SCOPE_MISSING", "SCOPE_MISSING", "CALLER_NOT_ALLOWED", "NOT_FOR_PARTNERS"},
		{"a partner without scopes", "gateway", []string{}, "SCOPE_MISSING", "SCOPE_MISSING", "CALLER_NOT_ALLOWED", "NOT_FOR_PARTNERS"},
		{"a gateway that forgot for whom", "gateway", nil, "SCOPE_MISSING", "SCOPE_MISSING", "CALLER_NOT_ALLOWED", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			ctx := t.Context()
			if test.scopes != nil {
				ctx = asPartner(t, test.scopes...)
			}
			conn := server.dial(t, test.caller)
			items := masterdatav1.NewMasterDataServiceClient(conn)
			_, err := items.GetItem(ctx, &masterdatav1.GetItemRequest{Sku: "A"})
			wantDenied(t, "GetItem", err, test.getI)
			_, err = items.UpsertItems(ctx, &masterdatav1.UpsertItemsRequest{Items: []*masterdatav1.Item{{Sku: "A", Kind: 1, BaseUnit: "EA"}}})
			wantDenied(t, "UpsertItems", err, test.upsert)
			_, err = inventoryv1.NewInventoryServiceClient(conn).Reserve(ctx, &inventoryv1.ReserveRequest{})
			if test.res == "" && fault.ReasonOf(err) == rpc.ReasonInvalid {
				err = nil // let through, and then found empty
			}
			wantDenied(t, "Reserve", err, test.res)
			_, err = inventoryv1.NewInventoryServiceClient(conn).CheckMasterData(ctx, &inventoryv1.CheckMasterDataRequest{})
			wantDenied(t, "CheckMasterData", err, test.check)
		})
	}
}

func wantDenied(t *testing.T, call string, err error, reason string) {
	t.Helper()
	if reason == "" {
		if err != nil {
			t.Errorf("%s: %v", call, err)
		}
		return
	}
	if fault.KindOf(err) != fault.Denied || fault.ReasonOf(err) != reason {
		t.Errorf("%s: %v, want %s", call, err, reason)
	}
}

// What a client of our own never sends.
func TestForgedHeaders(t *testing.T) {
	server := serve(t, nil, withMasterdata(&masterdata{}))
	conn, err := grpc.NewClient(server.addr, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	tests := []struct {
		name    string
		headers []string
		kind    fault.Kind
		reason  string
	}{
		{"none", nil, fault.Unauthenticated, "CALLER_UNKNOWN"},
		{"an empty caller", []string{"waybill-caller", ""}, fault.Unauthenticated, "CALLER_UNKNOWN"},
		{"two callers", []string{"waybill-caller", "billing", "waybill-caller", "operator"}, fault.Unauthenticated, "CALLER_UNKNOWN"},
		{
			"a service that acts for others", []string{"waybill-caller", "operator", "waybill-principal", "key:1"},
			fault.Denied, "FORWARDING_DENIED",
		},
		{
			"a service with scopes", []string{"waybill-caller", "operator", "waybill-scopes", "items.read"},
			fault.Denied, "FORWARDING_DENIED",
		},
		{
			"scopes of nobody", []string{"waybill-caller", "gateway", "waybill-scopes", "items.read"},
			fault.Unauthenticated, "PRINCIPAL_UNKNOWN",
		},
		{
			"a partner that poses as a service",
			[]string{"waybill-caller", "gateway", "waybill-principal", "service:order", "waybill-scopes", "items.read"},
			fault.Unauthenticated, "PRINCIPAL_UNKNOWN",
		},
		{
			"a principal that is badly escaped",
			[]string{"waybill-caller", "gateway", "waybill-principal", "%zz", "waybill-scopes", "items.read"},
			fault.Unauthenticated, "PRINCIPAL_UNKNOWN",
		},
		{
			"a partner that is badly escaped",
			[]string{"waybill-caller", "gateway", "waybill-principal", "a", "waybill-partner", "%", "waybill-scopes", "items.read"},
			fault.Unauthenticated, "PRINCIPAL_UNKNOWN",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			ctx := metadata.AppendToOutgoingContext(t.Context(), test.headers...)
			_, err := masterdatav1.NewMasterDataServiceClient(conn).GetItem(ctx, &masterdatav1.GetItemRequest{Sku: "A"})
			if err = rpc.FaultOf(err); fault.KindOf(err) != test.kind || fault.ReasonOf(err) != test.reason {
				t.Errorf("%v, want %v %s", err, test.kind, test.reason)
			}
		})
	}
}

// Headers that are in the context for another reason do not reach the next service.
func TestHeadersOfOthersAreNotPassedOn(t *testing.T) {
	var got metadata.MD
	server := serve(t, nil, withMasterdata(&masterdata{
		getItem: func(ctx context.Context, _ *masterdatav1.GetItemRequest) (*masterdatav1.GetItemResponse, error) {
			got, _ = metadata.FromIncomingContext(ctx)
			return &masterdatav1.GetItemResponse{}, nil
		},
	}))
	ctx := metadata.AppendToOutgoingContext(t.Context(), "waybill-principal", "root", "x-other", "1")
	client := masterdatav1.NewMasterDataServiceClient(server.dial(t, "operator"))
	if _, err := client.GetItem(ctx, &masterdatav1.GetItemRequest{Sku: "A"}); err != nil {
		t.Fatal(err)
	}
	if len(got["waybill-principal"]) != 0 || len(got["x-other"]) != 0 || len(got["waybill-caller"]) != 1 {
		t.Errorf("headers %v", got)
	}
}

func TestAllows(t *testing.T) {
	tests := []struct {
		identity rpc.Identity
		want     bool
	}{
		{rpc.Identity{}, false},
		{rpc.Identity{Service: "gateway"}, false},
		{rpc.Identity{Service: "gateway", Scopes: []string{"orders.read"}}, false},
		{rpc.Identity{Service: "gateway", Scopes: []string{"orders.read", "orders.agreed_price"}}, true},
		{rpc.Identity{Service: "operator"}, true},
	}
	for _, test := range tests {
		if got := test.identity.Allows("orders.agreed_price"); got != test.want {
			t.Errorf("%+v: %t", test.identity, got)
		}
	}
}
