package main

import (
	"fmt"
	"strings"

	policyv1 "github.com/waybill-dev/waybill/gen/waybill/policy/v1"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"

	// Linked for their descriptors: the policies of the RPCs that partners reach.
	_ "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	_ "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	_ "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
	_ "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	_ "github.com/waybill-dev/waybill/gen/waybill/operations/v1"
	_ "github.com/waybill-dev/waybill/gen/waybill/order/v1"
)

// statusSchema is the generator's default error, which the gateway never sends.
const statusSchema = "google.rpc.Status"

// finish changes the merged document into the partners' one. It fails on an operation whose RPC is not linked.
func finish(doc document) error {
	doc["info"] = document{
		"title":   "Waybill partner API",
		"version": "v1",
		"description": "From a quote to the invoice and back: orders, availability, shipments, returns, invoices, and the data " +
			"behind them.\n\nEvery error is an RFC 9457 problem with a machine-readable `reason` and the path of each wrong " +
			"field. A request with a key (`requestId` in the body, or the header `Idempotency-Key`, which means the same) may be " +
			"repeated at will: the repeat has no further effect. Lists come in pages: give `nextPageToken` back as `pageToken`. " +
			"An `etag` in a request says on which state the caller decided; the request is refused when it is another one by " +
			"then. Amounts are integers in the currency's minor units, quantities and prices decimals in text: nothing is ever " +
			"a float.",
	}
	schemas, err := child(doc, "components", "schemas")
	if err != nil {
		return err
	}
	delete(schemas, statusSchema)
	schemas["Problem"] = problemSchema()
	paths, err := child(doc, "paths")
	if err != nil {
		return err
	}
	methods := linkedMethods()
	for path := range paths {
		operations, err := child(paths, path)
		if err != nil {
			return err
		}
		for verb := range operations {
			operation, err := child(operations, verb)
			if err != nil {
				return err
			}
			if err := finishOperation(operation, methods); err != nil {
				return fmt.Errorf("%s %s: %w", strings.ToUpper(verb), path, err)
			}
		}
	}
	return retell(doc)
}

func finishOperation(operation document, methods map[string]*policyv1.MethodPolicy) error {
	id, _ := operation["operationId"].(string)
	policy, ok := methods[id]
	if !ok {
		return fmt.Errorf("the RPC of operation %q is not linked into apidoc: import its package in finish.go", id)
	}
	responses, err := child(operation, "responses")
	if err != nil {
		return err
	}
	responses["default"] = document{
		"description": "A problem. Nothing was stored unless the operation's description says otherwise.",
		"content": document{"application/problem+json": document{
			"schema": document{"$ref": "#/components/schemas/Problem"},
		}},
	}
	if policy.GetRetrySafety() == policyv1.RetrySafety_RETRY_SAFETY_KEYED {
		parameters, _ := operation["parameters"].([]any)
		operation["parameters"] = append(parameters, document{
			"name": "Idempotency-Key", "in": "header", "required": false, "schema": document{"type": "string"},
			"description": "Means the same as `requestId` in the body. One of the two is required; when both are given they must be equal.",
		})
	}
	return nil
}

// linkedMethods returns the policy of every linked RPC by the name that the generators give its operation. An RPC
// without a policy is there with a nil policy: refusing it is the servers' and the tests' work.
func linkedMethods() map[string]*policyv1.MethodPolicy {
	found := map[string]*policyv1.MethodPolicy{}
	protoregistry.GlobalFiles.RangeFiles(func(file protoreflect.FileDescriptor) bool {
		for i := range file.Services().Len() {
			service := file.Services().Get(i)
			for j := range service.Methods().Len() {
				method := service.Methods().Get(j)
				options, ok := method.Options().(*descriptorpb.MethodOptions)
				if !ok {
					continue
				}
				policy, _ := proto.GetExtension(options, policyv1.E_Method).(*policyv1.MethodPolicy)
				found[string(service.Name())+"_"+string(method.Name())] = policy
			}
		}
		return true
	})
	return found
}

// child returns the object at the end of a path of keys.
func child(object document, keys ...string) (document, error) {
	for _, key := range keys {
		next, ok := object[key].(document)
		if !ok {
			return nil, fmt.Errorf("the merged document has no object %q", key)
		}
		object = next
	}
	return object, nil
}

// problemSchema describes the gateway's errors.
func problemSchema() document {
	text := func(description string) document { return document{"type": "string", "description": description} }
	return document{
		"type":        "object",
		"description": "An error, as RFC 9457 lays it out.",
		"required":    []string{"type", "title", "status", "reason"},
		"properties": document{
			"type":   text("A URI reference that names the kind of problem."),
			"title":  text("The kind of problem in a few words; the same for every occurrence."),
			"status": document{"type": "integer", "format": "int32", "description": "The HTTP status."},
			"detail": text("What went wrong this time, for people."),
			"reason": text("What went wrong, for machines: UPPER_SNAKE, such as UNKNOWN_ITEM. Never changes its meaning."),
			"meta": document{
				"type": "object", "additionalProperties": document{"type": "string"},
				"description": "Further values that the reason speaks of, such as the id of the order that exists already.",
			},
			"errors": document{
				"type":        "array",
				"description": "The wrong fields, where the problem lies in the request.",
				"items": document{
					"type":     "object",
					"required": []string{"path", "reason"},
					"properties": document{
						"path":    text("The field, such as lines[2].quantity.value."),
						"reason":  text("What is wrong with it, for machines."),
						"message": text("What is wrong with it, for people."),
					},
				},
			},
		},
	}
}
