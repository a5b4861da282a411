package fault

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"google.golang.org/protobuf/proto"

	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	sandboxv1 "github.com/waybill-dev/waybill/gen/waybill/sandbox/v1"
)

// keep has people change what the ERP says of items, again and again, until stop: what they called them last is what has to be here in
// the end. It does not look whether a change came through; the ERP's own table says.
func (s *system) keep(ctx context.Context, seed uint64, stop <-chan struct{}) {
	people := sandboxv1.NewSandboxErpServiceClient(s.call("connector-erp", "operator"))
	next := time.NewTicker(100 * time.Millisecond)
	defer next.Stop()
	for n := 0; ; n++ {
		sku := skus[n%len(skus)]
		item := catalogueItem(sku)
		item.Description = fmt.Sprintf("%s as of change %d of %d", sku, n, seed)
		_, _ = people.PutErpMasters(ctx, &sandboxv1.PutErpMastersRequest{Items: []*masterdatav1.Item{item}})
		select {
		case <-stop:
			return
		case <-next.C:
		}
	}
}

func catalogueItem(sku string) *masterdatav1.Item {
	kind := masterdatav1.ItemKind_ITEM_KIND_GOODS
	if sku == "FEE" {
		kind = masterdatav1.ItemKind_ITEM_KIND_SERVICE
	}
	return &masterdatav1.Item{Sku: sku, Kind: kind, BaseUnit: "EA"}
}

// mastersAgree is nil when items are called here what the ERP calls them.
func (s *system) mastersAgree(ctx context.Context) error {
	theirs, ours := map[string]string{}, map[string]string{}
	err := s.read(ctx, "connector_erp", func(conn *pgx.Conn) error {
		rows, err := conn.Query(ctx, `SELECT content FROM master WHERE kind = 'ITEM'`)
		if err != nil {
			return err
		}
		contents, err := pgx.CollectRows(rows, pgx.RowTo[[]byte])
		for _, content := range contents {
			item := &masterdatav1.Item{}
			if err := proto.Unmarshal(content, item); err != nil {
				return err
			}
			theirs[item.GetSku()] = item.GetDescription()
		}
		return err
	})
	if err != nil {
		return err
	}
	err = s.read(ctx, "masterdata", func(conn *pgx.Conn) error {
		rows, err := conn.Query(ctx, `SELECT sku, description FROM item`)
		if err != nil {
			return err
		}
		var sku, description string
		_, err = pgx.ForEachRow(rows, []any{&sku, &description}, func() error {
			ours[sku] = description
			return nil
		})
		return err
	})
	if err != nil {
		return err
	}
	for sku, description := range theirs {
		if ours[sku] != description {
			return fmt.Errorf("masterdata: %s is called %q, and %q in the ERP", sku, ours[sku], description)
		}
	}
	return nil
}
