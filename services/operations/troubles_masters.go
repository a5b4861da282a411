package operations

import (
	"fmt"
	"strings"

	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	"github.com/waybill-dev/waybill/internal/inbox"
	"github.com/waybill-dev/waybill/services/operations/internal/domain"
)

const masterKindPrefix = "MASTER_KIND_"

// masterTroubles are those of masters that the ERP told and that were not taken. All that becomes of one is told by one aggregate, so
// it comes in its order.
func masterTroubles(message inbox.Message) []domain.Trouble {
	switch event := message.Payload.(type) {
	case *masterdatav1.MasterSetAside:
		return []domain.Trouble{{
			Key: masterKey(event.GetEntryId()), Class: domain.MasterRefused, Reason: event.GetReason(), Message: event.GetMessage(),
			Subject: domain.Subject{Kind: "masterdata." + masterName(event.GetKind()), ID: event.GetKey()},
			Context: facts(domain.ContextEntry, event.GetEntryId(), "faults", faultsOf(event.GetFaults())),
		}}
	case *masterdatav1.MasterSettled:
		return []domain.Trouble{ended(masterKey(event.GetEntryId()), settlement(event))}
	}
	return nil
}

func masterKey(entry string) string { return "master/" + entry }

// masterName is what a master is called: "item", "account", "price", or "master" where nobody knows.
func masterName(kind masterdatav1.MasterKind) string {
	if kind == masterdatav1.MasterKind_MASTER_KIND_UNSPECIFIED {
		return "master"
	}
	return strings.ToLower(plain(kind, masterKindPrefix))
}

// faultsOf lists what is wrong with an entry, one after the other.
func faultsOf(faults []*masterdatav1.MasterFault) string {
	listed := make([]string, 0, len(faults))
	for _, one := range faults {
		listed = append(listed, strings.TrimPrefix(fmt.Sprintf("%s %s: %s", one.GetPath(), one.GetReason(), one.GetMessage()), " "))
	}
	return strings.Join(listed, "; ")
}

// settlement says how an entry was settled.
func settlement(event *masterdatav1.MasterSettled) string {
	switch event.GetSettlement() {
	case masterdatav1.MasterSettlement_MASTER_SETTLEMENT_DROPPED:
		return decided("it was given up", event.GetReason(), event.GetActor())
	case masterdatav1.MasterSettlement_MASTER_SETTLEMENT_REPLACED:
		return "the ERP told a newer state, which was taken"
	default:
		return "it was taken after all"
	}
}

// masterWords tell what became of masters from the ERP.
func masterWords() []telling {
	aside := &masterdatav1.MasterSetAside{}
	return []telling{
		tells(func(e *masterdatav1.MasterSetAside) string {
			return because("What the ERP says of "+masterName(e.GetKind())+" "+e.GetKey()+" was not taken", e.GetMessage())
		}),
		after(tells(func(e *masterdatav1.MasterSettled) string {
			return "What the ERP says of " + masterName(e.GetKind()) + " " + e.GetKey() + ": " + settlement(e)
		}), aside, (*masterdatav1.MasterSettled).GetEntryId),
	}
}
