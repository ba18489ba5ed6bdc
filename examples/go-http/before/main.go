// Command platform shows the departures of a small railway station.
package main

import (
	"log"
	"net/http"
	"os"
)

func main() {
	departures, err := loadDepartures("timetable.csv")
	if err != nil {
		log.Fatal(err)
	}
	board, err := newBoard("templates/board.html", departures)
	if err != nil {
		log.Fatal(err)
	}

	http.HandleFunc("GET /healthz", func(w http.ResponseWriter, r *http.Request) {
		w.Write([]byte("ok\n"))
	})
	http.Handle("GET /static/", http.StripPrefix("/static/", http.FileServer(http.Dir("static"))))
	http.HandleFunc("GET /api/departures", board.serveJSON)
	http.HandleFunc("GET /{$}", board.serveHTML)

	port := os.Getenv("PORT")
	if port == "" {
		port = "8080"
	}
	log.Printf("listening on port %s", port)
	log.Fatal(http.ListenAndServe(":"+port, nil))
}
