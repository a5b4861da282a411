package main

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// The comments of the contract speak to those who call RPCs. Partners call REST: the same text, in the words that they see.

// statuses are the HTTP statuses of the gateway under the names that the comments use for them.
var statuses = strings.NewReplacer(
	"INVALID_ARGUMENT", "400", "NOT_FOUND", "404", "ALREADY_EXISTS", "409", "ABORTED", "409", "FAILED_PRECONDITION", "409",
	"RESOURCE_EXHAUSTED", "429", "UNAVAILABLE", "503", "DEADLINE_EXCEEDED", "504", "PERMISSION_DENIED", "403",
)

var (
	statusName = regexp.MustCompile(`\b(INVALID_ARGUMENT|NOT_FOUND|ALREADY_EXISTS|ABORTED|FAILED_PRECONDITION|RESOURCE_EXHAUSTED|UNAVAILABLE|DEADLINE_EXCEEDED|PERMISSION_DENIED)\b`)
	fieldName  = regexp.MustCompile(`\b[a-z][a-z0-9]*(_[a-z0-9]+)+\b`)
	sentence   = regexp.MustCompile(`[.:;]\s`)
)

// partnersWords puts a comment into the words of the REST API. Fields are the contract's field names by their JSON names.
func partnersWords(text string, fields map[string]string) string {
	text = statusName.ReplaceAllStringFunc(text, statuses.Replace)
	return fieldName.ReplaceAllStringFunc(text, func(name string) string {
		if known, ok := fields[name]; ok {
			return known
		}
		return name
	})
}

// headline splits a comment into a line for lists and the whole of what else it says.
func headline(text string) (summary, rest string) {
	text = strings.TrimSpace(text)
	joined := strings.Join(strings.Fields(strings.SplitN(text, "\n\n", 2)[0]), " ")
	end := sentence.FindStringIndex(joined)
	if end == nil {
		return strings.TrimSuffix(joined, "."), strings.TrimSpace(strings.TrimPrefix(text, strings.SplitN(text, "\n\n", 2)[0]))
	}
	return joined[:end[0]], text
}

// sections are the parts of the document in the order in which an order meets them. What is not listed comes after them.
var sections = []section{
	{"orders", "Orders", "Sales orders: submit, follow, change, cancel."},
	{"quotes", "Quotes", "What an order would cost and what could be promised, without storing anything."},
	{"availability", "Availability", "What may be promised, now and by date."},
	{"stockHolds", "Stock holds", "Stock set aside for a time: for quotes and carts."},
	{"shipments", "Shipments", "What left a warehouse, and where it is."},
	{"returns", "Returns", "Goods that come back, and what becomes of them."},
	{"invoices", "Invoices", "One for each shipment."},
	{"creditMemos", "Credit memos", "What customers get back."},
	{"payments", "Payments", "What customers paid, and what payment providers have reserved."},
	{"accounts", "Accounts", "Customers, their terms, statements and credit."},
	{"items", "Items", "What is sold, and the codes under which it is known."},
	{"prices", "Prices", "What items cost, by list, quantity and day."},
	{"nodes", "Nodes", "Places that hold stock and ship."},
	{"stock", "Stock", "What is where, and every movement of it."},
	{"receipts", "Receipts", "Goods that come in from suppliers."},
	{"fulfillments", "Warehouse work", "Orders to warehouses: waves, container codes, and what a person must look at."},
	{"legalEntities", "Legal entities", "The companies that sell."},
	{"exchangeRates", "Exchange rates", "What currencies cost in each other."},
}

// alike are resources that belong to the section of another one.
var alike = map[string]string{
	"balances": "stock", "movements": "stock", "lots": "stock", "snapshotSources": "stock", "transfers": "stock", "counts": "stock",
	"promises": "availability", "safetyStocks": "availability", "channelQuotas": "availability",
	"plannedSupplies": "availability",
	"waves":           "fulfillments", "ssccs": "fulfillments", "fulfillmentExceptions": "fulfillments", "orderExceptions": "orders",
	"paymentIntents": "payments",
}

type section struct{ resource, name, about string }

// sectionOf is the section of a path: that of its first resource.
func sectionOf(path string) section {
	resource := strings.FieldsFunc(strings.TrimPrefix(path, "/v1/"), func(r rune) bool { return r == '/' || r == ':' })[0]
	if other, ok := alike[resource]; ok {
		resource = other
	}
	if at := slices.IndexFunc(sections, func(s section) bool { return s.resource == resource }); at >= 0 {
		return sections[at]
	}
	return section{resource: resource, name: spaced(resource)}
}

// spaced writes "creditMemos" as "Credit memos".
func spaced(name string) string {
	var out strings.Builder
	for i, r := range name {
		switch {
		case i == 0:
			out.WriteRune(unicode.ToUpper(r))
		case unicode.IsUpper(r):
			out.WriteRune(' ')
			out.WriteRune(unicode.ToLower(r))
		default:
			out.WriteRune(r)
		}
	}
	return out.String()
}
