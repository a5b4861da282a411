package bus

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/waybill-dev/waybill/internal/policy"
)

// Mark is how far the streams of events have come at a moment: the last event of each.
type Mark map[string]uint64

// Mark tells how far the streams have come.
func (b *Bus) Mark(ctx context.Context) (Mark, error) {
	mark := Mark{}
	for _, event := range policy.Events() {
		name := streamName(event)
		if _, known := mark[name]; known || event.State {
			continue
		}
		stream, err := b.js.Stream(ctx, name)
		if err != nil {
			return nil, fmt.Errorf("stream %s: %w", name, err)
		}
		mark[name] = stream.CachedInfo().State.LastSeq
	}
	return mark, nil
}

// Behind names the durable consumers that have not taken everything up to a mark, sorted. What a consumer has put aside as a dead
// letter, or parked behind one, it has taken: it does not come by itself any more. Consumers at which nobody works do not count:
// their service is away, or gone for good.
func (b *Bus) Behind(ctx context.Context, mark Mark) ([]string, error) {
	var behind []string
	for _, name := range slices.Sorted(maps.Keys(mark)) {
		stream, err := b.js.Stream(ctx, name)
		if err != nil {
			return nil, fmt.Errorf("stream %s: %w", name, err)
		}
		consumers := stream.ListConsumers(ctx)
		for info := range consumers.Info() {
			if worked(info) && !taken(info, mark[name]) {
				behind = append(behind, info.Name)
			}
		}
		if err := consumers.Err(); err != nil {
			return nil, fmt.Errorf("consumers of %s: %w", name, err)
		}
	}
	slices.Sort(behind)
	return behind, nil
}

func worked(info *jetstream.ConsumerInfo) bool { return info.NumWaiting > 0 || info.NumAckPending > 0 }

func taken(info *jetstream.ConsumerInfo, last uint64) bool {
	return info.AckFloor.Stream >= last || info.NumPending == 0 && info.NumAckPending == 0
}
