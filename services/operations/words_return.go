package operations

import (
	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
)

// returnWords tell the events of returns.
func returnWords() []telling {
	return []telling{
		tells(func(e *fulfillmentv1.ReturnRequested) string {
			return because("A return was asked for, "+goodsBack(e.GetReturnDocument(), (*fulfillmentv1.ReturnLine).GetRequested), e.GetReturnDocument().GetReason())
		}),
		tells(func(e *fulfillmentv1.ReturnAuthorized) string {
			return "May come back: " + goodsBack(e.GetReturnDocument(), (*fulfillmentv1.ReturnLine).GetAuthorized)
		}),
		tells(func(e *fulfillmentv1.ReturnDeclined) string {
			state := plain(e.GetReturnDocument().GetState(), "RETURN_STATE_")
			return because("The return ended as "+state, e.GetReturnDocument().GetDecisionReason())
		}),
		tells(func(e *fulfillmentv1.ReturnVoided) string {
			return because("Some of the return may not come any more", e.GetReturnDocument().GetDecisionReason())
		}),
		tells(func(e *fulfillmentv1.ReturnInTransit) string {
			return at("The return is on its way", "with", e.GetReturnDocument().GetCarrier())
		}),
		tells(func(e *fulfillmentv1.ReturnReceived) string {
			text := at("Came back", "to", e.GetReturnDocument().GetNodeId())
			return text + ": " + goodsMoved(e.GetReturnDocument(), e.GetMovements(), (*fulfillmentv1.ReturnMovement).GetReceived)
		}),
		tells(func(e *fulfillmentv1.ReturnInspected) string {
			return because("The return was inspected; to be credited",
				goodsMoved(e.GetReturnDocument(), e.GetMovements(), (*fulfillmentv1.ReturnMovement).GetCredited))
		}),
		tells(func(e *fulfillmentv1.ReturnClosed) string {
			return because("The return was closed", e.GetReturnDocument().GetDecisionReason())
		}),
	}
}

// goodsBack lists the lines of a return of which there is something.
func goodsBack(document *fulfillmentv1.Return, how func(*fulfillmentv1.ReturnLine) int64) string {
	return list(document.GetLines(), func(line *fulfillmentv1.ReturnLine) string {
		if how(line) == 0 {
			return ""
		}
		return amountOf(how(line), line.GetScale(), line.GetBaseUnit(), line.GetSku())
	})
}

// goodsMoved lists what one report moved.
func goodsMoved(
	document *fulfillmentv1.Return, moved []*fulfillmentv1.ReturnMovement, how func(*fulfillmentv1.ReturnMovement) int64,
) string {
	return list(moved, func(movement *fulfillmentv1.ReturnMovement) string {
		for _, line := range document.GetLines() {
			if line.GetPosition() == movement.GetPosition() && how(movement) != 0 {
				return amountOf(how(movement), line.GetScale(), line.GetBaseUnit(), line.GetSku())
			}
		}
		return ""
	})
}
