package masterdata_test

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/fieldmaskpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	erpv1 "github.com/waybill-dev/waybill/gen/waybill/connector/erp/v1"
	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	"github.com/waybill-dev/waybill/internal/fault"
)

// ledger is an ERP that gives out whatever it is told, as often as it is asked, in the order in which it was told.
type ledger struct {
	erpv1.UnimplementedErpServiceServer
	mu      sync.Mutex
	changes []*erpv1.MasterChange
	fields  [3]*fieldmaskpb.FieldMask // of items, accounts, prices
	// answer takes the place of an answer; nil: it does not.
	answer func(req *erpv1.ListMasterChangesRequest, reply *erpv1.ListMasterChangesResponse) (*erpv1.ListMasterChangesResponse, error)
	// shuffle: pages of so many and more come with an older state before each newer one, and in another order of kinds.
	shuffle int
}

func (l *ledger) ListMasterChanges(
	_ context.Context, req *erpv1.ListMasterChangesRequest,
) (*erpv1.ListMasterChangesResponse, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	after, err := strconv.Atoi("0" + req.GetCursor())
	if err != nil || after > len(l.changes) {
		return nil, fault.New(fault.Precondition, "CURSOR_EXPIRED", "no such cursor")
	}
	end := min(after+int(req.GetPageSize()), len(l.changes))
	reply := &erpv1.ListMasterChangesResponse{
		Changes: l.changes[after:end], NextCursor: strconv.Itoa(end), More: end < len(l.changes), AsOf: timestamppb.Now(),
		ItemFields: l.fields[0], AccountFields: l.fields[1], PriceFields: l.fields[2],
	}
	if l.shuffle > 0 {
		reply.Changes = twisted(l.changes[:after], reply.GetChanges(), int(req.GetPageSize()))
	}
	if l.answer != nil {
		return l.answer(req, reply)
	}
	return reply, nil
}

// twisted is a page as a careless adapter gives it: those of the page in another order, as far as they are different entities, and a state
// from before first, where one of the page replaces it.
func twisted(before, page []*erpv1.MasterChange, size int) []*erpv1.MasterChange {
	newest, order := map[string]*erpv1.MasterChange{}, []string{}
	for _, change := range page {
		if newest[nameOf(change)] == nil {
			order = append(order, nameOf(change))
		}
		newest[nameOf(change)] = change
	}
	slices.Reverse(order)
	var found []*erpv1.MasterChange
	for n := len(before) - 1; n >= 0 && len(order)+len(found) < size; n-- {
		if newest[nameOf(before[n])] != nil {
			found = append(found, before[n])
		}
	}
	for _, name := range order {
		found = append(found, newest[name])
	}
	return found
}

func nameOf(change *erpv1.MasterChange) string {
	return "A" + change.GetAccount().GetAccountId() + "|I" + strings.ToLower(change.GetItem().GetSku()) + "|P" + strings.ToLower(change.GetPrice().GetSku())
}

// tells adds changes to the feed.
func (l *ledger) tells(entities ...proto.Message) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, entity := range entities {
		l.changes = append(l.changes, changeOf(entity))
	}
}

func (l *ledger) behave(change func(*ledger)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	change(l)
}

func changeOf(entity proto.Message) *erpv1.MasterChange {
	if change, ok := entity.(*erpv1.MasterChange); ok {
		return change
	}
	change := &erpv1.MasterChange{ChangedAt: timestamppb.New(time.Unix(1, 0))}
	switch entity := proto.Clone(entity).(type) {
	case *masterdatav1.Item:
		change.Entity = &erpv1.MasterChange_Item{Item: entity}
	case *masterdatav1.Account:
		change.Entity = &erpv1.MasterChange_Account{Account: entity}
	case *masterdatav1.Price:
		change.Entity = &erpv1.MasterChange_Price{Price: entity}
	}
	return change
}
