package main

import (
	"encoding/csv"
	"fmt"
	"os"
	"time"
)

type departure struct {
	Time     string `json:"time"`
	Train    string `json:"train"`
	To       string `json:"to"`
	Platform string `json:"platform"`
}

// loadDepartures reads lines of time, train, destination and platform.
func loadDepartures(path string) ([]departure, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()

	rows, err := csv.NewReader(file).ReadAll()
	if err != nil {
		return nil, err
	}
	departures := make([]departure, 0, len(rows))
	for _, row := range rows {
		if len(row) != 4 {
			return nil, fmt.Errorf("%s: want 4 fields, got %q", path, row)
		}
		if _, err := time.Parse("15:04", row[0]); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		departures = append(departures, departure{row[0], row[1], row[2], row[3]})
	}
	return departures, nil
}
