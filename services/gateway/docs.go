package gateway

import (
	"net/http"

	"github.com/swaggest/swgui/v5emb"

	"github.com/waybill-dev/waybill/gen/openapi"
)

// addDocs serves the OpenAPI document and a page to read and try it; its scripts are part of the binary.
func addDocs(mux *http.ServeMux) {
	mux.HandleFunc("GET /openapi.json", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(openapi.JSON) // the caller has gone away: nobody is left to tell
	})
	mux.Handle("GET /docs/", v5emb.New("Waybill", "/openapi.json", "/docs/"))
}
