package main

import (
	"encoding/json"
	"html/template"
	"net/http"
)

type board struct {
	page       *template.Template
	departures []departure
}

func newBoard(path string, departures []departure) (*board, error) {
	page, err := template.ParseFiles(path)
	return &board{page, departures}, err
}

func (b *board) serveHTML(w http.ResponseWriter, r *http.Request) {
	if err := b.page.Execute(w, b.departures); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
	}
}

func (b *board) serveJSON(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(b.departures)
}
