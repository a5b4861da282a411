package masterdata

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	erpv1 "github.com/waybill-dev/waybill/gen/waybill/connector/erp/v1"
	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	"github.com/waybill-dev/waybill/services/masterdata/internal/domain"
)

// maxEntry is how large an entry may be: more than any that the contract's rules let through.
const maxEntry = 4 << 20

// entry is the state of an entity as the ERP told it, on its way in.
type entry struct {
	domain.Told
	// message is what it says; nil where that cannot be read.
	message proto.Message
	// flaw is why it cannot be taken, whatever is here; nil: nothing is known against it.
	flaw *domain.Refusal
	// again says that it is tried again, not told.
	again bool
}

// entryOf makes an entry of a message that was read.
func entryOf(kind domain.MasterKind, message proto.Message, kept []string, changedAt time.Time) entry {
	content, err := proto.MarshalOptions{Deterministic: true}.Marshal(message)
	if err != nil {
		return brokenEntry(kind, nil, kept, changedAt)
	}
	form, _ := formOf(kind)
	found := entry{message: message, Told: domain.Told{
		Kind: kind, Key: domain.ReadableKey(form.key(message)), Content: content, Kept: kept, ChangedAt: changedAt,
	}}
	if len(content) > maxEntry {
		found.Content, found.message = []byte{}, nil
		found.flaw = &domain.Refusal{
			Reason: reasonTooLarge, Message: fmt.Sprintf("it has %d bytes, more than %d; its content is not kept", len(content), maxEntry),
		}
	}
	return found
}

// brokenEntry makes an entry of content that is no message as it is: one with texts that are no UTF-8, or nothing that can be read.
func brokenEntry(kind domain.MasterKind, content []byte, kept []string, changedAt time.Time) entry {
	sum := sha256.Sum256(content)
	broken := entry{
		Told: domain.Told{Kind: kind, Key: "sha256:" + hex.EncodeToString(sum[:16]), Content: content, Kept: kept, ChangedAt: changedAt},
		flaw: &domain.Refusal{Reason: reasonContentBroken, Message: "it cannot be read"},
	}
	form, known := formOf(kind)
	switch {
	case len(content) > maxEntry:
		broken.Content = []byte{}
		broken.flaw = &domain.Refusal{Reason: reasonTooLarge, Message: "it cannot be read, and is too large to be kept"}
	case !known:
		broken.flaw = &domain.Refusal{Reason: reasonKindUnknown, Message: "this release does not know what it is"}
	default:
		if message, ok := readable(form.empty(), content); ok {
			broken.Key = domain.ReadableKey(form.key(message))
			broken.flaw = &domain.Refusal{Reason: reasonTextBroken, Message: "it holds a text that is no UTF-8"}
		}
	}
	return broken
}

// entryAgain makes an entry of one that was set aside.
func entryAgain(aside *domain.SetAside) entry {
	if form, ok := formOf(aside.Kind); ok && aside.Reason != reasonTooLarge {
		message := form.empty()
		if proto.Unmarshal(aside.Content, message) == nil {
			return entry{Told: aside.Told, message: message, again: true}
		}
	}
	return entry{Told: aside.Told, flaw: &domain.Refusal{Reason: aside.Reason, Message: aside.Message, Faults: aside.Faults}, again: true}
}

