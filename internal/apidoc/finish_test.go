package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A merged document of two operations: one RPC with a key, one that only reads.
const merged = `{
  "openapi": "3.1.0",
  "info": {"title": "order_service", "version": "1.0.0"},
  "paths": {
    "/v1/orders": {
      "post": {"operationId": "OrderService_SubmitOrder", "responses": {
        "200": {"description": "The order."},
        "default": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/google.rpc.Status"}}}}}}
    },
    "/v1/orders/{order_id}": {
      "get": {"operationId": "OrderService_GetOrder", "parameters": [{"name": "order_id"}], "responses": {"200": {}}}
    }
  },
  "components": {"schemas": {"google.rpc.Status": {"type": "object"}, "waybill.order.v1.Order": {"type": "object"}}}
}`

func TestRunTurnsErrorsIntoProblemsAndAddsTheKeyHeader(t *testing.T) {
	out := t.TempDir()
	if err := run(strings.NewReader(merged), out); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(out, "waybill.openapi.json"))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), statusSchema) {
		t.Errorf("the generator's default error is still there:\n%s", text)
	}
	var doc struct {
		Paths map[string]map[string]struct {
			Parameters []struct{ Name, In string }
			Responses  map[string]struct{ Content map[string]any }
		}
		Components struct{ Schemas map[string]any }
	}
	if err := json.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	submit, get := doc.Paths["/v1/orders"]["post"], doc.Paths["/v1/orders/{order_id}"]["get"]
	if n := len(submit.Parameters); n != 1 || submit.Parameters[0].Name != "Idempotency-Key" || submit.Parameters[0].In != "header" {
		t.Errorf("an RPC with a key has parameters %v, want the header Idempotency-Key", submit.Parameters)
	}
	if n := len(get.Parameters); n != 1 || get.Parameters[0].Name != "order_id" {
		t.Errorf("an RPC that only reads has parameters %v, want its own one only", get.Parameters)
	}
	for name, responses := range map[string]map[string]struct{ Content map[string]any }{"submit": submit.Responses, "get": get.Responses} {
		if _, ok := responses["default"].Content["application/problem+json"]; !ok {
			t.Errorf("%s: the default response is %v, want a problem", name, responses["default"])
		}
	}
	if _, ok := doc.Components.Schemas["Problem"]; !ok {
		t.Error("the schema Problem is missing")
	}
}

func TestRunRefusesWhatItDoesNotKnow(t *testing.T) {
	for name, doc := range map[string]string{
		"an RPC that is not linked": strings.ReplaceAll(merged, "SubmitOrder", "SubmitNothing"),
		"a document without paths":  `{"components": {"schemas": {}}}`,
		"no JSON":                   `openapi: 3.1.0`,
	} {
		out := t.TempDir()
		if err := run(strings.NewReader(doc), out); err == nil {
			t.Errorf("%s: no error", name)
		}
		if entries, _ := os.ReadDir(out); len(entries) != 0 {
			t.Errorf("%s: files were written", name)
		}
	}
}

func TestTheDocumentReadsAsOneAPI(t *testing.T) {
	const two = `{
  "openapi": "3.1.0", "info": {},
  "tags": [{"name": "OrderService"}],
  "paths": {
    "/v1/orders/{order_id}:cancel": {"post": {"operationId": "OrderService_CancelOrder", "tags": ["OrderService"],
      "summary": "Asks to cancel an order. A repeat with the same\nrequest_id is free. Errors: NOT_FOUND; ABORTED when not_ours is said.",
      "description": "Second.", "responses": {"200": {"$ref": "#/components/schemas/waybill.order.v1.Order"}}}},
    "/v1/balances": {"get": {"operationId": "InventoryService_ListBalances", "summary": "Lists balances.", "responses": {"200": {}}}}
  },
  "components": {"schemas": {"waybill.order.v1.Order": {"type": "object", "description": "Its order_id."},
    "waybill.order.v1.Line": {}, "waybill.billing.v1.Line": {}}}
}`
	out := t.TempDir()
	if err := run(strings.NewReader(two), out); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(out, "waybill.openapi.json"))
	if err != nil {
		t.Fatal(err)
	}
	var doc document
	if err := json.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	cancel, err := child(doc, "paths", "/v1/orders/{order_id}:cancel", "post")
	if err != nil {
		t.Fatal(err)
	}
	const whole = "Asks to cancel an order. A repeat with the same\nrequestId is free. Errors: 404; 409 when not_ours is said.\n\nSecond."
	if cancel["operationId"] != "cancelOrder" || cancel["summary"] != "Asks to cancel an order" || cancel["description"] != whole {
		t.Errorf("%q %q %q", cancel["operationId"], cancel["summary"], cancel["description"])
	}
	for _, want := range []string{`"$ref": "#/components/schemas/Order"`, `"waybill.billing.v1.Line"`, `"Its orderId."`} {
		if !strings.Contains(string(text), want) {
			t.Errorf("no %s in\n%s", want, text)
		}
	}
	tags, _ := doc["tags"].([]any)
	if len(tags) != 2 || tags[0].(document)["name"] != "Orders" || tags[1].(document)["name"] != "Stock" {
		t.Errorf("sections %v", tags)
	}
}
