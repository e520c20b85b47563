// Reads documents into the generated types and writes them again: lines of a type, a tab and JSON.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"round/ports"
)

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		kind, text, _ := strings.Cut(lines.Text(), "\t")
		into := map[string]any{
			"ReservationCreateParams": &ports.ReservationCreateParams{},
			"Reservations":            &ports.Reservations{},
			"ListedReservations":      &ports.ListedReservations{},
			"PortStatusList":          &ports.PortStatusList{},
			"PortMaps":                &ports.PortMaps{},
			"ErrorData":               &ports.ErrorData{},
		}[kind]
		if err := json.Unmarshal([]byte(text), into); err != nil {
			panic(err)
		}
		again, err := json.Marshal(into)
		if err != nil {
			panic(err)
		}
		fmt.Println(string(again))
	}
}
