package main

import (
	"context"
	"fmt"
	"os"

	"google.golang.org/protobuf/encoding/protojson"

	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	sandboxv1 "github.com/waybill-dev/waybill/gen/waybill/sandbox/v1"
)

// putMasters puts a file's items, customers and prices into the sandbox ERP, as its people would.
func putMasters(ctx context.Context, client sandboxv1.SandboxErpServiceClient, file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	all := &sandboxv1.PutErpMastersRequest{}
	if err := protojson.Unmarshal(text, all); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	total, changed := len(all.GetAccounts())+len(all.GetItems())+len(all.GetPrices()), int32(0)
	for part := range mastersParts(all) {
		reply, err := client.PutErpMasters(ctx, part)
		if err != nil {
			return err
		}
		changed += reply.GetChanged()
	}
	fmt.Printf("The ERP has %d masters of %s; %d of them say something new\n", total, file, changed)
	return nil
}

// mastersAtOnce is how many masters of each kind one call puts.
const mastersAtOnce = 500

// mastersParts cuts masters into requests: customers and items first, so that prices come after what they name.
func mastersParts(all *sandboxv1.PutErpMastersRequest) func(yield func(*sandboxv1.PutErpMastersRequest) bool) {
	return func(yield func(*sandboxv1.PutErpMastersRequest) bool) {
		_ = eachChunk(all.GetAccounts(), func(set []*masterdatav1.Account) bool {
			return yield(&sandboxv1.PutErpMastersRequest{Accounts: set})
		}) && eachChunk(all.GetItems(), func(set []*masterdatav1.Item) bool {
			return yield(&sandboxv1.PutErpMastersRequest{Items: set})
		}) && eachChunk(all.GetPrices(), func(set []*masterdatav1.Price) bool {
			return yield(&sandboxv1.PutErpMastersRequest{Prices: set})
		})
	}
}

func eachChunk[T any](list []T, yield func([]T) bool) bool {
	for len(list) > 0 {
		n := min(mastersAtOnce, len(list))
		if !yield(list[:n]) {
			return false
		}
		list = list[n:]
	}
	return true
}
