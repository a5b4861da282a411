package operations

import (
	"fmt"
	"strings"

	operationsv1 "github.com/waybill-dev/waybill/gen/waybill/operations/v1"
	"github.com/waybill-dev/waybill/internal/inbox"
	"github.com/waybill-dev/waybill/services/operations/internal/domain"
)

// breakTroubles are what reconciliations found: each break is a trouble until it is closed.
func breakTroubles(message inbox.Message) []domain.Trouble {
	switch event := message.Payload.(type) {
	case *operationsv1.ReconciliationBreakFound:
		found := event.GetFound()
		return []domain.Trouble{{
			Key: breakKey(event.GetBreakId()), Class: disagreement(event.GetArea()), Order: event.GetOrderId(), Node: found.GetNodeId(),
			Reason:  found.GetEquation(),
			Message: fmt.Sprintf("%s: %s, but %s (%s)", found.GetEntity(), found.GetLeft(), found.GetRight(), found.GetRule()),
			Context: facts(domain.ContextBreak, event.GetBreakId(), domain.ContextSKU, found.GetSku(), "document_id", found.GetDocumentId(),
				"repair", plain(found.GetRepair(), repairPrefix), "guidance", found.GetGuidance()),
		}}
	case *operationsv1.ReconciliationBreakClosed:
		return []domain.Trouble{ended(breakKey(event.GetBreakId()), "the two sides agree again")}
	}
	return nil
}

func breakKey(breakID string) string { return "break/" + breakID }

// disagreement is the class of breaks of an area. An area that this release does not know is the orders'.
func disagreement(area operationsv1.BreakArea) domain.Class {
	switch area {
	case operationsv1.BreakArea_BREAK_AREA_STOCK:
		return domain.StockDisagrees
	case operationsv1.BreakArea_BREAK_AREA_MONEY:
		return domain.MoneyDisagrees
	default:
		return domain.OrdersDisagree
	}
}

// reconciliationWords tell the events of reconciliations.
func reconciliationWords() []telling {
	found := &operationsv1.ReconciliationBreakFound{}
	return []telling{
		tells(func(e *operationsv1.ReconciliationBreakFound) string {
			one := e.GetFound()
			return fmt.Sprintf("The books disagree about %s: %s, but %s (%s)", one.GetEntity(), one.GetLeft(), one.GetRight(), one.GetRule())
		}),
		after(tells(func(e *operationsv1.ReconciliationBreakRepaired) string {
			repair := e.GetRepair()
			what := strings.ToLower(strings.ReplaceAll(plain(repair.GetRepair(), repairPrefix), "_", " "))
			return because(repair.GetActor()+" had the books repaired ("+what+", "+repair.GetOutcome()+")", repair.GetReason())
		}), found, (*operationsv1.ReconciliationBreakRepaired).GetBreakId),
		after(tells(func(e *operationsv1.ReconciliationBreakClosed) string {
			return "The books agree again about " + e.GetEntity() + " (" + e.GetEquation() + ")"
		}), found, (*operationsv1.ReconciliationBreakClosed).GetBreakId),
	}
}
