package operations

import (
	backofficev1 "github.com/waybill-dev/waybill/gen/waybill/backoffice/v1"
)

// erpWords tell what became of documents for the ERP. Why a document is one, its events say themselves: the event that queued it is named
// as the cause of the ERP's answers. Where it is not known, an answer follows what had the document sent again.
func erpWords() []telling {
	return []telling{
		after(tells(func(e *backofficev1.DocumentPosted) string {
			return at("The ERP has "+documentName(e), "as", e.GetErpNumber())
		}), &backofficev1.DocumentRetried{}, (*backofficev1.DocumentPosted).GetDocumentId),
		tells(func(e *backofficev1.DocumentRefused) string {
			return because(because("The ERP refused "+documentName(e), e.GetReason()), e.GetMessage())
		}),
		after(tells(func(e *backofficev1.DocumentRetried) string {
			if number := e.GetLostErpNumber(); number != "" {
				return because("The ERP no longer had "+documentName(e)+", once "+number+"; it is told again", e.GetReason())
			}
			return because("The ERP is told "+documentName(e)+" again", e.GetReason())
		}), &backofficev1.DocumentRefused{}, (*backofficev1.DocumentRetried).GetDocumentId),
	}
}
