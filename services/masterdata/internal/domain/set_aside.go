package domain

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/google/uuid"

	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/id"
)

// MasterKind is a kind of master that flows in.
type MasterKind string

// The kinds, as they are stored. None: of what this release does not know.
const (
	MasterUnknown MasterKind = ""
	MasterAccount MasterKind = "ACCOUNT"
	MasterItem    MasterKind = "ITEM"
	MasterPrice   MasterKind = "PRICE"
)

// SetAsideState says whether an entry may settle by itself.
type SetAsideState string

// The states, as they are stored.
const (
	Waiting SetAsideState = "WAITING"
	Stuck   SetAsideState = "STUCK"
)

// Told is the state of an entity as the ERP told it.
type Told struct {
	Kind MasterKind
	// Key names the entity: see ReadableKey.
	Key string
	// Content is the entity's message, Kept the fields that the ERP keeps; none: all.
	Content   []byte
	Kept      []string
	ChangedAt time.Time
}

// Same reports whether it is the same state, told again.
func (t Told) Same(other Told) bool {
	return bytes.Equal(t.Content, other.Content) && slices.Equal(t.Kept, other.Kept)
}

// Refusal is why an entry was not taken.
type Refusal struct {
	Reason  string
	Message string
	Faults  []fault.Field
	// WaitsFor is what may mend it, MayPass whether anything can but a newer state.
	WaitsFor string
	MayPass  bool
}

func (r Refusal) same(other Refusal) bool {
	return r.Reason == other.Reason && r.Message == other.Message && slices.Equal(r.Faults, other.Faults)
}

// SetAside is an entry that was not taken.
type SetAside struct {
	Told
	Refusal
	EntryID string
	State   SetAsideState
	Since   time.Time
	// Tries counts how often it was tried since it came, or since a person had it tried; NextTryAt is when it is tried again; zero: when
	// something happens.
	Tries     int64
	NextTryAt time.Time
	// Announced counts the events that told of it.
	Announced int64
}

// Patience is how often entries that may settle by themselves are tried, and when.
type Patience struct {
	// Tries is how often, First how long after the first time, doubled from try to try up to Longest.
	Tries          int64
	First, Longest time.Duration
}

// MaxFaults is how many fields at fault are kept of an entry.
const MaxFaults = 20

// entryIDs is the namespace of the ids of entries: a transaction that runs again gives the same one.
var entryIDs = uuid.MustParse("3c0f6d7e-41aa-4f0e-9d0b-2f4a6f1f7a55") //nolint:gochecknoglobals // a constant in all but syntax

// Refuse sets an entry aside. before is how it, or an older state of it, was set aside before; nil: not at all. again says that it was
// tried again, not told again. It reports whether anything changes by it: the same state that comes once more changes nothing.
func (p Patience) Refuse(before *SetAside, told Told, why Refusal, again bool, now time.Time) (aside SetAside, changed bool) {
	if len(why.Faults) > MaxFaults {
		why.Faults = why.Faults[:MaxFaults]
	}
	aside = SetAside{Told: told, Refusal: why, Since: now, Tries: 1}
	aside.EntryID = id.Format(id.SetAside, id.Derive(entryIDs, string(told.Kind)+KeySeparator+told.Key+KeySeparator+strconv.FormatInt(now.UnixMicro(), 10)))
	news := true
	if before != nil {
		news = !before.Same(told) || !before.same(why)
		if !news && !again {
			return *before, false
		}
		aside.EntryID, aside.Since, aside.Announced = before.EntryID, before.Since, before.Announced
		if again {
			aside.Tries = before.Tries + 1
		}
	}
	if why.MayPass && aside.Tries <= p.Tries && (before == nil || news || before.State == Waiting) {
		aside.State, aside.NextTryAt = Waiting, now.Add(p.delay(aside.Tries))
		return aside, true
	}
	aside.State = Stuck
	if before == nil || before.State == Waiting || news {
		aside.Announced++
	}
	return aside, true
}

// delay is the wait after so many tries.
func (p Patience) delay(tries int64) time.Duration {
	delay := p.First
	for range tries - 1 {
		if delay *= 2; delay >= p.Longest {
			return p.Longest
		}
	}
	return delay
}

// longestKey is how many bytes of a key are kept.
const longestKey = 400

// ReadableKey is a key that can be stored and shown: as it is where it can be, else what of it can, with a hash of all of it.
func ReadableKey(key string) string {
	clean := strings.ToValidUTF8(key, "\uFFFD")
	clean = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '\uFFFD'
	}, clean)
	if clean == key && len(key) <= longestKey && key != "" {
		return key
	}
	if len(clean) > longestKey/2 {
		clean = strings.ToValidUTF8(clean[:longestKey/2], "")
	}
	sum := sha256.Sum256([]byte(key))
	return clean + "#" + hex.EncodeToString(sum[:8])
}