// pageEntries are the entries of a page by kind, of each entity the last. odd is what is odd about the page; empty: nothing.
func pageEntries(reply *erpv1.ListMasterChangesResponse, broken map[int]brokenChange) (entries map[domain.MasterKind][]entry, odd string) {
	kept, unknown := map[domain.MasterKind][]string{}, []string{}
	for kind, mask := range map[domain.MasterKind]interface{ GetPaths() []string }{
		domain.MasterAccount: reply.GetAccountFields(), domain.MasterItem: reply.GetItemFields(), domain.MasterPrice: reply.GetPriceFields(),
	} {
		fields, names := keptOf(kind, mask.GetPaths())
		kept[kind], unknown = fields, append(unknown, names...)
	}
	entries = map[domain.MasterKind][]entry{}
	seen := map[domain.MasterKind]map[string]bool{}
	for n, change := range slices.Backward(reply.GetChanges()) {
		one := changeEntry(change, broken, n, kept)
		if seen[one.Kind] == nil {
			seen[one.Kind] = map[string]bool{}
		}
		if !seen[one.Kind][one.Key] {
			seen[one.Kind][one.Key] = true
			entries[one.Kind] = append(entries[one.Kind], one)
		}
	}
	for _, list := range entries {
		slices.Reverse(list) // back into the order of the page
	}
	if len(unknown) > 0 {
		slices.Sort(unknown)
		odd = "the ERP keeps fields that this release does not know: " + strings.Join(unknown, ", ")
	}
	return entries, odd
}

func changeEntry(change *erpv1.MasterChange, broken map[int]brokenChange, n int, kept map[domain.MasterKind][]string) entry {
	changedAt := momentOf(change.GetChangedAt())
	if raw, is := broken[n]; is {
		return brokenEntry(raw.kind, raw.content, kept[raw.kind], changedAt)
	}
	switch entity := change.GetEntity().(type) {
	case *erpv1.MasterChange_Account:
		return entryOf(domain.MasterAccount, orEmpty(entity.Account), kept[domain.MasterAccount], changedAt)
	case *erpv1.MasterChange_Item:
		return entryOf(domain.MasterItem, orEmpty(entity.Item), kept[domain.MasterItem], changedAt)
	case *erpv1.MasterChange_Price:
		return entryOf(domain.MasterPrice, orEmpty(entity.Price), kept[domain.MasterPrice], changedAt)
	}
	content, err := proto.MarshalOptions{Deterministic: true}.Marshal(change)
	if err != nil {
		content = nil
	}
	return brokenEntry(domain.MasterUnknown, content, nil, changedAt)
}

// orEmpty is an entity that says nothing for none.
func orEmpty[M any, P interface {
	*M
	proto.Message
}](entity P) P {
	if entity == nil {
		return new(M)
	}
	return entity
}

// momentOf is a time of the ERP's, if it is one that can be stored.
func momentOf(at *timestamppb.Timestamp) time.Time {
	if at == nil || at.CheckValid() != nil || at.AsTime().Year() < 1900 || at.AsTime().Year() > 9000 {
		return time.Time{}
	}
	return at.AsTime().Truncate(time.Microsecond)
}

// setAsideToProto also reads what can be read of the content.
func setAsideToProto(from *domain.SetAside) *masterdatav1.SetAsideMaster {
	to := &masterdatav1.SetAsideMaster{
		EntryId: from.EntryID, Kind: kindToProto(from.Kind), Key: from.Key, Reason: from.Reason, Message: from.Message,
		Faults: convertAll(from.Faults, faultToProto), Since: timestamppb.New(from.Since), ChangedAt: timestampOf(from.ChangedAt),
		State: masterdatav1.SetAsideState(masterdatav1.SetAsideState_value[setAsidePrefix+string(from.State)]),
		Tries: int32(from.Tries), NextTryAt: timestampOf(from.NextTryAt),
	}
	form, ok := formOf(from.Kind)
	if !ok {
		return to
	}
	message, ok := readable(form.empty(), from.Content)
	if !ok {
		return to
	}
	switch entity := message.(type) {
	case *masterdatav1.Account:
		to.Entity = &masterdatav1.SetAsideMaster_Account{Account: entity}
	case *masterdatav1.Item:
		to.Entity = &masterdatav1.SetAsideMaster_Item{Item: entity}
	case *masterdatav1.Price:
		to.Entity = &masterdatav1.SetAsideMaster_Price{Price: entity}
	}
	return to
}
