// Command soundalike finds the names that sound like the one asked for.
package main

import (
	"encoding/json"
	"log"
	"net/http"
	"os"
	"strings"
)

func main() {
	names, err := load("data/names.txt")
	if err != nil {
		log.Fatal(err)
	}

	http.HandleFunc("GET /health", func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusNoContent)
	})
	http.HandleFunc("GET /like/{name}", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(names[soundex(r.PathValue("name"))])
	})

	log.Fatal(http.ListenAndServe(":9000", nil))
}

// load reads one name a line and sorts the names by their codes.
func load(path string) (map[string][]string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	names := map[string][]string{}
	for _, name := range strings.Fields(string(text)) {
		code := soundex(name)
		names[code] = append(names[code], name)
	}
	return names, nil
}
