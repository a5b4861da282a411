package importer

import (
	"context"

	"google.golang.org/protobuf/proto"

	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
)

// entityKind is a kind of master data that can be imported.
type entityKind struct {
	// list is the field of the request that holds the set, as errors name it.
	list string
	// keys are the fields that tell rows of one file apart.
	keys   []string
	empty  func() proto.Message
	upsert func(context.Context, masterdatav1.MasterDataServiceClient, []proto.Message) error
}

// EntityKinds are the kinds that can be imported, as the command line calls them.
func EntityKinds() []string {
	return []string{"items", "accounts", "nodes", "prices", "legal-entities", "exchange-rates"}
}

func entityKinds() map[string]entityKind {
	type client = masterdatav1.MasterDataServiceClient
	return map[string]entityKind{
		"items": {
			list: "items", keys: []string{"sku"}, empty: func() proto.Message { return &masterdatav1.Item{} },
			upsert: func(ctx context.Context, c client, set []proto.Message) error {
				_, err := c.UpsertItems(ctx, &masterdatav1.UpsertItemsRequest{Items: typed[*masterdatav1.Item](set)})
				return err
			},
		},
		"accounts": {
			list: "accounts", keys: []string{"account_id"}, empty: func() proto.Message { return &masterdatav1.Account{} },
			upsert: func(ctx context.Context, c client, set []proto.Message) error {
				_, err := c.UpsertAccounts(ctx, &masterdatav1.UpsertAccountsRequest{Accounts: typed[*masterdatav1.Account](set)})
				return err
			},
		},
		"nodes": {
			list: "nodes", keys: []string{"node_id"}, empty: func() proto.Message { return &masterdatav1.Node{} },
			upsert: func(ctx context.Context, c client, set []proto.Message) error {
				_, err := c.UpsertNodes(ctx, &masterdatav1.UpsertNodesRequest{Nodes: typed[*masterdatav1.Node](set)})
				return err
			},
		},
		"prices": {
			list: "prices", keys: []string{"price_list", "currency_code", "sku", "min_quantity", "valid_from"},
			empty: func() proto.Message { return &masterdatav1.Price{} },
			upsert: func(ctx context.Context, c client, set []proto.Message) error {
				_, err := c.UpsertPrices(ctx, &masterdatav1.UpsertPricesRequest{Prices: typed[*masterdatav1.Price](set)})
				return err
			},
		},
		"legal-entities": {
			list: "legal_entities", keys: []string{"legal_entity_id"},
			empty: func() proto.Message { return &masterdatav1.LegalEntity{} },
			upsert: func(ctx context.Context, c client, set []proto.Message) error {
				_, err := c.UpsertLegalEntities(ctx, &masterdatav1.UpsertLegalEntitiesRequest{
					LegalEntities: typed[*masterdatav1.LegalEntity](set),
				})
				return err
			},
		},
		"exchange-rates": {
			list: "exchange_rates", keys: []string{"from_currency_code", "to_currency_code", "date"},
			empty: func() proto.Message { return &masterdatav1.ExchangeRate{} },
			upsert: func(ctx context.Context, c client, set []proto.Message) error {
				_, err := c.UpsertExchangeRates(ctx, &masterdatav1.UpsertExchangeRatesRequest{
					ExchangeRates: typed[*masterdatav1.ExchangeRate](set),
				})
				return err
			},
		},
	}
}

func typed[M proto.Message](set []proto.Message) []M {
	messages := make([]M, 0, len(set))
	for _, message := range set {
		messages = append(messages, message.(M))
	}
	return messages
}
