package audit

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/services/billing"
	"github.com/waybill-dev/waybill/services/connector/erp"
	"github.com/waybill-dev/waybill/services/order"
)

const (
	// erpPatience is how long what the ERP has not been told may still be on its way: the queue drains at the ERP's rate.
	erpPatience = 30 * time.Second
	erpLook     = 200 * time.Millisecond
)

// told compares what was accepted and issued with what the ERP has. Documents on their way are waited for, as long as the ERP gets
// more of them.
func told(ctx context.Context, databases map[string]*database.DB) (finding, error) {
	before, deadline := -1, time.Now().Add(erpPatience)
	tick := time.NewTicker(erpLook)
	defer tick.Stop()
	for {
		found, err := compareERP(ctx, databases)
		if err != nil {
			return finding{}, fmt.Errorf("compare with the ERP: %w", err)
		}
		if len(found.breaks) != before {
			before, deadline = len(found.breaks), time.Now().Add(erpPatience)
		}
		if before == 0 || time.Now().After(deadline) {
			return found, nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return finding{}, ctx.Err()
		}
	}
}

func compareERP(ctx context.Context, databases map[string]*database.DB) (finding, error) {
	ours, err := billing.IssuedDocuments(ctx, databases["billing"])
	if err != nil {
		return finding{}, err
	}
	accepted, err := order.AcceptedSnapshots(ctx, databases["order"])
	if err != nil {
		return finding{}, err
	}
	theirs, err := erp.PostedTotals(ctx, databases["connector-erp"])
	if err != nil {
		return finding{}, err
	}
	// Of orders it is compared that they are there: what they come to before they are amended is not kept.
	for name := range accepted {
		ours[name] = 1
	}
	for name := range theirs {
		if ordered, version, versioned := strings.Cut(name, "/"); versioned {
			delete(theirs, name)
			if version == "0" {
				theirs[ordered] = 1
			}
		}
	}
	return compare("mesh.erp", "order: accepted, billing: issued = ERP: posted, per document with its total", ours, theirs), nil
}
