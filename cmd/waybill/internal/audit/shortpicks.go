package audit

import (
	"context"

	"github.com/waybill-dev/waybill/cmd/waybill/internal/mesh"
	"github.com/waybill-dev/waybill/services/fulfillment"
)

// ShortPicks counts the lines that a warehouse could not pick in full.
func ShortPicks(ctx context.Context, databaseURL string) (int64, error) {
	databases, closeAll, err := mesh.OpenDatabases(ctx, databaseURL)
	if err != nil {
		return 0, err
	}
	defer closeAll()
	return fulfillment.CountShorted(ctx, databases["fulfillment"])
}
