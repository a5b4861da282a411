package mesh

import (
	"context"
	"fmt"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/reconcile"
)

// OpenDatabases opens the databases of all roles that have one, by role, for reading what they say together.
func OpenDatabases(ctx context.Context, url string) (map[string]*database.DB, func(), error) {
	opened := map[string]*database.DB{}
	closeAll := func() {
		for _, db := range opened {
			db.Close()
		}
	}
	for _, role := range table() {
		if role.migrations == nil {
			continue
		}
		own, err := database.ServiceURL(url, databaseName(role.name))
		if err == nil {
			opened[role.name], err = database.Open(ctx, own, database.MaxConns(2))
		}
		if err != nil {
			delete(opened, role.name)
			closeAll()
			return nil, nil, fmt.Errorf("database of %s: %w", role.name, err)
		}
	}
	return opened, closeAll, nil
}

// Books are what the roles can say of their own tables, with the databases from which they read it.
func Books(databases map[string]*database.DB) reconcile.Books {
	books := reconcile.Books{}
	for _, role := range table() {
		if book, ok := role.book(databases[role.name]); ok {
			books[role.name] = book
		}
	}
	return books
}

// book is what the role can say of its own tables; false: nothing.
func (r role) book(db *database.DB) (reconcile.Book, bool) {
	book := reconcile.Book{DB: db}
	if r.checks != nil {
		book.Checks = r.checks()
	}
	if r.figures != nil {
		book.Figures = r.figures()
	}
	return book, r.checks != nil || r.figures != nil
}
