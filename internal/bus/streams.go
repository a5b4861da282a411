package bus

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/waybill-dev/waybill/internal/policy"
)

const (
	// duplicates is for how long the broker knows the ids of events. Relays repeat within seconds; the broker's
	// memory pays for every id.
	duplicates = 30 * time.Second
	// setUpAttempts bounds how often a stream is tried anew when another process makes it at the same moment.
	setUpAttempts = 5
)

// EnsureStreams makes the streams of all events that are linked into this process, or brings them up to date. Repeating
// is free, and several processes may do it at once. It only ever adds subjects: those of a newer release stay.
func (b *Bus) EnsureStreams(ctx context.Context) error {
	for _, wanted := range streamConfigs(policy.Events(), b.replicas) {
		if err := b.ensureStream(ctx, wanted); err != nil {
			return fmt.Errorf("stream %s: %w", wanted.Name, err)
		}
	}
	return nil
}

func streamName(event policy.Event) string {
	name := "WAYBILL_" + strings.ToUpper(event.Owner)
	if event.State {
		name += "_STATE"
	}
	return name
}

// streamConfigs derives the streams from the events, in order of name. A stream keeps everything for as long as its most
// lasting event asks: an aggregate that lost single events would have gaps.
func streamConfigs(events []policy.Event, replicas int) []jetstream.StreamConfig {
	byName := make(map[string]*jetstream.StreamConfig)
	for _, event := range events {
		name := streamName(event)
		config := byName[name]
		if config == nil {
			config = &jetstream.StreamConfig{
				Name:        name,
				Description: "Events of " + event.Owner,
				Storage:     jetstream.FileStorage,
				Retention:   jetstream.LimitsPolicy,
				Discard:     jetstream.DiscardOld,
				Duplicates:  duplicates,
				Replicas:    replicas,
				AllowDirect: true,
			}
			if event.State {
				config.Description = "The newest state of what " + event.Owner + " tells as state"
				config.MaxMsgsPerSubject = 1
			}
			byName[name] = config
		}
		config.MaxAge = max(config.MaxAge, event.Retention)
		if subjects := subjectRoot + event.Kind() + ".>"; !slices.Contains(config.Subjects, subjects) {
			config.Subjects = append(config.Subjects, subjects)
		}
	}
	var configs []jetstream.StreamConfig
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		slices.Sort(byName[name].Subjects)
		configs = append(configs, *byName[name])
	}
	return configs
}

func (b *Bus) ensureStream(ctx context.Context, wanted jetstream.StreamConfig) error {
	var err error
	for range setUpAttempts {
		var stream jetstream.Stream
		stream, err = b.js.Stream(ctx, wanted.Name)
		if errors.Is(err, jetstream.ErrStreamNotFound) {
			_, err = b.js.CreateStream(ctx, wanted)
			if !errors.Is(err, jetstream.ErrStreamNameAlreadyInUse) {
				return err
			}
			continue
		}
		if err != nil {
			return err
		}
		changed, same := mergeConfig(stream.CachedInfo().Config, wanted)
		if same {
			return nil
		}
		if _, err = b.js.UpdateStream(ctx, changed); err == nil {
			return nil
		}
	}
	return err
}

// mergeConfig changes what is there into what is wanted, without taking away what a newer release or an operator has
// added: subjects, and replicas above ours.
func mergeConfig(there, wanted jetstream.StreamConfig) (changed jetstream.StreamConfig, same bool) {
	changed = there
	changed.Subjects = slices.Clone(there.Subjects)
	for _, subject := range wanted.Subjects {
		if !slices.Contains(changed.Subjects, subject) {
			changed.Subjects = append(changed.Subjects, subject)
		}
	}
	slices.Sort(changed.Subjects)
	changed.MaxAge = wanted.MaxAge
	if len(changed.Subjects) > len(wanted.Subjects) {
		changed.MaxAge = max(there.MaxAge, wanted.MaxAge)
	}
	changed.Description = wanted.Description
	changed.Duplicates = wanted.Duplicates
	changed.Replicas = max(there.Replicas, wanted.Replicas)
	changed.MaxMsgsPerSubject = max(wanted.MaxMsgsPerSubject, -1)
	if changed.MaxMsgsPerSubject == 0 {
		changed.MaxMsgsPerSubject = there.MaxMsgsPerSubject
	}
	changed.AllowDirect = wanted.AllowDirect
	before := slices.Sorted(slices.Values(there.Subjects))
	same = slices.Equal(before, changed.Subjects) && there.MaxAge == changed.MaxAge &&
		there.Description == changed.Description && there.Duplicates == changed.Duplicates &&
		there.Replicas == changed.Replicas && there.MaxMsgsPerSubject == changed.MaxMsgsPerSubject &&
		there.AllowDirect == changed.AllowDirect
	return changed, same
}

// streamsOf finds the streams that carry the kinds of aggregates, and which kinds each carries.
func streamsOf(kinds []string) (map[string][]string, error) {
	owners := make(map[string]string)
	for _, event := range policy.Events() {
		if !event.State {
			owners[event.Kind()] = streamName(event)
		}
	}
	streams := make(map[string][]string)
	for _, kind := range kinds {
		stream, ok := owners[kind]
		if !ok {
			return nil, fmt.Errorf("no event of an aggregate %q is linked into this process", kind)
		}
		if !slices.Contains(streams[stream], kind) {
			streams[stream] = append(streams[stream], kind)
		}
	}
	return streams, nil
}
