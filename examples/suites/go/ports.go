// Package ports gives tests ports that nobody else is given, in every package that go test runs at the same time.
// Run the tests under an address:
//
//	portreservation exec -- go test ./...
package ports

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"testing"
)

type answer struct {
	Created struct {
		Reservations []struct{ Range struct{ StartPort int } }
	}
	Refused struct{ Message string }
}

// Port is a TCP port of this test process. It is held until something listens on it, since net.Listen sets SO_REUSEADDR.
func Port(t testing.TB) int { return Block(t, 1) }

// Block is the first of so many consecutive ports.
func Block(t testing.TB, numberOfPorts int) int {
	t.Helper()
	address := os.Getenv("PORT_RESERVATION_ADDRESS")
	if address == "" {
		t.Skip("no ports to be had: run portreservation exec -- go test ./...")
	}
	connection, err := net.Dial("unix", address)
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	fmt.Fprintf(connection, "%d {\"numberOfPorts\":%d,\"hold\":\"yield\",\"name\":%q}\n", os.Getpid(), numberOfPorts, t.Name())
	line, err := bufio.NewReader(connection).ReadBytes('\n')
	if err != nil {
		t.Fatal(err)
	}
	var said answer
	if err := json.Unmarshal(line, &said); err != nil {
		t.Fatal(err)
	}
	if len(said.Created.Reservations) == 0 {
		t.Fatal(said.Refused.Message)
	}
	return said.Created.Reservations[0].Range.StartPort
}
