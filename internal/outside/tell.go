package outside

import (
	"context"
	"log/slog"
	"time"

	"google.golang.org/protobuf/proto"

	outsidev1 "github.com/waybill-dev/waybill/gen/waybill/outside/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/internal/outbox"
	"github.com/waybill-dev/waybill/internal/pace"
	"github.com/waybill-dev/waybill/internal/shard"
)

// tellAgain is how long to wait after an event could not be stored.
const tellAgain = 5 * time.Second

// Tell publishes outside.link.degraded and .recovered through the outbox of the calling service, until ctx ends. A link that is
// away and back while nothing can be stored is told as it stands in the end.
func (g *Guard) Tell(ctx context.Context, db *database.DB, log *slog.Logger) error {
	link := g.caller + "/" + g.connector + "/" + id.New().String()
	away, sequence := false, int64(0)
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-g.turned:
		}
		for ctx.Err() == nil {
			standing := g.Standing()
			now := standing.State == Open
			if now == away || standing.State == HalfOpen {
				break
			}
			_, err := database.Tx(ctx, db, "outside_link", func(tx database.Transaction) (struct{}, error) {
				return struct{}{}, outbox.Add(ctx, tx, outbox.Event{
					Aggregate: link, Sequence: sequence + 1, Shard: shard.Of(link), Payload: g.change(link, standing),
				})
			})
			if err == nil {
				away, sequence = now, sequence+1
				continue
			}
			log.WarnContext(ctx, "change of a connector not told", "connector", g.connector, "error", err)
			pace.Sleep(ctx, tellAgain)
		}
	}
}

func (g *Guard) change(link string, standing Standing) proto.Message {
	if standing.State == Open {
		return &outsidev1.ConnectorDegraded{LinkId: link, Connector: g.connector, Caller: g.caller, Reason: standing.LastFailure}
	}
	return &outsidev1.ConnectorRecovered{LinkId: link, Connector: g.connector, Caller: g.caller}
}
