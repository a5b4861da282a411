package operations

import (
	"strconv"
	"strings"

	backofficev1 "github.com/waybill-dev/waybill/gen/waybill/backoffice/v1"
	"github.com/waybill-dev/waybill/internal/inbox"
	"github.com/waybill-dev/waybill/services/operations/internal/domain"
)

// erpTroubles are those of documents that the ERP does not take. All that becomes of one is told by one aggregate, so it comes in its
// order. That it is sent again does not end a trouble: only the ERP does. Who had it sent again is noted, unless the exception itself
// did: it has that step.
func erpTroubles(message inbox.Message) []domain.Trouble {
	switch event := message.Payload.(type) {
	case *backofficev1.DocumentRefused:
		return []domain.Trouble{{
			Key: refusalKey(event.GetDocumentId()), Class: domain.ERPRefused, Order: event.GetOrderId(), Reason: event.GetReason(),
			Message: because("the ERP does not take "+documentName(event), event.GetMessage()),
			Context: facts(domain.ContextDocument, event.GetDocumentId(), "kind", plain(event.GetKind(), documentKindPrefix),
				"attempts", strconv.FormatInt(event.GetAttempts(), 10)),
		}}
	case *backofficev1.DocumentRetried:
		if event.GetExceptionId() != "" {
			return nil
		}
		return []domain.Trouble{{
			Key:  refusalKey(event.GetDocumentId()),
			Note: &domain.Step{Actor: event.GetActor(), Action: domain.Retry, Reason: event.GetReason(), Outcome: done},
		}}
	case *backofficev1.DocumentPosted:
		return []domain.Trouble{ended(refusalKey(event.GetDocumentId()), at("the ERP has it", "as", event.GetErpNumber()))}
	}
	return nil
}

func refusalKey(document string) string { return "erp/" + document }

const documentKindPrefix = "DOCUMENT_KIND_"

// document is what all events of documents say of them.
type document interface {
	GetDocumentId() string
	GetKind() backofficev1.DocumentKind
}

// documentName is what a document is called in a sentence about its order.
func documentName(of document) string {
	switch of.GetKind() {
	case backofficev1.DocumentKind_DOCUMENT_KIND_ORDER:
		if _, revision, _ := strings.Cut(of.GetDocumentId(), "/"); revision != "" && revision != "0" {
			return "revision " + revision + " of the order"
		}
		return "the order"
	case backofficev1.DocumentKind_DOCUMENT_KIND_ORDER_REDUCTION:
		return "what of the order will not be shipped"
	case backofficev1.DocumentKind_DOCUMENT_KIND_ORDER_CLOSURE:
		return "the end of the order"
	case backofficev1.DocumentKind_DOCUMENT_KIND_INVOICE:
		return "the invoice"
	case backofficev1.DocumentKind_DOCUMENT_KIND_CREDIT_MEMO:
		return "the credit memo"
	case backofficev1.DocumentKind_DOCUMENT_KIND_WRITE_OFF:
		return "what was written off"
	default:
		return strings.TrimSpace("document " + of.GetDocumentId())
	}
}
