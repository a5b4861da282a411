package domain

import (
	"maps"
	"slices"
	"time"
)

// Account is what events say of one trouble, in the order of the archive.
type Account struct {
	// Events are those that saw it, First is when the first of them was recorded, Latest the latest moment, Last what the last of
	// them says.
	Events        map[string]bool
	First, Latest time.Time
	Last          Trouble
	// Word is the last thing said: that it is there, or that it is over.
	Word Trouble

	heard map[string]bool // the events that said something: each says it once
}

// Ledger gathers what events say of troubles. The end of one that nobody saw and that is not open says nothing.
type Ledger struct {
	open     map[string]bool
	accounts map[string]*Account
}

// NewLedger makes an empty ledger; open are the keys of the exceptions that are open.
func NewLedger(open []string) *Ledger {
	ledger := &Ledger{open: map[string]bool{}, accounts: map[string]*Account{}}
	for _, key := range open {
		ledger.open[key] = true
	}
	return ledger
}

// Add books what events say, in their order. What an event has said before says nothing new. What people did about a trouble is not
// made up for.
func (l *Ledger) Add(troubles ...Trouble) {
	for _, trouble := range troubles {
		if trouble.Note != nil {
			continue
		}
		account := l.accounts[trouble.Key]
		if account == nil {
			if trouble.Over && !l.open[trouble.Key] {
				continue
			}
			account = &Account{Events: map[string]bool{}, heard: map[string]bool{}}
			l.accounts[trouble.Key] = account
		}
		account.add(trouble)
	}
}

func (a *Account) add(trouble Trouble) {
	if a.heard[trouble.Event] {
		return
	}
	a.heard[trouble.Event], a.Word = true, trouble
	if trouble.Over {
		return
	}
	if len(a.Events) == 0 {
		a.First = trouble.SeenAt
	}
	a.Events[trouble.Event] = true
	a.Last = trouble
	if trouble.SeenAt.After(a.Latest) {
		a.Latest = trouble.SeenAt
	}
}

// Keys are the keys of all troubles of which something is said, sorted.
func (l *Ledger) Keys() []string { return slices.Sorted(maps.Keys(l.accounts)) }

// With gives the accounts of some keys after what later events say of them. The ledger stays as it is.
func (l *Ledger) With(keys []string, later []Trouble) map[string]*Account {
	accounts := make(map[string]*Account, len(keys))
	for _, key := range keys {
		account := *l.accounts[key]
		account.Events, account.heard = maps.Clone(account.Events), maps.Clone(account.heard)
		accounts[key] = &account
	}
	for _, trouble := range later {
		if account := accounts[trouble.Key]; account != nil && trouble.Note == nil {
			account.add(trouble)
		}
	}
	return accounts
}

// Mend puts right what is on the desk by what events say, of which taken have counted. Exceptions that were opened before
// the archive begins are left alone: it does not hold all of what was said. It gives how many troubles were taken that should
// have been, and how many exceptions had other contents or counts.
func (d *Desk) Mend(accounts map[string]*Account, taken map[string]bool, since time.Time) (took, mended int) {
	for _, key := range slices.Sorted(maps.Keys(accounts)) {
		account := accounts[key]
		exception := d.byKey[key]
		if exception != nil && exception.FirstSeen.Before(since) {
			continue
		}
		isOpen := exception != nil && exception.IsOpen()
		missedEnd := account.Word.Over && isOpen
		missed := !account.Word.Over && !isOpen && (exception == nil || !taken[account.Word.Event])
		if missedEnd || missed {
			d.Take([]Trouble{account.Word})
			took++
		}
		if exception = d.byKey[key]; exception != nil && d.restate(exception, account) && !missed {
			mended++
		}
	}
	return took, mended
}

// restate gives an exception the contents and counts that events say, and tells whether it had others. What only the clock has
// seen is not theirs to say.
func (d *Desk) restate(exception *Exception, account *Account) bool {
	if len(account.Events) == 0 {
		return false
	}
	said := account.Last
	if partner := d.Partners[said.Order]; partner != "" {
		said.Partner = partner
	}
	same := exception.Subject == said.Subject && exception.Node == said.Node && exception.Reason == said.Reason &&
		exception.Message == said.Message && exception.Order == said.Order && exception.Partner == said.Partner &&
		maps.Equal(exception.Context, said.Context) && exception.FirstSeen.Equal(account.First) &&
		exception.LastSeen.Equal(account.Latest) && exception.Seen == int64(len(account.Events))
	if same {
		return false
	}
	exception.Subject, exception.Node, exception.Reason, exception.Message = said.Subject, said.Node, said.Reason, said.Message
	exception.Order, exception.Partner, exception.Context = said.Order, said.Partner, maps.Clone(said.Context)
	exception.FirstSeen, exception.LastSeen, exception.Seen = account.First, account.Latest, int64(len(account.Events))
	d.changed[exception.Key] = true
	return true
}
