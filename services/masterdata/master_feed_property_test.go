package masterdata_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"pgregory.net/rapid"

	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	"github.com/waybill-dev/waybill/internal/sandbox"
	"github.com/waybill-dev/waybill/services/masterdata"
)

// Each history runs against a real database; some of them are enough for every run, and -rapid.checks asks for more.
func TestMain(m *testing.M) {
	for name, value := range map[string]string{"rapid.checks": "15", "rapid.steps": "25", "rapid.shrinktime": "1s"} {
		if err := flag.Set(name, value); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}

// Whatever people do in the ERP, in whatever order, and whatever fails on the way: in the end we have what the ERP says on the fields
// that it keeps, and set aside is what is wrong and nothing else.
func TestWhateverHappensWeHaveWhatTheERPSays(t *testing.T) {
	w := newFeedWorld(t, masterdata.Config{PageSize: 3, Tries: 1, FirstTry: time.Hour, LongestTry: time.Hour})
	round := 0
	rapid.Check(t, func(r *rapid.T) {
		round++
		m := &feedMachine{feedWorld: w, prefix: fmt.Sprintf("R%d-", round), newest: map[string]proto.Message{}}
		w.erp.behave(func(l *ledger) { l.shuffle = 0 })
		r.Repeat(rapid.StateMachineActions(m))
		m.rest(r)
	})
}

// feedMachine draws what happens in the ERP and on the way.
type feedMachine struct {
	*feedWorld
	prefix string
	// newest is the newest state of each entity, by kind and key.
	newest map[string]proto.Message
}

func (m *feedMachine) tell(key string, entity proto.Message) {
	m.newest[key] = entity
	m.erp.tells(entity)
}

func (m *feedMachine) name(r *rapid.T, what string) string {
	return m.prefix + rapid.SampledFrom([]string{"A", "B", "C", "D"}).Draw(r, what)
}

func (m *feedMachine) Item(r *rapid.T) {
	item := goods(m.name(r, "item"), rapid.SampledFrom([]string{"one", "two", "wrong \x00"}).Draw(r, "description"))
	if rapid.IntRange(0, 4).Draw(r, "no unit") == 0 {
		item.BaseUnit = ""
	}
	if other := m.name(r, "substitute"); rapid.Bool().Draw(r, "has substitute") && other != item.GetSku() {
		item.SubstituteSkus = []string{other}
	}
	item.Inactive, item.Version = rapid.Bool().Draw(r, "deleted"), int64(rapid.IntRange(0, 9).Draw(r, "version"))
	m.tell("ITEM "+strings.ToLower(item.GetSku()), item)
}

func (m *feedMachine) Account(r *rapid.T) {
	account := customer(m.name(r, "account"), rapid.SampledFrom([]string{"one", "two"}).Draw(r, "name"))
	if rapid.IntRange(0, 3).Draw(r, "wrong rate") == 0 {
		account.EstimatedTaxRate = "99999999999999999999"
	}
	m.tell("ACCOUNT "+account.GetAccountId(), account)
}

func (m *feedMachine) Price(r *rapid.T) {
	price := basePrice(m.name(r, "priced"), rapid.SampledFrom([]string{"1", "2.50", "two"}).Draw(r, "amount"))
	m.tell("PRICE BASE|GBP|"+strings.ToLower(price.GetSku()), price)
}

// Dials turns the ERP's dials; what fails must come later.
func (m *feedMachine) Dials(r *rapid.T) {
	share := rapid.SampledFrom([]int32{0, 0, 3000})
	m.box.Set(sandbox.Dials{
		ErrorBP: share.Draw(r, "errors"), DuplicateBP: share.Draw(r, "duplicates"), ReorderBP: share.Draw(r, "reordered"),
		LostReplyBP: share.Draw(r, "lost"), Seed: uint64(rapid.IntRange(1, 9).Draw(r, "seed")),
	})
	m.erp.behave(func(l *ledger) { l.shuffle = rapid.SampledFrom([]int{0, 0, 3}).Draw(r, "shuffled and twice") })
}

func (m *feedMachine) Restart(r *rapid.T) {
	if rapid.IntRange(0, 3).Draw(r, "restart") == 0 {
		m.stop()
		m.start()
	}
}

func (m *feedMachine) Reload(r *rapid.T) {
	if _, err := m.feed.ReloadMasters(r.Context(), &masterdatav1.ReloadMastersRequest{}); err != nil {
		r.Fatal(err)
	}
}

func (m *feedMachine) CatchUp(*rapid.T) { m.caughtUp() }

// Retry has a person try everything again.
func (m *feedMachine) Retry(r *rapid.T) {
	if _, err := m.feed.RetrySetAsideMasters(r.Context(), &masterdatav1.RetrySetAsideMastersRequest{All: true}); err != nil {
		r.Fatal(err)
	}
}

func (m *feedMachine) Check(*rapid.T) {}

// rest waits until all is read and nothing is due, and compares.
func (m *feedMachine) rest(r *rapid.T) {
	m.box.Set(sandbox.Dials{})
	m.caughtUp()
	m.forward(2 * time.Hour) // what wait for each other are tried together
	m.caughtUp()
	aside := map[string]*masterdatav1.SetAsideMaster{}
	for _, one := range m.setAside() {
		key := strings.TrimPrefix(one.GetKind().String(), "MASTER_KIND_") + " " + one.GetKey()
		if strings.Contains(one.GetKey(), strings.ToLower(m.prefix)) || strings.HasPrefix(one.GetKey(), m.prefix) {
			aside[key] = one
		}
	}
	for key, newest := range m.newest {
		ours, theirs, wrong := m.compare(newest)
		one := aside[key]
		delete(aside, key)
		switch {
		case wrong != (one != nil):
			r.Errorf("%s is set aside: %v, and wrong: %t\nthe ERP says %v", key, one, wrong, newest)
		case wrong:
			content := []proto.Message{one.GetItem(), one.GetAccount(), one.GetPrice()}
			if !proto.Equal(content[0], newest) && !proto.Equal(content[1], newest) && !proto.Equal(content[2], newest) {
				r.Errorf("%s: another state is set aside: %v, the newest is %v", key, one, newest)
			}
		case gocmp.Diff(theirs, ours, protocmp.Transform()) != "":
			r.Errorf("%s:\n%s", key, gocmp.Diff(theirs, ours, protocmp.Transform()))
		}
	}
	for key, one := range aside {
		r.Errorf("%s is set aside, and nobody said it: %v", key, one)
	}
}

// compare gives what we have and what the ERP says, in one form, and whether what it says is wrong as things stand.
func (m *feedMachine) compare(newest proto.Message) (ours, theirs proto.Message, wrong bool) {
	bare := func(message proto.Message) proto.Message {
		if !message.ProtoReflect().IsValid() {
			return message // we have none
		}
		message = proto.Clone(message)
		for _, name := range []string{"version", "updated_at", "tax_class", "price_difference", "backorder_weight_bp", "credit_checkpoint", "legal_entity", "estimated_tax_rate"} {
			if field := message.ProtoReflect().Descriptor().Fields().ByTextName(name); field != nil {
				message.ProtoReflect().Clear(field)
			}
		}
		return message
	}
	switch newest := newest.(type) {
	case *masterdatav1.Item:
		wrong = newest.GetBaseUnit() == "" || strings.Contains(newest.GetDescription(), "\x00")
		for _, substitute := range newest.GetSubstituteSkus() {
			wrong = wrong || m.item(substitute) == nil
		}
		return bare(m.item(newest.GetSku())), bare(newest), wrong
	case *masterdatav1.Account:
		return bare(m.account(newest.GetAccountId())), bare(newest), newest.GetEstimatedTaxRate() != ""
	case *masterdatav1.Price:
		theirs := bare(newest).(*masterdatav1.Price)
		if theirs.GetUnitPrice() == "2.50" {
			theirs.UnitPrice = "2.5"
		}
		ours = (*masterdatav1.Price)(nil)
		if found := m.prices(newest.GetSku()); len(found) > 0 {
			ours = bare(found[0])
		}
		return ours, theirs, newest.GetUnitPrice() == "two" || m.item(newest.GetSku()) == nil
	}
	return nil, nil, false
}
